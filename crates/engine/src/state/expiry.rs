//! State retention (`table.exec.state.ttl`): entries that were not written for a while are gone, silently.
//!
//! - An entry written at processing time t with retention d is there until t + d, exclusive. Reading does not prolong it.

use super::keys::KeyIndex;
use super::tracking::StateWriter;
use std::collections::BTreeSet;

/// Marks the checkpoint table that holds when the entries of another were written.
pub(crate) const TIME_TABLE: u16 = 0x8000;

/// When entries were written, by id.
#[derive(Debug)]
pub(crate) struct Expiry {
    /// Milliseconds; absent: entries stay.
    retention: Option<i64>,
    now: i64,
    written: Vec<Option<i64>>,
    by_time: BTreeSet<(i64, u32)>,
}

impl Expiry {
    pub(crate) fn new(retention: Option<i64>) -> Self {
        Self { retention, now: 0, written: Vec::new(), by_time: BTreeSet::new() }
    }

    /// Whether entries can go by themselves. An unchanged result is told then, too: it keeps consumers' state alive.
    pub(crate) fn is_enabled(&self) -> bool {
        self.retention.is_some()
    }

    /// Moves the clock and takes out the entries that are gone by now, oldest first.
    pub(crate) fn due(&mut self, now: i64) -> Vec<u32> {
        let Some(retention) = self.retention else { return Vec::new() };
        self.now = now;
        let mut due = Vec::new();
        while let Some((time, id)) = self.by_time.first().copied().filter(|first| now - first.0 >= retention) {
            self.by_time.remove(&(time, id));
            self.written[id as usize] = None;
            due.push(id);
        }
        due
    }

    #[inline]
    pub(crate) fn write(&mut self, id: u32) {
        if self.retention.is_some() {
            self.set(id, self.now);
        }
    }

    fn set(&mut self, id: u32, time: i64) {
        if self.written.len() <= id as usize {
            self.written.resize(id as usize + 1, None);
        }
        if let Some(old) = self.written[id as usize].replace(time) {
            self.by_time.remove(&(old, id));
        }
        self.by_time.insert((time, id));
    }

    /// When the entry was written.
    pub(crate) fn time_of(&self, id: u32) -> Option<i64> {
        self.written.get(id as usize).copied().flatten()
    }

    pub(crate) fn remove(&mut self, id: u32) {
        if let Some(old) = self.written.get_mut(id as usize).and_then(Option::take) {
            self.by_time.remove(&(old, id));
        }
    }

    /// Writes the times of these ids beside their entries.
    pub(crate) fn save(&self, table: u16, ids: &[u32], keys: &KeyIndex, writer: &mut StateWriter) {
        if self.retention.is_none() {
            return;
        }
        for &id in ids {
            let time = self.time_of(id).map(i64::to_be_bytes);
            let time = time.as_ref().map(<[u8; 8]>::as_slice);
            writer.put(table | TIME_TABLE, keys.group(id), keys.key(id), time);
        }
    }

    pub(crate) fn load(&mut self, id: u32, time: &[u8]) {
        if self.retention.is_some() {
            self.set(id, i64::from_be_bytes(time.try_into().expect("eight bytes")));
        }
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        // A set entry with its share of the node.
        const ENTRY: usize = 24;
        self.written.capacity() * size_of::<Option<i64>>() + self.by_time.len() * ENTRY
    }
}
