//! Full changes from an upsert stream: remembers the row of each key, so that updates get their -U and deletes their
//! columns. A change that changes nothing is not passed on; a removal of an unknown key neither. With a condition, a row
//! for which it does not hold counts as removed.

use super::{Context, Operator, Output, Result, Setup, input_types, pick};
use crate::checkpoint::EntryRef;
use crate::expression::{Compiled, mask};
use crate::state::{KeyedRows, StateWriter, UpdateStyle};
use arrow_array::Array;
use data::{ChangeBatch, Diagnostic, RowKind};
use functions::Expr;
use plan::Node;

pub(crate) struct ChangelogNormalize {
    keys: Vec<usize>,
    condition: Option<Compiled>,
    rows: KeyedRows,
    style: UpdateStyle,
}

impl ChangelogNormalize {
    pub(crate) fn new(
        node: &Node,
        keys: &[usize],
        condition: Option<&Expr>,
        setup: Setup,
    ) -> std::result::Result<Self, Diagnostic> {
        let condition = condition.map(|condition| Compiled::new(std::slice::from_ref(condition))).transpose()?;
        let types = input_types(node, 0);
        let rows = KeyedRows::new(&pick(&types, keys), &types, 0, setup);
        let update_before = node.changelog.contains(RowKind::UpdateBefore);
        let style = UpdateStyle { update_before, unchanged: false };
        Ok(Self { keys: keys.to_vec(), condition, rows, style })
    }
}

impl Operator for ChangelogNormalize {
    fn process(&mut self, _port: usize, batch: &ChangeBatch, context: &Context, _out: &mut Output) -> Result {
        self.rows.expire(context.clock_millis);
        let ids = self.rows.keys(&pick(batch.columns(), &self.keys), batch.rows());
        let rows = self.rows.encode(batch.columns(), batch.rows());
        let results = match &self.condition {
            Some(condition) => Some(condition.run(batch, &context.evaluation(batch.watermarks().clone(), 0))?),
            None => None,
        };
        let holds = |row: usize| {
            results.as_ref().is_none_or(|results| {
                let mask = mask(&results[0]);
                mask.is_valid(row) && mask.value(row)
            })
        };
        for (row, id) in ids.into_iter().enumerate() {
            // -U removes like -D: nothing says that a +U will follow.
            if batch.kind(row).is_addition() && holds(row) {
                self.rows.put(id, rows.row(row));
            } else {
                self.rows.remove(id);
            }
        }
        Ok(())
    }

    fn flush(&mut self, _context: &Context, out: &mut Output) -> Result {
        self.rows.flush(self.style, out);
        Ok(())
    }

    fn save(&mut self, writer: &mut StateWriter) {
        self.rows.save(writer);
    }

    fn load(&mut self, entry: EntryRef) -> Result {
        self.rows.load(entry);
        Ok(())
    }

    fn state_bytes(&self) -> usize {
        self.rows.memory_bytes()
    }
}
