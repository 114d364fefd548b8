//! Which entries changed, and handing them to a checkpoint.

use crate::checkpoint::{EntryRef, EntrySink};

/// Ids touched since the last checkpoint.
#[derive(Debug)]
pub(crate) struct ChangedIds {
    enabled: bool,
    ids: Vec<u32>,
    marks: Vec<bool>,
}

impl ChangedIds {
    /// Remembers nothing unless checkpoints will be taken.
    pub(crate) fn new(enabled: bool) -> Self {
        Self { enabled, ids: Vec::new(), marks: Vec::new() }
    }

    pub(crate) fn is_enabled(&self) -> bool {
        self.enabled
    }

    #[inline]
    pub(crate) fn mark(&mut self, id: u32) {
        if !self.enabled {
            return;
        }
        if self.marks.len() <= id as usize {
            self.marks.resize(id as usize + 1, false);
        }
        if !self.marks[id as usize] {
            self.marks[id as usize] = true;
            self.ids.push(id);
        }
    }

    /// The ids in the order in which they were first touched; starts anew.
    pub(crate) fn take(&mut self) -> Vec<u32> {
        for id in &self.ids {
            self.marks[*id as usize] = false;
        }
        std::mem::take(&mut self.ids)
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        self.ids.capacity() * size_of::<u32>() + self.marks.capacity()
    }
}

/// Collects the entries of one operator for a checkpoint.
pub(crate) struct StateWriter<'a> {
    pub(crate) operator: u128,
    /// All entries are wanted, not only what changed.
    pub(crate) all: bool,
    pub(crate) sink: &'a mut dyn EntrySink,
}

impl StateWriter<'_> {
    pub(crate) fn put(&mut self, table: u16, group: u16, key: &[u8], value: Option<&[u8]>) {
        self.sink.put(self.operator, EntryRef { table, group, key, value });
    }

    /// Writes a part's tables behind `tables` others.
    pub(crate) fn behind(&mut self, tables: u16, write: impl FnOnce(&mut StateWriter)) {
        let mut sink = Behind { tables, sink: self.sink };
        write(&mut StateWriter { operator: self.operator, all: self.all, sink: &mut sink });
    }

    /// Which ids to write: those that changed, or all that live.
    pub(crate) fn select(&self, changed: &mut ChangedIds, live: impl Iterator<Item = u32>) -> Vec<u32> {
        let ids = changed.take();
        if self.all { live.collect() } else { ids }
    }
}

struct Behind<'a> {
    tables: u16,
    sink: &'a mut dyn EntrySink,
}

impl EntrySink for Behind<'_> {
    fn put(&mut self, operator: u128, entry: EntryRef) {
        self.sink.put(operator, EntryRef { table: entry.table + self.tables, ..entry });
    }
}
