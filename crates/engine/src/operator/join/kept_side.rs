//! An input of which the join keeps the rows: by join key, and on an upsert side the row of each upsert key.

use super::{Setup, Shape};
use crate::checkpoint::EntryRef;
use crate::state::{EncodedRows, KeyIndex, KeyedMultiset, StateWriter};
use arrow_array::ArrayRef;
use data::{ChangeBatch, DataType, RowKind};
use plan::Node;

const NONE: u32 = u32::MAX;

pub(crate) struct KeptSide {
    pub(crate) rows: KeyedMultiset,
    upsert: Option<UpsertKeys>,
    is_empty: bool,
}

/// The current row of each upsert key.
struct UpsertKeys {
    columns: Vec<usize>,
    index: KeyIndex,
    /// Row id per upsert key id.
    row: Vec<u32>,
}

impl KeptSide {
    pub(crate) fn new(shape: &Shape, side: usize, input: &Node, setup: Setup) -> Self {
        let types = &shape.types[side];
        let keys = &shape.keys[side];
        let key_types: Vec<DataType> = keys.iter().map(|&column| types[column].clone()).collect();
        Self {
            rows: KeyedMultiset::new(&key_types, types, side as u16 * 2, setup),
            upsert: upsert_key(input, keys).map(|columns| UpsertKeys::new(columns, types)),
            is_empty: true,
        }
    }

    /// Moves processing time: rows past their retention meet nothing any more.
    pub(crate) fn expire(&mut self, now: i64) {
        let due = self.rows.expire(now);
        if due.is_empty() {
            return;
        }
        if let Some(upsert) = &mut self.upsert {
            let columns = self.rows.codec().decode(due.iter().map(|id| self.rows.row(*id)));
            let keys: Vec<ArrayRef> = upsert.columns.iter().map(|&column| columns[column].clone()).collect();
            for upsert_id in upsert.index.find(&keys, due.len()).into_iter().flatten() {
                upsert.set(upsert_id, NONE);
                upsert.index.release(upsert_id);
            }
        }
        due.into_iter().for_each(|id| self.rows.forget(id));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.is_empty
    }

    /// On an upsert side, the id of the row that each change of the batch replaces or removes is asked for one by one with
    /// [`Self::replaced`]; the ids of the upsert keys are found for the whole batch here.
    pub(crate) fn upsert_ids(&mut self, batch: &ChangeBatch) -> Option<Vec<u32>> {
        let upsert = self.upsert.as_mut()?;
        let columns: Vec<ArrayRef> = upsert.columns.iter().map(|&column| batch.column(column).clone()).collect();
        Some(upsert.index.intern(&columns, batch.rows()))
    }

    /// The row that stands under an upsert key.
    pub(crate) fn replaced(&self, upsert_id: u32) -> Option<u32> {
        let upsert = self.upsert.as_ref()?;
        upsert.row.get(upsert_id as usize).copied().filter(|row| *row != NONE)
    }

    /// Adds a row under its key and says its id.
    pub(crate) fn add(&mut self, key: u32, row: &[u8], upsert_id: Option<u32>) -> u32 {
        self.is_empty = false;
        let (id, ..) = self.rows.add(key, row, 1);
        if let (Some(upsert), Some(upsert_id)) = (&mut self.upsert, upsert_id) {
            upsert.set(upsert_id, id);
        }
        id
    }

    /// Takes one row away.
    pub(crate) fn remove(&mut self, key: u32, row: &[u8], upsert_id: Option<u32>) {
        self.rows.add(key, row, -1);
        if let (Some(upsert), Some(upsert_id)) = (&mut self.upsert, upsert_id) {
            upsert.set(upsert_id, NONE);
            upsert.index.release(upsert_id);
        }
    }

    pub(crate) fn encode(&self, batch: &ChangeBatch) -> EncodedRows {
        self.rows.encode(batch.columns(), batch.rows())
    }

    pub(crate) fn settle(&mut self) {
        self.rows.settle();
        if let Some(upsert) = &mut self.upsert {
            upsert.index.reclaim();
        }
    }

    pub(crate) fn save(&mut self, writer: &mut StateWriter) {
        self.rows.save(writer);
    }

    pub(crate) fn load(&mut self, entry: EntryRef) {
        self.rows.load(entry);
    }

    pub(crate) fn loaded(&mut self) {
        self.rows.finish_load();
        let ids: Vec<u32> = self.rows.ids().collect();
        self.is_empty = ids.is_empty();
        let Some(upsert) = self.upsert.as_mut().filter(|_| !ids.is_empty()) else { return };
        // The upsert key is part of the row, so that nothing but rows has to be stored.
        let columns = self.rows.codec().decode(ids.iter().map(|id| self.rows.row(*id)));
        let key: Vec<ArrayRef> = upsert.columns.iter().map(|&column| columns[column].clone()).collect();
        for (upsert_id, id) in upsert.index.intern(&key, ids.len()).into_iter().zip(ids) {
            upsert.set(upsert_id, id);
        }
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        let upsert = self.upsert.as_ref().map_or(0, |upsert| upsert.index.memory_bytes() + upsert.row.capacity() * 4);
        self.rows.memory_bytes() + upsert
    }
}

impl UpsertKeys {
    fn new(columns: Vec<usize>, types: &[DataType]) -> Self {
        let key_types: Vec<DataType> = columns.iter().map(|&column| types[column].clone()).collect();
        Self { columns, index: KeyIndex::new(&key_types), row: Vec::new() }
    }

    fn set(&mut self, upsert_id: u32, row: u32) {
        if self.row.len() <= upsert_id as usize {
            self.row.resize(self.index.id_bound(), NONE);
        }
        // A key that was taken away and comes back within one batch is in use again.
        if row != NONE {
            self.index.revive(upsert_id);
        }
        self.row[upsert_id as usize] = row;
    }
}

/// The upsert key by which old rows are found when updates come without them: one that holds the join key.
pub(crate) fn upsert_key(input: &Node, join_keys: &[usize]) -> Option<Vec<usize>> {
    let mode = input.changelog;
    if !mode.contains(RowKind::UpdateAfter) || mode.contains(RowKind::UpdateBefore) {
        return None;
    }
    input.upsert_keys.iter().find(|key| join_keys.iter().all(|column| key.contains(column))).cloned()
}
