//! The entries of a checkpoint on their way into operators: put in any order, given by name, the last one of each.
//!
//! For a while all that a checkpoint holds is here, beside the state that is made of it. So its bytes lie in chunks, with a
//! small record for each entry: an allocation for each would take three times as much, and none that a limit of memory could
//! send to disk.

use crate::checkpoint::EntryRef;
use std::collections::BTreeMap;

const CHUNK: usize = 256 << 10;
/// Instead of the length of a value.
const REMOVED: u32 = u32::MAX;

/// By operator.
#[derive(Debug, Default)]
pub(crate) struct Restored(BTreeMap<u128, Entries>);

/// Of one operator.
#[derive(Debug, Default)]
struct Entries {
    chunks: Vec<Vec<u8>>,
    records: Vec<Record>,
}

/// Where the key of an entry is, and behind it its value.
#[derive(Clone, Copy, Debug)]
struct Record {
    chunk: u32,
    start: u32,
    key_bytes: u32,
    value_bytes: u32,
    table: u16,
    group: u16,
}

impl Restored {
    /// A later entry of the same name replaces an earlier one.
    pub(crate) fn put(&mut self, operator: u128, entry: EntryRef) {
        self.0.entry(operator).or_default().put(entry);
    }

    /// The entries of an operator, ordered by table, group and key.
    pub(crate) fn of(&mut self, operator: u128) -> impl Iterator<Item = EntryRef<'_>> {
        let entries = self.0.entry(operator).or_default();
        entries.settle();
        entries.iter()
    }

    /// Frees what no operator needs any more.
    pub(crate) fn forget(&mut self, operator: u128) {
        self.0.remove(&operator);
    }
}

impl Entries {
    fn put(&mut self, entry: EntryRef) {
        let value = entry.value.unwrap_or_default();
        let bytes = entry.key.len() + value.len();
        if self.chunks.last().is_none_or(|chunk| chunk.capacity() - chunk.len() < bytes) {
            self.chunks.push(Vec::with_capacity(bytes.max(CHUNK)));
        }
        let at = self.chunks.len() - 1;
        let chunk = &mut self.chunks[at];
        self.records.push(Record {
            chunk: at as u32,
            start: chunk.len() as u32,
            key_bytes: entry.key.len() as u32,
            value_bytes: entry.value.map_or(REMOVED, |value| value.len() as u32),
            table: entry.table,
            group: entry.group,
        });
        chunk.extend_from_slice(entry.key);
        chunk.extend_from_slice(value);
    }

    /// Brings entries into the order of their names and leaves the last one of each.
    fn settle(&mut self) {
        let Self { chunks, records } = self;
        let name = |record: &Record| {
            let start = record.start as usize;
            let key = &chunks[record.chunk as usize][start..start + record.key_bytes as usize];
            (record.table, record.group, key)
        };
        // Stable: of equal names the last one came last.
        records.sort_by(|left, right| name(left).cmp(&name(right)));
        let mut kept = 0;
        for at in 0..records.len() {
            let is_last = records.get(at + 1).is_none_or(|next| name(next) != name(&records[at]));
            if is_last && records[at].value_bytes != REMOVED {
                records[kept] = records[at];
                kept += 1;
            }
        }
        records.truncate(kept);
    }

    fn iter(&self) -> impl Iterator<Item = EntryRef<'_>> {
        self.records.iter().map(|record| {
            let bytes = &self.chunks[record.chunk as usize][record.start as usize..];
            let (key, rest) = bytes.split_at(record.key_bytes as usize);
            let value = Some(&rest[..record.value_bytes as usize]);
            EntryRef { table: record.table, group: record.group, key, value }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Restored;
    use crate::checkpoint::EntryRef;
    use crate::properties::Random;
    use std::collections::BTreeMap;

    #[test]
    fn the_last_entry_of_each_name_is_given_in_order() {
        for seed in 1..20 {
            let mut random = Random(seed);
            let (mut restored, mut expected) = (Restored::default(), BTreeMap::new());
            for _ in 0..2000 {
                let (table, group) = (random.below(2) as u16, random.below(3) as u16);
                let key = vec![random.below(4) as u8; random.below(3) as usize];
                let value = vec![random.below(256) as u8; random.below(2000) as usize];
                let value = (random.below(10) < 7).then_some(value);
                let entry = EntryRef { table, group, key: &key, value: value.as_deref() };
                restored.put(7, entry);
                match value {
                    Some(value) => expected.insert((table, group, key), value),
                    None => expected.remove(&(table, group, key)),
                };
            }
            restored.put(8, EntryRef { table: 0, group: 0, key: b"other", value: Some(b"") });
            let again = restored.of(7).count();
            let found: Vec<_> =
                restored.of(7).map(|entry| (entry.table, entry.group, entry.key, entry.value)).collect();
            let expected: Vec<_> = expected
                .iter()
                .map(|((table, group, key), value)| (*table, *group, &key[..], Some(&value[..])))
                .collect();
            assert_eq!(found, expected, "seed {seed}");
            assert_eq!(found.len(), again);
            restored.forget(7);
            assert_eq!((restored.of(7).count(), restored.of(8).count()), (0, 1));
        }
    }
}
