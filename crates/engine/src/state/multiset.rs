//! Rows per key with counts: what joins, retracting ranks and tables without a key remember.

use super::Setup;
use super::codec::{EncodedRows, RowCodec};
use super::expiry::Expiry;
use super::keys::KeyIndex;
use super::lists::Lists;
use super::parts::{entry_key, take_part};
use super::tracking::{ChangedIds, StateWriter};
use crate::checkpoint::EntryRef;
use arrow_array::ArrayRef;
use data::DataType;

const END: u32 = u32::MAX;

/// What is kept of one distinct row under one key.
#[derive(Clone, Copy, Debug)]
struct Member {
    /// Stays when the row is gone, for the checkpoint that says so.
    key: u32,
    /// How often the row is there; below zero when retractions came first.
    count: i64,
    /// The owner's own number: how many rows of the other side a join has for it.
    matches: u32,
    /// Orders the rows of a key by their first appearance.
    sequence: u64,
}

/// An entry of a checkpoint, until all of them are there and can be put in order.
struct Loaded {
    sequence: u64,
    key: Box<[u8]>,
    row: Box<[u8]>,
    count: i64,
    matches: u32,
    /// When it was written, with state retention.
    time: Option<[u8; 8]>,
}

/// Distinct rows of each key in the order of their first appearance. A row determines its key.
pub(crate) struct KeyedMultiset {
    keys: KeyIndex,
    rows: KeyIndex,
    members: Vec<Member>,
    lists: Lists,
    codec: RowCodec,
    table: u16,
    next_sequence: u64,
    loaded: Vec<Loaded>,
    changed: ChangedIds,
    expiry: Expiry,
}

impl KeyedMultiset {
    /// `table` names the state in checkpoints. Rows hold their key's columns.
    pub(crate) fn new(key_types: &[DataType], row_types: &[DataType], table: u16, setup: Setup) -> Self {
        Self {
            keys: KeyIndex::new(key_types),
            rows: KeyIndex::new(row_types),
            members: Vec::new(),
            lists: Lists::default(),
            codec: RowCodec::new(row_types),
            table,
            next_sequence: 0,
            loaded: Vec::new(),
            changed: ChangedIds::new(setup.checkpoints),
            expiry: Expiry::new(setup.retention),
        }
    }

    /// Ids of the keys in these columns; unknown keys get one.
    pub(crate) fn keys(&mut self, columns: &[ArrayRef], rows: usize) -> Vec<u32> {
        self.keys.intern(columns, rows)
    }

    /// Ids of the keys in these columns where any row is known.
    pub(crate) fn find_keys(&self, columns: &[ArrayRef], rows: usize) -> Vec<Option<u32>> {
        self.keys.find(columns, rows)
    }

    pub(crate) fn encode(&self, columns: &[ArrayRef], rows: usize) -> EncodedRows {
        self.codec.encode(columns, rows)
    }

    pub(crate) fn codec(&self) -> &RowCodec {
        &self.codec
    }

    /// Adds `count` (which may be negative) of a row under its key; gives the row's id and its count before and after.
    /// At zero the row is gone, though its id stays its own until the next flush ends ([`KeyedMultiset::settle`]).
    pub(crate) fn add(&mut self, key: u32, row: &[u8], count: i64) -> (u32, i64, i64) {
        let id = self.rows.intern_bytes(row);
        if self.members.len() <= id as usize {
            let empty = Member { key: END, count: 0, matches: 0, sequence: 0 };
            self.members.resize(id as usize + 1, empty);
        }
        let before = self.members[id as usize].count;
        let after = before + count;
        if before == 0 && after != 0 {
            self.link(key, id);
        }
        self.members[id as usize].count = after;
        if after == 0 {
            if before != 0 {
                self.unlink(id);
            }
            self.rows.release(id);
            self.expiry.remove(id);
        } else if count > 0 {
            self.expiry.write(id);
        }
        self.changed.mark(id);
        (id, before, after)
    }

    fn link(&mut self, key: u32, id: u32) {
        self.keys.revive(key);
        self.lists.add(key, id);
        self.members[id as usize] = Member { key, count: 0, matches: 0, sequence: self.next_sequence };
        self.next_sequence += 1;
    }

    fn unlink(&mut self, id: u32) {
        if let Some((key, true)) = self.lists.remove(id) {
            self.keys.release(key);
        }
    }

    /// Ids of the rows under a key, in the order in which they came.
    pub(crate) fn rows_of(&self, key: u32) -> impl Iterator<Item = u32> {
        self.lists.of(key)
    }

