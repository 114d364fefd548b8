//! An input that is a managed table with a primary key: its rows are looked up in the table and not kept a second time.
//!
//! - *id*: the table's number for a primary key. It names a row from its insert to its delete, through all updates.
//! - What is here is which rows of the table have come to the join, under which join key and in which order, and match
//!   counts. A filter on the way keeps rows away; a projection is made again when a row is looked up.
//! - The table has told all that it holds when the join is flushed, and the join has got it: rows of before the join's own
//!   delta are in that delta.

use super::changes::Change;
use super::{Fault, Result, Shape};
use crate::checkpoint::EntryRef;
use crate::state::{ChangedIds, KeyIndex, KeyedRows, Lists, PerId, Setup, SharedRows, StateWriter};
use arrow_array::ArrayRef;
use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_select::interleave::interleave;
use data::{ChangeBatch, DataType, Diagnostic};
use hashbrown::{HashMap, HashSet};
use std::sync::RwLockReadGuard;

/// Checkpoints name the entries of a side by this and its position.
pub(super) const FIRST_TABLE: u16 = 4;

/// Where the rows of an input are looked up.
#[derive(Clone)]
pub(crate) struct TableLookup {
    pub(crate) rows: SharedRows,
    /// The table's column of each column of the input. Batches have one more: the table's numbers of their rows.
    pub(crate) columns: Vec<usize>,
    pub(crate) primary_key: Vec<usize>,
    /// The join is one of several instances, each with a share of the table's rows.
    pub(crate) is_shared: bool,
}

impl TableLookup {
    /// Has the table tell the numbers of its rows.
    pub(crate) fn lend(&self) {
        self.rows.write().lend();
    }
}

pub(crate) struct TableSide {
    lookup: TableLookup,
    /// Table of the entries in checkpoints.
    table: u16,
    /// Positions of the join key.
    join_key: Vec<usize>,
    index: Index,
    /// Match counts by id.
    matches: PerId<u32>,
    is_upsert: bool,
    changed: ChangedIds,
    before: Option<Before>,
    loaded: Vec<(u64, u32)>,
}

/// Which rows are there, by join key.
enum Index {
    /// The join key is the primary key, so that keys are ids.
    Primary {
        present: PerId<bool>,
    },
    Own(Box<Own>),
}

struct Own {
    keys: KeyIndex,
    lists: Lists,
    /// By id: orders the rows of a key. Kept for checkpoints only.
    sequences: PerId<u64>,
    next_sequence: u64,
    /// Rows that left a key since the last checkpoint, with its key group.
    left: HashSet<(u32, u16)>,
}

/// Changes that the side has not taken in yet.
struct Before {
    batch: ChangeBatch,
    /// By id the row of the batch that stood before.
    rows: HashMap<u32, usize>,
}

impl TableSide {
    pub(crate) fn new(shape: &Shape, side: usize, is_upsert: bool, lookup: TableLookup, setup: Setup) -> Self {
        let join_key = shape.keys[side].clone();
        let types = join_key.iter().map(|&column| &shape.types[side][column]);
        let is_primary = join_key.iter().map(|&column| lookup.columns[column]).eq(lookup.primary_key.iter().copied());
        let index = if is_primary {
            Index::Primary { present: PerId::new(lookup.is_shared) }
        } else {
            Index::Own(Box::new(Own {
                keys: KeyIndex::new(types.collect::<Vec<&DataType>>()),
                lists: Lists::new(lookup.is_shared),
                sequences: PerId::new(lookup.is_shared),
                next_sequence: 0,
                left: HashSet::new(),
            }))
        };
        Self {
            matches: PerId::new(lookup.is_shared),
            lookup,
            table: FIRST_TABLE + side as u16,
            join_key,
            index,
            is_upsert,
            changed: ChangedIds::new(setup.checkpoints),
            before: None,
            loaded: Vec::new(),
        }
    }

