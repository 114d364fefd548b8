//! Keys to small dense numbers, and the key groups by which they are divided.

use super::bytes::ByteTable;
use super::codec::{EncodedRows, RowCodec};
use super::{KEY_GROUPS, tracking::ChangedIds};
use arrow_array::ArrayRef;
use data::DataType;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use xxhash_rust::xxh3::xxh3_64;

#[derive(Clone, Copy, Debug)]
struct Slot {
    hash: u64,
    id: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    Free,
    Live,
    /// Still known, so that a checkpoint can say that it is gone; forgotten by [`KeyIndex::reclaim`].
    Released,
}

/// Keys of certain types, each with an id.
pub(crate) struct KeyIndex {
    codec: RowCodec,
    table: HashTable<Slot>,
    keys: ByteTable,
    hashes: Vec<u64>,
    /// Key groups, where they do not come from the whole key.
    groups: Vec<u16>,
    lives: Vec<Life>,
    free: Vec<u32>,
    released: Vec<u32>,
}

impl KeyIndex {
    pub(crate) fn new<'a>(types: impl IntoIterator<Item = &'a DataType>) -> Self {
        Self {
            codec: RowCodec::new(types),
            table: HashTable::new(),
            keys: ByteTable::default(),
            hashes: Vec::new(),
            groups: Vec::new(),
            lives: Vec::new(),
            free: Vec::new(),
            released: Vec::new(),
        }
    }

    /// Ids of the keys in these columns; unknown keys get one.
    pub(crate) fn intern(&mut self, columns: &[ArrayRef], rows: usize) -> Vec<u32> {
        let encoded = self.codec.encode(columns, rows);
        self.intern_rows(&encoded)
    }

    pub(crate) fn intern_rows(&mut self, rows: &EncodedRows) -> Vec<u32> {
        rows.iter().map(|row| self.intern_bytes(row)).collect()
    }

    /// Ids of the keys in these columns where they are known.
    pub(crate) fn find(&self, columns: &[ArrayRef], rows: usize) -> Vec<Option<u32>> {
        let encoded = self.codec.encode(columns, rows);
        encoded.iter().map(|row| self.find_bytes(row)).collect()
    }

    #[inline]
    pub(crate) fn intern_bytes(&mut self, key: &[u8]) -> u32 {
        let hash = xxh3_64(key);
        let keys = &self.keys;
        let is_same = |slot: &Slot| slot.hash == hash && keys.get(slot.id) == Some(key);
        match self.table.entry(hash, is_same, |slot| slot.hash) {
            Entry::Occupied(slot) => {
                let id = slot.get().id;
                self.lives[id as usize] = Life::Live;
                id
            }
            Entry::Vacant(place) => {
                let id = self.free.pop().unwrap_or(self.hashes.len() as u32);
                place.insert(Slot { hash, id });
                self.keys.put(id, key);
                if id as usize == self.hashes.len() {
                    self.hashes.push(hash);
                    self.lives.push(Life::Live);
                } else {
                    self.hashes[id as usize] = hash;
                    self.lives[id as usize] = Life::Live;
                }
                id
            }
        }
    }

    #[inline]
    pub(crate) fn find_bytes(&self, key: &[u8]) -> Option<u32> {
        let hash = xxh3_64(key);
        let is_same = |slot: &Slot| slot.hash == hash && self.keys.get(slot.id) == Some(key);
        let id = self.table.find(hash, is_same)?.id;
        (self.lives[id as usize] == Life::Live).then_some(id)
    }

    /// The key is not used any more. Its id stays its own until [`KeyIndex::reclaim`], and it may come back.
    pub(crate) fn release(&mut self, id: u32) {
        if self.lives[id as usize] == Life::Live {
            self.lives[id as usize] = Life::Released;
            self.released.push(id);
        }
    }

    /// The key is used again.
    #[inline]
    pub(crate) fn revive(&mut self, id: u32) {
        self.lives[id as usize] = Life::Live;
    }

    /// Forgets released keys. With tracking this may only happen once a checkpoint has written their removal.
    pub(crate) fn reclaim(&mut self) {
        for id in std::mem::take(&mut self.released) {
            if self.lives[id as usize] != Life::Released {
                continue;
            }
            self.lives[id as usize] = Life::Free;
            let hash = self.hashes[id as usize];
            if let Ok(slot) = self.table.find_entry(hash, |slot| slot.id == id) {
                slot.remove();
            }
            self.keys.remove(id);
            self.free.push(id);
        }
    }

    /// Forgets released keys now when no checkpoint needs them.
    pub(crate) fn reclaim_untracked(&mut self, changed: &ChangedIds) {
        if !changed.is_enabled() && !self.released.is_empty() {
            self.reclaim();
        }
    }

    #[inline]
    pub(crate) fn is_live(&self, id: u32) -> bool {
        self.lives[id as usize] == Life::Live
    }

    pub(crate) fn key(&self, id: u32) -> &[u8] {
        self.keys.get(id).unwrap_or_default()
    }

    pub(crate) fn group(&self, id: u32) -> u16 {
        self.groups.get(id as usize).copied().unwrap_or_else(|| group_of(self.hashes[id as usize]))
    }

    /// Says which key group a key belongs to. For all keys of an index, or for none.
    pub(crate) fn place(&mut self, id: u32, group: u16) {
        if self.groups.len() <= id as usize {
            self.groups.resize(id as usize + 1, 0);
        }
        self.groups[id as usize] = group;
    }

    /// Columns of these keys.
    pub(crate) fn decode(&self, ids: &[u32]) -> Vec<ArrayRef> {
        self.codec.decode(ids.iter().map(|id| self.key(*id)))
    }

    /// All ids are below this.
    pub(crate) fn id_bound(&self) -> usize {
        self.hashes.len()
    }

    pub(crate) fn live_ids(&self) -> impl Iterator<Item = u32> {
        (0..self.lives.len() as u32).filter(|id| self.is_live(*id))
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        self.table.allocation_size()
            + self.keys.memory_bytes()
            + self.hashes.capacity() * size_of::<u64>()
            + self.lives.capacity()
            + (self.free.capacity() + self.released.capacity()) * size_of::<u32>()
    }
}

fn group_of(hash: u64) -> u16 {
    // The low bits choose the bucket of the hash table; the group comes from others.
    ((hash >> 40) % KEY_GROUPS as u64) as u16
}

/// The key group of each row.
pub(crate) fn key_groups(codec: &RowCodec, columns: &[ArrayRef], rows: usize) -> Vec<u16> {
    codec.encode(columns, rows).iter().map(|row| group_of(xxh3_64(row))).collect()
}

/// Which of `shards` instances a key group belongs to.
pub(crate) fn shard_of(group: u16, shards: usize) -> usize {
    group as usize * shards / KEY_GROUPS
}
