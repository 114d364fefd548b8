//! Outer tables that statements write to: one sink per table, committed with the checkpoint.

use crate::crash;
use crate::pipelines::Pipelines;
use connect::OpenContext;
use data::Diagnostic;
use data::port::Sink;
use engine::{EpochOutput, StatementId};
use std::collections::BTreeMap;

#[derive(Default)]
pub(crate) struct Sinks {
    open: BTreeMap<String, OpenSink>,
    by_statement: BTreeMap<StatementId, String>,
}

struct OpenSink {
    sink: Box<dyn Sink>,
    rows: u64,
    /// Something was written since the last commit.
    dirty: bool,
}

impl Sinks {
    /// Opens the sinks of all statements. `ids` are theirs, in order.
    pub(crate) fn open(pipelines: &Pipelines, ids: &[StatementId], context: &OpenContext) -> Result<Self, Diagnostic> {
        let mut sinks = Self::default();
        for (statement, id) in pipelines.statements.iter().zip(ids) {
            let Some(name) = pipelines.sink_of(statement) else { continue };
            if !sinks.open.contains_key(name) {
                let sink = connect::open_sink(&pipelines.tables[name].spec, context)?;
                sinks.open.insert(name.to_owned(), OpenSink { sink, rows: 0, dirty: false });
            }
            sinks.by_statement.insert(*id, name.to_owned());
        }
        Ok(sinks)
    }

    /// Before the first rows, see [`Sink::begin`].
    pub(crate) fn begin(&mut self, run: &str, epoch: Option<u64>) -> Result<(), Diagnostic> {
        self.open.values_mut().try_for_each(|open| open.sink.begin(run, epoch))
    }

    /// Writes what an epoch gave and says how many rows reached outer tables.
    pub(crate) fn write(&mut self, output: &EpochOutput) -> Result<u64, Diagnostic> {
        let mut rows = 0;
        for changes in &output.changes {
            let Some(name) = self.by_statement.get(&changes.statement) else { continue };
            if let Some(open) = self.open.get_mut(name).filter(|_| !changes.batch.is_empty()) {
                open.sink.write(&changes.batch)?;
                open.rows += changes.batch.rows() as u64;
                open.dirty = true;
                rows += changes.batch.rows() as u64;
            }
        }
        Ok(rows)
    }

    pub(crate) fn prepare(&mut self, epoch: u64) -> Result<(), Diagnostic> {
        for open in self.open.values_mut().filter(|open| open.dirty) {
            crash::point("sink.prepare");
            open.sink.prepare(epoch)?;
        }
        Ok(())
    }

    pub(crate) fn commit(&mut self, epoch: u64) -> Result<(), Diagnostic> {
        for open in self.open.values_mut().filter(|open| open.dirty) {
            crash::point("sink.commit");
            open.sink.commit(epoch)?;
            crash::point("sink.committed");
            open.dirty = false;
        }
        Ok(())
    }

    /// Rows written per table.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (&str, u64)> {
        self.open.iter().map(|(name, open)| (name.as_str(), open.rows))
    }
}
