//! Which entries of a map-like state changed since the last checkpoint.

use hashbrown::HashSet;
use std::hash::Hash;

/// Entries by group and key, each once.
#[derive(Debug)]
pub(super) struct Changed<K> {
    entries: HashSet<(u32, K)>,
}

impl<K> Default for Changed<K> {
    fn default() -> Self {
        Self { entries: HashSet::new() }
    }
}

impl<K: Hash + Eq> Changed<K> {
    pub(super) fn mark(&mut self, group: u32, key: K) {
        self.entries.insert((group, key));
    }

    pub(super) fn take(&mut self) -> HashSet<(u32, K)> {
        std::mem::take(&mut self.entries)
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.entries.capacity() * (size_of::<(u32, K)>() + 8)
    }
}
