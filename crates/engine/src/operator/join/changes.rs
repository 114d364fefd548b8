//! The changes of one side's delta, each with the row that it replaces.

use super::Shape;
use super::kept_side::KeptSide;
use super::table_side::TableSide;
use crate::state::EncodedRows;
use arrow_select::concat::concat;
use data::{ChangeBatch, RowKind};
use hashbrown::HashMap;

/// One change, by rows of the extended delta.
pub(crate) struct Change {
    pub(crate) kind: RowKind,
    pub(crate) row: u32,
    /// The row that this one replaces, on an upsert side; it stands in the extended delta, too.
    pub(crate) replaces: Option<u32>,
    pub(crate) key: u32,
    /// On a kept upsert side the number of the upsert key; of a row of a table, the table's number for it.
    pub(crate) id: Option<u32>,
}

/// A delta with what it replaces.
pub(crate) struct Extended {
    pub(crate) delta: ChangeBatch,
    pub(crate) changes: Vec<Change>,
    /// Row bytes of the delta's own rows, and of those behind them; none of rows that a table keeps.
    new: EncodedRows,
    old: EncodedRows,
}

impl Extended {
    pub(crate) fn bytes(&self, row: u32) -> &[u8] {
        match (row as usize).checked_sub(self.new.len()) {
            None => self.new.row(row as usize),
            Some(old) => self.old.row(old),
        }
    }

    /// The changes of a batch in order. On an upsert side the batch is extended by the rows that are replaced.
    pub(crate) fn of_kept(shape: &Shape, side: usize, batch: &ChangeBatch, own: &mut KeptSide) -> Self {
        let new = own.encode(batch);
        let keys = own.rows.keys(&shape.key_columns(side, batch), batch.rows());
        let Some(upsert_ids) = own.upsert_ids(batch) else {
            let change = |row: usize| Change {
                kind: batch.kind(row),
                row: row as u32,
                replaces: None,
                key: keys[row],
                id: None,
            };
            let changes = (0..batch.rows()).map(change).collect();
            return Self { delta: batch.clone(), changes, new, old: EncodedRows::default() };
        };
        // What stands under an upsert key while the changes are gone through, by row of the batch; absent: as in the state.
        let mut standing: HashMap<u32, Option<u32>> = HashMap::new();
        let mut changes = Vec::with_capacity(batch.rows());
        let mut old_rows = EncodedRows::default();
        for row in 0..batch.rows() {
            let kind = batch.kind(row);
            let upsert_id = upsert_ids[row];
            let old = match standing.get(&upsert_id) {
                Some(standing) => standing.map(|row| new.row(row as usize)),
                None => own.replaced(upsert_id).map(|id| own.rows.row(id)),
            };
            let replaces = match (old, kind.is_addition()) {
                // A removal may come with the key alone: the row that goes is the one that stands.
                (Some(old), _) => {
                    old_rows.push(old);
                    Some((batch.rows() + old_rows.len() - 1) as u32)
                }
                (None, true) => None,
                (None, false) => continue,
            };
            standing.insert(upsert_id, kind.is_addition().then_some(row as u32));
            changes.push(Change { kind, row: row as u32, replaces, key: keys[row], id: Some(upsert_id) });
        }
        if old_rows.len() == 0 {
            return Self { delta: batch.clone(), changes, new, old: old_rows };
        }
        let decoded = own.rows.codec().decode(old_rows.iter());
        let columns = batch.columns().iter().zip(&decoded).map(|(new, old)| {
            concat(&[new.as_ref(), old.as_ref()]).expect("rows of one side have the same storage types")
        });
        let delta = ChangeBatch::inserts(columns.collect(), batch.rows() + old_rows.len());
        Self { delta, changes, new, old: old_rows }
    }

    /// The changes of a table, which come with their old rows. On an upsert side a -U is no change of its own: it is what
    /// the +U replaces.
    pub(crate) fn of_table(shape: &Shape, side: usize, batch: &ChangeBatch, own: &mut TableSide) -> Self {
        let ids = own.ids(batch);
        let delta = own.without_ids(batch);
        let keys = own.keys(&shape.key_columns(side, batch), &ids);
        let change =
            |row: usize, kind, replaces| Change { kind, row: row as u32, replaces, key: keys[row], id: Some(ids[row]) };
        let mut changes = Vec::with_capacity(batch.rows());
        // Old rows whose new ones have not come yet.
        let mut old: HashMap<u32, usize> = HashMap::new();
        for (row, id) in ids.iter().enumerate() {
            match batch.kind(row) {
                RowKind::UpdateBefore if own.is_upsert() => {
                    old.insert(*id, row);
                }
                kind if kind.is_addition() => {
                    let replaces = old.remove(id).map(|row| row as u32);
                    changes.push(change(row, kind, replaces));
                }
                kind => changes.push(change(row, kind, None)),
            }
        }
        let mut left: Vec<usize> = old.into_values().collect();
        left.sort_unstable();
        changes.extend(left.into_iter().map(|row| change(row, RowKind::Delete, None)));
        Self { delta, changes, new: EncodedRows::default(), old: EncodedRows::default() }
    }
}
