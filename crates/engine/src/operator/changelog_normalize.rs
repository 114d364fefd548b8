//! Full changes from an upsert stream: remembers the row of each key, so that updates get their -U and deletes their
//! columns. A change that changes nothing is not passed on; a removal of an unknown key neither.

use super::{Context, Operator, Output, Result, input_types, pick};
use crate::checkpoint::EntryRef;
use crate::state::{KeyedRows, StateWriter, UpdateStyle};
use data::{ChangeBatch, RowKind};
use plan::Node;

pub(crate) struct ChangelogNormalize {
    keys: Vec<usize>,
    rows: KeyedRows,
    style: UpdateStyle,
}

impl ChangelogNormalize {
    pub(crate) fn new(node: &Node, keys: &[usize], checkpoints: bool) -> Self {
        let types = input_types(node, 0);
        let rows = KeyedRows::new(&pick(&types, keys), &types, 0, checkpoints);
        let update_before = node.changelog.contains(RowKind::UpdateBefore);
        Self { keys: keys.to_vec(), rows, style: UpdateStyle { update_before, unchanged: false } }
    }
}

impl Operator for ChangelogNormalize {
    fn process(&mut self, _port: usize, batch: &ChangeBatch, _context: &Context, _out: &mut Output) -> Result {
        let ids = self.rows.keys(&pick(batch.columns(), &self.keys), batch.rows());
        let rows = self.rows.encode(batch.columns(), batch.rows());
        for (row, id) in ids.into_iter().enumerate() {
            // -U removes like -D: nothing says that a +U will follow.
            if batch.kind(row).is_addition() {
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
