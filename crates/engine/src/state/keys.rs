//! Keys to small dense numbers, and the key groups by which they are divided.

use super::codec::{EncodedRows, RowCodec};
use super::lookup::{BytesLookup, IntegerLookup};
use super::{KEY_GROUPS, tracking::ChangedIds};
use arrow_array::ArrayRef;
use data::DataType;
use data::storage::storage_type;
use xxhash_rust::xxh3::xxh3_64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    Free,
    Live,
    /// Still known, so that a checkpoint can say that it is gone; forgotten by [`KeyIndex::reclaim`].
    Released,
}

enum Lookup {
    Bytes(BytesLookup),
    Integer(IntegerLookup),
}

/// Keys of certain types, each with an id.
pub(crate) struct KeyIndex {
    codec: RowCodec,
    lookup: Lookup,
    ids: Ids,
    /// Key groups, where they do not come from the whole key.
    groups: Vec<u16>,
}

/// Which ids are in use.
#[derive(Debug, Default)]
struct Ids {
    lives: Vec<Life>,
    free: Vec<u32>,
    released: Vec<u32>,
}

impl Ids {
    fn new_id(&mut self) -> u32 {
        if let Some(id) = self.free.pop() {
            self.lives[id as usize] = Life::Live;
            return id;
        }
        self.lives.push(Life::Live);
        self.lives.len() as u32 - 1
    }
}

