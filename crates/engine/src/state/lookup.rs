//! From a key to its id: hash tables over row bytes, with a shorter way for a key of one integer column.

use super::bytes::ByteTable;
use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, PrimitiveArray};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType as ArrowType;
use data::varint;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

/// Keys of any columns, by their row bytes.
#[derive(Debug, Default)]
pub(super) struct BytesLookup {
    table: HashTable<Hashed>,
    keys: ByteTable,
}

/// A key's id, and enough of its hash to find its place without looking at the key.
#[derive(Clone, Copy, Debug)]
struct Hashed {
    hash: u32,
    id: u32,
}

/// The upper half of a key's hash.
#[inline]
fn short_hash(key: &[u8]) -> u32 {
    (xxh3_64(key) >> 32) as u32
}

/// What the table hashes by: it looks at the lowest and the highest bits.
#[inline]
fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

impl BytesLookup {
    #[inline]
    pub(super) fn find(&self, key: &[u8]) -> Option<u32> {
        let hash = short_hash(key);
        let is_it = |slot: &Hashed| slot.hash == hash && self.keys.get(slot.id) == Some(key);
        self.table.find(spread(hash), is_it).map(|slot| slot.id)
    }

    /// The key's id, or `new()` if it is not known.
    #[inline]
    pub(super) fn find_or_insert(&mut self, key: &[u8], new: impl FnOnce() -> u32) -> u32 {
        let hash = short_hash(key);
        let keys = &self.keys;
        let is_it = |slot: &Hashed| slot.hash == hash && keys.get(slot.id) == Some(key);
        match self.table.entry(spread(hash), is_it, |slot| spread(slot.hash)) {
            Entry::Occupied(slot) => slot.get().id,
            Entry::Vacant(place) => {
                let id = new();
                place.insert(Hashed { hash, id });
                self.keys.put(id, key);
                id
            }
        }
    }

    pub(super) fn remove(&mut self, id: u32) {
        let hash = short_hash(self.key(id));
        if let Ok(slot) = self.table.find_entry(spread(hash), |slot| slot.id == id) {
            slot.remove();
        }
        self.keys.remove(id);
    }

    pub(super) fn key(&self, id: u32) -> &[u8] {
        self.keys.get(id).unwrap_or_default()
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.table.allocation_size() + self.keys.memory_bytes()
    }
}

/// Row bytes of an integer of up to eight bytes: one byte that says whether it is NULL, then the number if it is not.
#[derive(Clone, Copy, Debug, Default)]
struct IntegerKey {
    length: u8,
    bytes: [u8; 11],
}

const NULL: u8 = 1;

