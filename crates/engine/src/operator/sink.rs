//! What a statement writes into its table: refuses NULL where a column is declared NOT NULL, and where the input is not
//! keyed as the table is, decides which row of a key stands.

use super::upsert_materialize::UpsertMaterialize;
use super::{Context, Operator, Output, Result};
use crate::checkpoint::EntryRef;
use crate::state::StateWriter;
use arrow_array::Array;
use data::{ChangeBatch, Diagnostic};
use plan::{Node, Op};

pub(crate) struct Sink {
    table: String,
    /// Position and name of columns that must not be NULL.
    not_null: Vec<(usize, String)>,
    materialize: Option<UpsertMaterialize>,
}

impl Sink {
    pub(crate) fn new(node: &Node, checkpoints: bool) -> Self {
        let Op::Sink { table, not_null, primary_key, materialize } = &node.op else {
            unreachable!("made for sinks only")
        };
        let columns = &node.inputs[0].columns;
        let name = |position: &usize| (*position, columns[*position].name.clone());
        let not_null = not_null.iter().map(name).collect();
        let materialize = materialize.then(|| UpsertMaterialize::new(node, primary_key, checkpoints));
        Self { table: table.clone(), not_null, materialize }
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
        match &mut self.materialize {
            Some(materialize) => materialize.process(port, batch, context, out)?,
            None => out.push(batch.clone()),
        }
        Ok(())
    }

    fn flush(&mut self, context: &Context, out: &mut Output) -> Result {
        self.materialize.as_mut().map_or(Ok(()), |materialize| materialize.flush(context, out))
    }

    fn save(&mut self, writer: &mut StateWriter) {
        if let Some(materialize) = &mut self.materialize {
            materialize.save(writer);
        }
    }

    fn load(&mut self, entry: EntryRef) -> Result {
        self.materialize.as_mut().map_or(Ok(()), |materialize| materialize.load(entry))
    }

    fn loaded(&mut self) -> Result {
        self.materialize.as_mut().map_or(Ok(()), Operator::loaded)
    }

    fn state_bytes(&self) -> usize {
        self.materialize.as_ref().map_or(0, Operator::state_bytes)
    }
}