impl KeyIndex {
    pub(crate) fn new<'a>(types: impl IntoIterator<Item = &'a DataType>) -> Self {
        let types: Vec<&DataType> = types.into_iter().collect();
        let integer = match types.as_slice() {
            [one] => IntegerLookup::for_type(&storage_type(one)),
            _ => None,
        };
        Self {
            codec: RowCodec::new(types),
            lookup: integer.map_or_else(|| Lookup::Bytes(BytesLookup::default()), Lookup::Integer),
            ids: Ids::default(),
            groups: Vec::new(),
        }
    }

    /// Ids of the keys in these columns; unknown keys get one.
    pub(crate) fn intern(&mut self, columns: &[ArrayRef], rows: usize) -> Vec<u32> {
        let Lookup::Integer(lookup) = &mut self.lookup else {
            let encoded = self.codec.encode(columns, rows);
            return self.intern_rows(&encoded);
        };
        let mut values = Vec::with_capacity(rows);
        lookup.values(&columns[0], |value| values.push(value));
        let ids = &mut self.ids;
        let mut id_of = |value: Option<i64>| {
            let id = lookup.find_or_insert(value, || ids.new_id());
            ids.lives[id as usize] = Life::Live;
            id
        };
        values.into_iter().map(&mut id_of).collect()
    }

    fn intern_rows(&mut self, rows: &EncodedRows) -> Vec<u32> {
        rows.iter().map(|row| self.intern_bytes(row)).collect()
    }

    /// Ids of the keys in these columns where they are known.
    pub(crate) fn find(&self, columns: &[ArrayRef], rows: usize) -> Vec<Option<u32>> {
        let mut found = self.find_any(columns, rows);
        for id in &mut found {
            *id = id.filter(|id| self.is_live(*id));
        }
        found
    }

    /// As [`KeyIndex::find`], also of keys that are released and not reclaimed yet.
    pub(crate) fn find_any(&self, columns: &[ArrayRef], rows: usize) -> Vec<Option<u32>> {
        match &self.lookup {
            Lookup::Bytes(lookup) => self.codec.encode(columns, rows).iter().map(|row| lookup.find(row)).collect(),
            Lookup::Integer(lookup) => {
                let mut found = Vec::with_capacity(rows);
                lookup.values(&columns[0], |value| found.push(lookup.find(value)));
                found
            }
        }
    }

    #[inline]
    pub(crate) fn intern_bytes(&mut self, key: &[u8]) -> u32 {
        let ids = &mut self.ids;
        let id = match &mut self.lookup {
            Lookup::Bytes(lookup) => lookup.find_or_insert(key, || ids.new_id()),
            Lookup::Integer(lookup) => lookup.find_or_insert(lookup.decode(key), || ids.new_id()),
        };
        ids.lives[id as usize] = Life::Live;
        id
    }

    #[inline]
    pub(crate) fn find_bytes(&self, key: &[u8]) -> Option<u32> {
        let id = match &self.lookup {
            Lookup::Bytes(lookup) => lookup.find(key),
            Lookup::Integer(lookup) => lookup.find(lookup.decode(key)),
        };
        id.filter(|id| self.is_live(*id))
    }

    /// The key is not used any more. Its id stays its own until [`KeyIndex::reclaim`], and it may come back.
    pub(crate) fn release(&mut self, id: u32) {
        let life = &mut self.ids.lives[id as usize];
        if *life == Life::Live {
            *life = Life::Released;
            self.ids.released.push(id);
        }
    }

    /// The key is used again.
    #[inline]
    pub(crate) fn revive(&mut self, id: u32) {
        self.ids.lives[id as usize] = Life::Live;
    }

    /// Forgets released keys. With tracking this may only happen once a checkpoint has written their removal.
    pub(crate) fn reclaim(&mut self) {
        for id in std::mem::take(&mut self.ids.released) {
            let life = &mut self.ids.lives[id as usize];
            if *life != Life::Released {
                continue;
            }
            *life = Life::Free;
            match &mut self.lookup {
                Lookup::Bytes(lookup) => lookup.remove(id),
                Lookup::Integer(lookup) => lookup.remove(id),
            }
            self.ids.free.push(id);
        }
    }

    /// Forgets released keys now when no checkpoint needs them.
    pub(crate) fn reclaim_untracked(&mut self, changed: &ChangedIds) {
        if !changed.is_enabled() && !self.ids.released.is_empty() {
            self.reclaim();
        }
    }

    #[inline]
    fn is_live(&self, id: u32) -> bool {
        self.ids.lives[id as usize] == Life::Live
    }

    /// The key's row bytes.
    pub(crate) fn key(&self, id: u32) -> &[u8] {
        match &self.lookup {
            Lookup::Bytes(lookup) => lookup.key(id),
            Lookup::Integer(lookup) => lookup.key(id),
        }
    }

    pub(crate) fn group(&self, id: u32) -> u16 {
        self.groups.get(id as usize).copied().unwrap_or_else(|| group_of(self.key(id)))
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
        match &self.lookup {
            Lookup::Integer(lookup) => vec![lookup.column(ids)],
            Lookup::Bytes(lookup) => self.codec.decode(ids.iter().map(|id| lookup.key(*id))),
        }
    }

    /// All ids are below this.
    pub(crate) fn id_bound(&self) -> usize {
        self.ids.lives.len()
    }

    pub(crate) fn live_ids(&self) -> impl Iterator<Item = u32> {
        (0..self.ids.lives.len() as u32).filter(|id| self.is_live(*id))
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        let lookup = match &self.lookup {
            Lookup::Bytes(lookup) => lookup.memory_bytes(),
            Lookup::Integer(lookup) => lookup.memory_bytes(),
        };
        let ids = (self.ids.free.capacity() + self.ids.released.capacity()) * size_of::<u32>();
        lookup + ids + self.ids.lives.capacity() + self.groups.capacity() * size_of::<u16>()
    }
}

fn group_of(key: &[u8]) -> u16 {
    // The low bits choose the bucket of a hash table; the group comes from others.
    ((xxh3_64(key) >> 40) % KEY_GROUPS as u64) as u16
}

/// The key group of each row.
pub(crate) fn key_groups(codec: &RowCodec, columns: &[ArrayRef], rows: usize) -> Vec<u16> {
    codec.encode(columns, rows).iter().map(group_of).collect()
}

/// Which of `shards` instances a key group belongs to.
pub(crate) fn shard_of(group: u16, shards: usize) -> usize {
    group as usize * shards / KEY_GROUPS
}