    /// How often a row is there.
    pub(crate) fn count_of(&self, row: &[u8]) -> i64 {
        let id = self.rows.find_bytes(row);
        id.and_then(|id| self.members.get(id as usize)).map_or(0, |member| member.count)
    }

    #[inline]
    pub(crate) fn row(&self, id: u32) -> &[u8] {
        self.rows.key(id)
    }

    #[inline]
    pub(crate) fn count(&self, id: u32) -> i64 {
        self.members[id as usize].count
    }

    #[inline]
    pub(crate) fn key_of(&self, id: u32) -> u32 {
        self.members[id as usize].key
    }

    #[inline]
    pub(crate) fn matches(&self, id: u32) -> u32 {
        self.members[id as usize].matches
    }

    pub(crate) fn set_matches(&mut self, id: u32, matches: u32) {
        self.members[id as usize].matches = matches;
        self.expiry.write(id);
        self.changed.mark(id);
    }

    /// Moves processing time: ids of the rows that are past their retention. The caller has to [`KeyedMultiset::forget`]
    /// them.
    pub(crate) fn expire(&mut self, now: i64) -> Vec<u32> {
        self.expiry.due(now)
    }

    /// Takes a row out with all its copies.
    pub(crate) fn forget(&mut self, id: u32) {
        if self.members[id as usize].count != 0 {
            self.members[id as usize].count = 0;
            self.unlink(id);
            self.rows.release(id);
            self.changed.mark(id);
        }
    }

    /// Ends a flush: ids of rows and keys that are gone may be used again.
    pub(crate) fn settle(&mut self) {
        self.rows.reclaim_untracked(&self.changed);
        self.keys.reclaim_untracked(&self.changed);
    }

    /// Ids of all rows that are there.
    pub(crate) fn ids(&self) -> impl Iterator<Item = u32> {
        self.rows.live_ids().filter(|id| self.count(*id) != 0)
    }

    /// All rows with their counts, ordered by row id.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[u8], i64)> {
        self.rows.live_ids().map(|id| (self.row(id), self.count(id))).filter(|(_, count)| *count != 0)
    }

    pub(crate) fn save(&mut self, writer: &mut StateWriter) {
        for id in writer.select(&mut self.changed, self.rows.live_ids()) {
            let Member { key, count, matches, sequence, .. } = self.members[id as usize];
            if key == END {
                continue;
            }
            let entry = entry_key(self.keys.key(key), self.rows.key(id));
            let mut value = count.to_be_bytes().to_vec();
            value.extend_from_slice(&sequence.to_be_bytes());
            value.extend_from_slice(&matches.to_be_bytes());
            if let Some(time) = self.expiry.time_of(id) {
                value.extend_from_slice(&time.to_be_bytes());
            }
            writer.put(self.table, self.keys.group(key), &entry, (count != 0).then_some(value.as_slice()));
        }
        self.rows.reclaim();
        self.keys.reclaim();
    }

    pub(crate) fn load(&mut self, entry: EntryRef) {
        let mut row = entry.key;
        let key = take_part(&mut row);
        let value = entry.value.unwrap_or_default();
        let number = |at: usize| u64::from_be_bytes(value[at..at + 8].try_into().expect("eight bytes"));
        let matches = u32::from_be_bytes(value[16..20].try_into().expect("four bytes"));
        let (count, sequence) = (number(0) as i64, number(8));
        let time = value[20..].try_into().ok();
        self.loaded.push(Loaded { sequence, key: key.into(), row: row.into(), count, matches, time });
    }

    /// Puts loaded rows in the order in which they first came.
    pub(crate) fn finish_load(&mut self) {
        let mut loaded = std::mem::take(&mut self.loaded);
        loaded.sort_by_key(|entry| entry.sequence);
        let changed = std::mem::replace(&mut self.changed, ChangedIds::new(false));
        for entry in loaded {
            let key = self.keys.intern_bytes(&entry.key);
            self.next_sequence = entry.sequence;
            let (id, ..) = self.add(key, &entry.row, entry.count);
            self.members[id as usize].matches = entry.matches;
            if let Some(time) = entry.time {
                self.expiry.load(id, &time);
            }
        }
        self.changed = changed;
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        self.keys.memory_bytes()
            + self.rows.memory_bytes()
            + self.members.capacity() * size_of::<Member>()
            + self.lists.memory_bytes()
            + self.changed.memory_bytes()
            + self.expiry.memory_bytes()
    }
}
