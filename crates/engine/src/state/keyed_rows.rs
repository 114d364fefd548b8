//! One row per key, and what has become of each key since the last flush.

use super::Setup;
use super::bytes::ByteTable;
use super::codec::{EncodedRows, RowCodec};
use super::expiry::{Expiry, TIME_TABLE};
use super::keys::KeyIndex;
use super::tracking::{ChangedIds, StateWriter};
use crate::checkpoint::EntryRef;
use crate::operator::Output;
use arrow_array::{ArrayRef, Int32Array};
use data::{ChangeBatch, DataType, RowKind};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// How the change of a key is told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UpdateStyle {
    /// Consumers want -U.
    pub update_before: bool,
    /// A row that replaces an equal one is told, too.
    pub unchanged: bool,
}

/// Current row per key. Before a key's first change after a flush its row is set aside, so that a flush tells the
/// difference and nothing between.
pub(crate) struct KeyedRows {
    keys: KeyIndex,
    codec: RowCodec,
    rows: ByteTable,
    table: u16,
    /// Keys touched since the last flush, and their rows before.
    touched: Vec<u32>,
    is_touched: Vec<bool>,
    before: Vec<u8>,
    /// Per touched key where its row ends in `before`, and whether it had one.
    before_ends: Vec<(usize, bool)>,
    changed: ChangedIds,
    expiry: Expiry,
    lending: Lending,
}

/// Rows that a table writes, and joins read between two flushes.
#[derive(Clone)]
pub(crate) struct SharedRows(Arc<RwLock<KeyedRows>>);

impl SharedRows {
    pub(crate) fn new(rows: KeyedRows) -> Self {
        Self(Arc::new(RwLock::new(rows)))
    }

    // Whoever panicked while writing has ended the engine.
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, KeyedRows> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, KeyedRows> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether others read the rows between two flushes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lending {
    None,
    /// They may still ask for a key that the last flush let go of, and their checkpoint may name it: keys are forgotten
    /// by the next flush that tells anything. `saved`: a checkpoint has written what was released.
    Lent {
        saved: bool,
    },
}

impl KeyedRows {
    /// `table` names the state in checkpoints.
    pub(crate) fn new(key_types: &[DataType], row_types: &[DataType], table: u16, setup: Setup) -> Self {
        Self {
            keys: KeyIndex::new(key_types),
            codec: RowCodec::new(row_types),
            rows: ByteTable::default(),
            table,
            touched: Vec::new(),
            is_touched: Vec::new(),
            before: Vec::new(),
            before_ends: Vec::new(),
            changed: ChangedIds::new(setup.checkpoints),
            expiry: Expiry::new(setup.retention),
            lending: Lending::None,
        }
    }

    /// From now on others read the rows between two flushes. Without retention only.
    pub(crate) fn lend(&mut self) {
        debug_assert!(!self.expiry.is_enabled(), "what goes by itself is not lent");
        if self.lending == Lending::None {
            self.lending = Lending::Lent { saved: false };
        }
    }

    /// Moves processing time: rows past their retention are gone, and nobody is told.
    pub(crate) fn expire(&mut self, now: i64) {
        for id in self.expiry.due(now) {
            self.rows.remove(id);
            self.changed.mark(id);
            self.keys.release(id);
        }
    }

    pub(crate) fn keys(&mut self, columns: &[ArrayRef], rows: usize) -> Vec<u32> {
        self.keys.intern(columns, rows)
    }

    /// Ids of the keys in these columns where they are known.
    pub(crate) fn find(&self, columns: &[ArrayRef], rows: usize) -> Vec<Option<u32>> {
        self.keys.find(columns, rows)
    }

    /// Columns of these keys.
    pub(crate) fn key_columns(&self, ids: &[u32]) -> Vec<ArrayRef> {
        self.keys.decode(ids)
    }

    pub(crate) fn codec(&self) -> &RowCodec {
        &self.codec
    }

    pub(crate) fn encode(&self, columns: &[ArrayRef], rows: usize) -> EncodedRows {
        self.codec.encode(columns, rows)
    }

    #[inline]
    pub(crate) fn get(&self, id: u32) -> Option<&[u8]> {
        self.rows.get(id)
    }

    #[inline]
    pub(crate) fn put(&mut self, id: u32, row: &[u8]) {
        self.touch(id);
        self.keys.revive(id);
        self.expiry.write(id);
        self.rows.put(id, row);
    }

    pub(crate) fn remove(&mut self, id: u32) {
        self.touch(id);
        self.expiry.remove(id);
        self.rows.remove(id);
    }

    #[inline]
    fn touch(&mut self, id: u32) {
        if self.is_touched.len() <= id as usize {
            self.is_touched.resize(self.keys.id_bound(), false);
        }
        if self.is_touched[id as usize] {
            return;
        }
        self.is_touched[id as usize] = true;
        self.touched.push(id);
        let row = self.rows.get(id);
        self.before.extend_from_slice(row.unwrap_or_default());
        self.before_ends.push((self.before.len(), row.is_some()));
        self.changed.mark(id);
    }

    /// Tells the changes of all touched keys, in the order in which they were first touched.
    pub(crate) fn flush(&mut self, style: UpdateStyle, out: &mut Output) {
        let style = UpdateStyle { unchanged: style.unchanged || self.expiry.is_enabled(), ..style };
        if self.touched.is_empty() {
            return;
        }
        self.forget_keys_of_earlier_flushes();
        let mut changes = Changes { ids: self.is_lent().then(Vec::new), ..Changes::default() };
        let mut start = 0;
        for (id, (end, existed)) in self.touched.iter().zip(&self.before_ends) {
            let before = existed.then_some(&self.before[start..*end]);
            start = *end;
            changes.tell(*id, before, self.rows.get(*id), style);
        }
        if !changes.rows.is_empty() {
            let batch = ChangeBatch::new(self.codec.decode(changes.rows), changes.kinds);
            out.push(match changes.ids {
                Some(ids) => with_ids(batch, ids),
                None => batch,
            });
        }
        self.forget_touched();
    }

