//! What a statement writes into its table: refuses NULL where a column is declared NOT NULL, and where the input is not
//! keyed as the table is, decides which row of a key stands.

use super::compaction::Compaction;
use super::upsert_materialize::UpsertMaterialize;
use super::{Context, Operator, Output, Result};
use crate::checkpoint::EntryRef;
use crate::state::StateWriter;
use arrow_array::Array;
use data::{ChangeBatch, Diagnostic};
use plan::{Conflict, Node, Op};

pub(crate) struct Sink {
    table: String,
    /// Position and name of columns that must not be NULL.
    not_null: Vec<(usize, String)>,
    /// Absent where rows pass as they are.
    conflict: Option<Box<dyn Operator>>,
}

impl Sink {
    pub(crate) fn new(node: &Node, checkpoints: bool) -> Self {
        let Op::Sink { table, not_null, primary_key, conflict } = &node.op else { unreachable!("made for sinks only") };
        let columns = &node.inputs[0].columns;
        let name = |position: &usize| (*position, columns[*position].name.clone());
        let not_null = not_null.iter().map(name).collect();
        let compaction = |refuses| -> Box<dyn Operator> {
            Box::new(Compaction::new(node, table, primary_key, refuses, checkpoints))
        };
        let conflict: Option<Box<dyn Operator>> = match conflict {
            Conflict::Pass => None,
            Conflict::LastWriter => Some(Box::new(UpsertMaterialize::new(node, primary_key, checkpoints))),
            Conflict::FirstRow => Some(compaction(false)),
            Conflict::Refuse => Some(compaction(true)),
        };
        Self { table: table.clone(), not_null, conflict }
    }

    fn check(&self, batch: &ChangeBatch) -> Result {
        for (position, name) in &self.not_null {
            if batch.column(*position).null_count() > 0 {
                return Err(Diagnostic::run("HW3202", format!("column `{name}` is NOT NULL but a row has NULL in it"))
                    .detail(format!("a row written to `{}`", self.table))
                    .hint(format!("filter with `WHERE {name} IS NOT NULL`, or declare the column without NOT NULL"))
                    .into());
            }
        }
        Ok(())
    }
}

impl Operator for Sink {
    fn process(&mut self, port: usize, batch: &ChangeBatch, context: &Context, out: &mut Output) -> Result {
        self.check(batch)?;
        match &mut self.conflict {
            Some(conflict) => conflict.process(port, batch, context, out)?,
            None => out.push(batch.clone()),
        }
        Ok(())
    }

    fn flush(&mut self, context: &Context, out: &mut Output) -> Result {
        self.conflict.as_mut().map_or(Ok(()), |conflict| conflict.flush(context, out))
    }

    fn advance(&mut self, context: &Context, out: &mut Output) -> Result {
        self.conflict.as_mut().map_or(Ok(()), |conflict| conflict.advance(context, out))
    }

    fn save(&mut self, writer: &mut StateWriter) {
        if let Some(conflict) = &mut self.conflict {
            conflict.save(writer);
        }
    }

    fn load(&mut self, entry: EntryRef) -> Result {
        self.conflict.as_mut().map_or(Ok(()), |conflict| conflict.load(entry))
    }

    fn loaded(&mut self) -> Result {
        self.conflict.as_mut().map_or(Ok(()), |conflict| conflict.loaded())
    }

    fn state_bytes(&self) -> usize {
        self.conflict.as_ref().map_or(0, |conflict| conflict.state_bytes())
    }
}