impl IntegerKey {
    fn new(value: Option<i64>) -> Self {
        let mut key = Self { length: 1, ..Self::default() };
        match value {
            None => key.bytes[0] = NULL,
            Some(value) => key.length += varint::write(&mut key.bytes[1..], varint::zigzag(value)) as u8,
        }
        key
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

/// Keys of one INT, BIGINT, or what is stored like them.
#[derive(Debug)]
pub(super) struct IntegerLookup {
    /// Value and id.
    table: HashTable<(i64, u32)>,
    null: Option<u32>,
    keys: Vec<IntegerKey>,
    /// Bytes of the value: 4 or 8.
    width: usize,
}

impl IntegerLookup {
    /// For a column of this type, if it is an integer of a common width.
    pub(super) fn for_type(data_type: &ArrowType) -> Option<Self> {
        let width = match data_type {
            ArrowType::Int32 => 4,
            ArrowType::Int64 => 8,
            _ => return None,
        };
        Some(Self { table: HashTable::new(), null: None, keys: Vec::new(), width })
    }

    /// Visits the values of a column; `None` is NULL.
    pub(super) fn values(&self, column: &ArrayRef, mut visit: impl FnMut(Option<i64>)) {
        macro_rules! each {
            ($arrow:ty) => {{
                let column: &PrimitiveArray<$arrow> = column.as_primitive();
                if column.null_count() == 0 {
                    return column.values().iter().for_each(|value| visit(Some(i64::from(*value))));
                }
                column.iter().for_each(|value| visit(value.map(i64::from)))
            }};
        }
        if self.width == 4 { each!(Int32Type) } else { each!(Int64Type) }
    }

    #[inline]
    pub(super) fn find(&self, value: Option<i64>) -> Option<u32> {
        let Some(value) = value else { return self.null };
        self.table.find(hash(value), |slot| slot.0 == value).map(|slot| slot.1)
    }

    #[inline]
    pub(super) fn find_or_insert(&mut self, value: Option<i64>, new: impl FnOnce() -> u32) -> u32 {
        let id = match value {
            None => match self.null {
                Some(id) => return id,
                None => *self.null.insert(new()),
            },
            Some(value) => match self.table.entry(hash(value), |slot| slot.0 == value, |slot| hash(slot.0)) {
                Entry::Occupied(slot) => return slot.get().1,
                Entry::Vacant(place) => {
                    let id = new();
                    place.insert((value, id));
                    id
                }
            },
        };
        if self.keys.len() <= id as usize {
            self.keys.resize(id as usize + 1, IntegerKey::default());
        }
        self.keys[id as usize] = IntegerKey::new(value);
        id
    }

    pub(super) fn remove(&mut self, id: u32) {
        match self.decode(self.key(id)) {
            None => self.null = None,
            Some(value) => {
                if let Ok(slot) = self.table.find_entry(hash(value), |slot| slot.0 == value) {
                    slot.remove();
                }
            }
        }
    }

    pub(super) fn key(&self, id: u32) -> &[u8] {
        self.keys.get(id as usize).map_or(&[], IntegerKey::bytes)
    }

    /// The value in row bytes.
    #[inline]
    pub(super) fn decode(&self, key: &[u8]) -> Option<i64> {
        match key.split_first() {
            Some((&0, mut number)) => Some(varint::unzigzag(varint::take(&mut number))),
            _ => None,
        }
    }

    /// The column of these keys.
    pub(super) fn column(&self, ids: &[u32]) -> ArrayRef {
        let value = |id: &u32| self.decode(self.key(*id));
        let has_null = self.null.is_some_and(|null| ids.contains(&null));
        let nulls = has_null.then(|| ids.iter().map(|id| value(id).is_some()).collect::<NullBuffer>());
        if self.width == 4 {
            let values = ids.iter().map(|id| value(id).unwrap_or_default() as i32).collect::<Vec<i32>>();
            return Arc::new(PrimitiveArray::<Int32Type>::new(values.into(), nulls));
        }
        let values = ids.iter().map(|id| value(id).unwrap_or_default()).collect::<Vec<i64>>();
        Arc::new(PrimitiveArray::<Int64Type>::new(values.into(), nulls))
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.table.allocation_size() + self.keys.capacity() * size_of::<IntegerKey>()
    }
}

/// Spreads neighbouring numbers over all bits.
#[inline]
fn hash(value: i64) -> u64 {
    const FACTOR: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;
    let product = u128::from(value as u64 ^ 0x2545_f491_4f6c_dd1d) * (FACTOR >> 64 | 1);
    (product >> 64) as u64 ^ product as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::RowCodec;
    use arrow_array::{Int32Array, Int64Array};
    use data::DataType;

    /// The bytes must be those of the row format: checkpoints do not know which way a key was looked up.
    #[test]
    fn integer_keys_have_row_bytes() {
        let columns: [(ArrayRef, DataType); 2] = [
            (Arc::new(Int32Array::from(vec![Some(-7), None, Some(i32::MAX)])), DataType::int()),
            (Arc::new(Int64Array::from(vec![Some(i64::MIN), None, Some(42)])), DataType::bigint()),
        ];
        for (column, data_type) in columns {
            let rows = RowCodec::new([&data_type]).encode(std::slice::from_ref(&column), 3);
            let mut lookup = IntegerLookup::for_type(column.data_type()).expect("integers");
            let mut values = Vec::new();
            lookup.values(&column, |value| values.push(value));
            let mut next = 0;
            for (row, value) in values.into_iter().enumerate() {
                let id = lookup.find_or_insert(value, || {
                    next += 1;
                    next - 1
                });
                assert_eq!(lookup.key(id), rows.row(row));
                assert_eq!(lookup.decode(rows.row(row)), value);
                assert_eq!(lookup.find(value), Some(id));
            }
            assert_eq!(&lookup.column(&[0, 1, 2]), &column);
            lookup.remove(1);
            assert_eq!(lookup.find(None), None);
        }
    }
}
