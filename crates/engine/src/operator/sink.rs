//! What a statement writes into its table: refuses NULL where a column is declared NOT NULL.

use super::{Context, Operator, Output, Result};
use arrow_array::Array;
use data::{ChangeBatch, Diagnostic};
use plan::{Node, Op};

pub(crate) struct Sink {
    table: String,
    /// Position and name of columns that must not be NULL.
    not_null: Vec<(usize, String)>,
}

impl Sink {
    pub(crate) fn new(node: &Node) -> Self {
        let Op::Sink { table, not_null, .. } = &node.op else { unreachable!("made for sinks only") };
        let columns = &node.inputs[0].columns;
        let name = |position: &usize| (*position, columns[*position].name.clone());
        Self { table: table.clone(), not_null: not_null.iter().map(name).collect() }
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
    fn process(&mut self, _port: usize, batch: &ChangeBatch, _context: &Context, out: &mut Output) -> Result {
        self.check(batch)?;
        out.push(batch.clone());
        Ok(())
    }
}