    fn rows(&self) -> RwLockReadGuard<'_, KeyedRows> {
        self.lookup.rows.read()
    }

    pub(super) fn is_upsert(&self) -> bool {
        self.is_upsert
    }

    /// The table's number of each row.
    pub(super) fn ids(&self, batch: &ChangeBatch) -> Vec<u32> {
        let ids = batch.column(self.lookup.columns.len()).as_primitive::<Int32Type>();
        ids.values().iter().map(|id| *id as u32).collect()
    }

    /// The batch with the input's columns only.
    pub(super) fn without_ids(&self, batch: &ChangeBatch) -> ChangeBatch {
        ChangeBatch::inserts(batch.columns()[..self.lookup.columns.len()].to_vec(), batch.rows())
    }

    /// Join keys of rows with these ids.
    pub(super) fn keys(&mut self, columns: &[ArrayRef], ids: &[u32]) -> Vec<u32> {
        match &mut self.index {
            Index::Primary { .. } => ids.to_vec(),
            Index::Own(own) => own.keys.intern(columns, ids.len()),
        }
    }

    pub(super) fn add(&mut self, change: &Change) -> u32 {
        let id = change.id.expect("changes of a table have ids");
        self.put(change.key, id);
        self.changed.mark(id);
        id
    }

    fn put(&mut self, key: u32, id: u32) {
        match &mut self.index {
            Index::Primary { present } => *present.get_mut(id) = true,
            Index::Own(own) => {
                own.lists.add(key, id);
                own.keys.revive(key);
                own.next_sequence += 1;
                if self.changed.is_enabled() {
                    *own.sequences.get_mut(id) = own.next_sequence;
                }
            }
        }
    }

    pub(super) fn remove(&mut self, change: &Change) {
        let id = change.id.expect("changes of a table have ids");
        self.changed.mark(id);
        self.matches.take(id);
        match &mut self.index {
            Index::Primary { present } => drop(present.take(id)),
            Index::Own(own) => {
                own.sequences.take(id);
                let Some((key, is_last)) = own.lists.remove(id) else { return };
                if self.changed.is_enabled() {
                    own.left.insert((id, own.keys.group(key)));
                }
                if is_last {
                    own.keys.release(key);
                }
            }
        }
    }

    pub(super) fn matches(&self, id: u32) -> u32 {
        self.matches.get(id).copied().unwrap_or(0)
    }

    pub(super) fn set_matches(&mut self, id: u32, matches: u32) {
        *self.matches.get_mut(id) = matches;
        self.changed.mark(id);
    }

    pub(super) fn stand_before(&mut self, batch: &ChangeBatch) {
        let ids = self.ids(batch);
        let mut rows = HashMap::with_capacity(ids.len());
        for (row, id) in ids.into_iter().enumerate() {
            rows.entry(id).or_insert(row);
        }
        self.before = Some(Before { batch: batch.clone(), rows });
    }

    pub(super) fn reach(&mut self) {
        self.before = None;
    }

    pub(super) fn find_keys(&self, columns: &[ArrayRef], rows: usize) -> Vec<Option<u32>> {
        match &self.index {
            Index::Primary { .. } => self.rows().find_lent(columns, rows),
            Index::Own(own) => own.keys.find(columns, rows),
        }
    }

    pub(super) fn each_of(&self, key: u32, mut visit: impl FnMut(u32)) {
        match &self.index {
            Index::Primary { present } => {
                if present.get(key) == Some(&true) {
                    visit(key);
                }
            }
            Index::Own(own) => own.lists.of(key).for_each(visit),
        }
    }

    pub(super) fn columns(&self, ids: &[u32]) -> Result<Vec<ArrayRef>> {
        let Some(before) = &self.before else { return self.look_up(ids) };
        let mut standing = Vec::with_capacity(ids.len());
        let places: Vec<(usize, usize)> = ids
            .iter()
            .map(|id| match before.rows.get(id) {
                Some(row) => (1, *row),
                None => {
                    standing.push(*id);
                    (0, standing.len() - 1)
                }
            })
            .collect();
        let pick = |(column, looked_up): (usize, ArrayRef)| {
            let parts = [looked_up.as_ref(), before.batch.column(column).as_ref()];
            interleave(&parts, &places).expect("a column has the same type in the table and in its changes")
        };
        Ok(self.look_up(&standing)?.into_iter().enumerate().map(pick).collect())
    }

    /// Columns of rows as they stand in the table.
    fn look_up(&self, ids: &[u32]) -> Result<Vec<ArrayRef>> {
        let table = self.rows();
        let rows: Option<Vec<&[u8]>> = ids.iter().map(|id| table.get(*id)).collect();
        let rows = rows.ok_or_else(|| missing("a join names a row that its table does not have"))?;
        Ok(table.codec().decode_columns(rows, &self.lookup.columns))
    }

    pub(super) fn settle(&mut self) {
        if let Index::Own(own) = &mut self.index {
            own.keys.reclaim_untracked(&self.changed);
        }
    }

    /// An entry is a primary key, with the row's place among those of its join key, and its match count.
    pub(super) fn save(&mut self, writer: &mut StateWriter) {
        let Self { lookup, index, matches, changed, table, .. } = self;
        let rows = lookup.rows.read();
        if let Index::Own(own) = index {
            // A base says nothing of what is gone, and a row that is back in its key group is written anew.
            let mut left: Vec<(u32, u16)> = std::mem::take(&mut own.left).into_iter().collect();
            left.sort_unstable();
            let now_in = |id| own.lists.key_of(id).map(|key| own.keys.group(key));
            left.retain(|(id, group)| now_in(*id) != Some(*group));
            if !writer.all {
                left.into_iter().for_each(|(id, group)| writer.put(*table, group, rows.key(id), None));
            }
        }
        let index = &*index;
        let ids = writer.select(changed, index.ids().into_iter());
        for id in ids {
            let Some((group, sequence)) = index.place(id, &rows) else {
                if let Index::Primary { .. } = index {
                    writer.put(*table, rows.key_group(id), rows.key(id), None);
                }
                continue;
            };
            let mut value = sequence.to_be_bytes().to_vec();
            value.extend_from_slice(&matches.get(id).copied().unwrap_or(0).to_be_bytes());
            writer.put(*table, group, rows.key(id), Some(&value));
        }
        drop(rows);
        if let Index::Own(own) = &mut self.index {
            own.keys.reclaim();
        }
    }

    pub(super) fn load(&mut self, entry: EntryRef) -> Result {
        let value = entry.value.unwrap_or_default();
        let Some(id) = self.rows().find_key(entry.key) else {
            return Err(missing("a checkpoint of a join names a row that its table does not have"));
        };
        let (sequence, matches) = value.split_at(8);
        *self.matches.get_mut(id) = u32::from_be_bytes(matches.try_into().expect("four bytes"));
        self.loaded.push((u64::from_be_bytes(sequence.try_into().expect("eight bytes")), id));
        Ok(())
    }

    /// Puts loaded rows in the order in which they came.
    pub(super) fn loaded(&mut self) {
        let mut loaded = std::mem::take(&mut self.loaded);
        loaded.sort_unstable();
        let ids: Vec<u32> = loaded.iter().map(|(_, id)| *id).collect();
        let table_columns: Vec<usize> = self.join_key.iter().map(|&column| self.lookup.columns[column]).collect();
        let columns = {
            let table = self.rows();
            table.codec().decode_columns(ids.iter().filter_map(|id| table.get(*id)), &table_columns)
        };
        let keys = self.keys(&columns, &ids);
        for ((sequence, id), key) in loaded.into_iter().zip(keys) {
            if let Index::Own(own) = &mut self.index {
                own.next_sequence = sequence.saturating_sub(1);
            }
            self.put(key, id);
        }
    }

    pub(super) fn memory_bytes(&self) -> usize {
        let index = match &self.index {
            Index::Primary { present } => present.memory_bytes(),
            Index::Own(own) => {
                let numbers = own.sequences.memory_bytes() + own.left.allocation_size();
                own.keys.memory_bytes() + own.lists.memory_bytes() + numbers
            }
        };
        index + self.matches.memory_bytes() + self.changed.memory_bytes()
    }
}

impl Index {
    fn ids(&self) -> Vec<u32> {
        match self {
            Self::Primary { present } => present.ids(|is_there| *is_there),
            Self::Own(own) => own.lists.ids(),
        }
    }

    /// The key group of a row that is there, and its place in the order.
    fn place(&self, id: u32, rows: &KeyedRows) -> Option<(u16, u64)> {
        match self {
            Self::Primary { present } => (present.get(id) == Some(&true)).then(|| (rows.key_group(id), 0)),
            Self::Own(own) => {
                let sequence = own.sequences.get(id).copied().unwrap_or(0);
                own.lists.key_of(id).map(|key| (own.keys.group(key), sequence))
            }
        }
    }
}

/// What should not be: the table and the join have got different changes.
fn missing(message: &str) -> Fault {
    Diagnostic::run("HW3222", message)
        .hint("start anew with another --data-dir, or from an older checkpoint; and report it")
        .into()
}