    fn forget_keys_of_earlier_flushes(&mut self) {
        if let Lending::Lent { saved } = &mut self.lending
            && (std::mem::take(saved) || !self.changed.is_enabled())
        {
            self.keys.reclaim();
        }
    }

    /// Whether changes and rows come with the numbers of their keys, as INT in a column behind the others.
    pub(crate) fn is_lent(&self) -> bool {
        self.lending != Lending::None
    }

    /// Ids of keys whose rows are there, or were there before the last flush.
    pub(crate) fn find_lent(&self, columns: &[ArrayRef], rows: usize) -> Vec<Option<u32>> {
        self.keys.find_any(columns, rows)
    }

    /// The key of a row that is there, or was there before the last flush.
    pub(crate) fn key(&self, id: u32) -> &[u8] {
        self.keys.key(id)
    }

    pub(crate) fn key_group(&self, id: u32) -> u16 {
        self.keys.group(id)
    }

    pub(crate) fn find_key(&self, key: &[u8]) -> Option<u32> {
        self.keys.find_bytes(key)
    }

    /// Lets go of a key that was looked up but got no row.
    pub(crate) fn release_if_empty(&mut self, id: u32) {
        if self.rows.get(id).is_none() {
            self.keys.release(id);
        }
    }

    /// Ends a flush without telling anything: for owners that tell changes themselves.
    pub(crate) fn forget_touched(&mut self) {
        for &id in &self.touched {
            self.is_touched[id as usize] = false;
            if self.rows.get(id).is_none() {
                self.keys.release(id);
            }
        }
        self.touched.clear();
        self.before.clear();
        self.before_ends.clear();
        if !self.is_lent() {
            self.keys.reclaim_untracked(&self.changed);
        }
    }

    pub(crate) fn save(&mut self, writer: &mut StateWriter) {
        let ids = writer.select(&mut self.changed, self.keys.live_ids());
        for &id in &ids {
            writer.put(self.table, self.keys.group(id), self.keys.key(id), self.rows.get(id));
        }
        self.expiry.save(self.table, &ids, &self.keys, writer);
        match &mut self.lending {
            Lending::None => self.keys.reclaim(),
            Lending::Lent { saved } => *saved = true,
        }
    }

    pub(crate) fn load(&mut self, entry: EntryRef) {
        let id = self.keys.intern_bytes(entry.key);
        let value = entry.value.unwrap_or_default();
        if entry.table & TIME_TABLE != 0 {
            self.expiry.load(id, value);
        } else {
            self.rows.put(id, value);
        }
    }

    /// All keys that have a row, and the columns of those rows.
    pub(crate) fn ids_and_columns(&self) -> (Vec<u32>, Vec<ArrayRef>) {
        let ids: Vec<u32> = (0..self.keys.id_bound() as u32).filter(|id| self.rows.get(*id).is_some()).collect();
        let columns = self.codec.decode(ids.iter().filter_map(|id| self.rows.get(*id)));
        (ids, columns)
    }

    /// All rows as inserts, with their ids when they are lent.
    pub(crate) fn content(&self) -> ChangeBatch {
        let (ids, columns) = self.ids_and_columns();
        let batch = ChangeBatch::inserts(columns, ids.len());
        if self.is_lent() { with_ids(batch, ids.into_iter().map(|id| id as i32).collect()) } else { batch }
    }

    /// How many keys have a row; looks at all of them.
    pub(crate) fn count_rows(&self) -> usize {
        (0..self.keys.id_bound() as u32).filter(|id| self.rows.get(*id).is_some()).count()
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        self.keys.memory_bytes()
            + self.rows.memory_bytes()
            + self.touched.capacity() * size_of::<u32>()
            + self.is_touched.capacity()
            + self.before.capacity()
            + self.changed.memory_bytes()
            + self.expiry.memory_bytes()
    }
}

/// The batch with its rows' ids in a last column.
fn with_ids(batch: ChangeBatch, ids: Vec<i32>) -> ChangeBatch {
    let mut columns = batch.columns().to_vec();
    columns.push(Arc::new(Int32Array::from(ids)));
    batch.with_columns(columns)
}

/// Changes of keys, by row bytes.
#[derive(Default)]
struct Changes<'a> {
    rows: Vec<&'a [u8]>,
    kinds: Vec<RowKind>,
    /// Where they are wanted.
    ids: Option<Vec<i32>>,
}

impl<'a> Changes<'a> {
    /// What a key's consumers are told when its row was `before` and is `after`.
    fn tell(&mut self, id: u32, before: Option<&'a [u8]>, after: Option<&'a [u8]>, style: UpdateStyle) {
        match (before, after) {
            (None, None) => {}
            (None, Some(after)) => self.push(id, RowKind::Insert, after),
            (Some(before), None) => self.push(id, RowKind::Delete, before),
            (Some(before), Some(after)) => {
                if before != after || style.unchanged {
                    if style.update_before {
                        self.push(id, RowKind::UpdateBefore, before);
                    }
                    self.push(id, RowKind::UpdateAfter, after);
                }
            }
        }
    }

    fn push(&mut self, id: u32, kind: RowKind, row: &'a [u8]) {
        self.rows.push(row);
        self.kinds.push(kind);
        if let Some(ids) = &mut self.ids {
            ids.push(id as i32);
        }
    }
}
