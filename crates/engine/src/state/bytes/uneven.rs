//! Byte strings of any length, in chunks that are rewritten when half of what they hold is dead. Chunks are never moved or
//! grown: one buffer that doubles would copy everything, and touch twice the memory, time and again.

/// Below this many dead bytes a rewrite is not worth it.
const COMPACT_FROM: usize = 1 << 20;
/// A longer string has a chunk of its own.
const CHUNK_BYTES: usize = 1 << START_BITS;
const START_BITS: u32 = 18;
const LENGTH_BITS: u32 = 24;
/// A longer string's length is that of its chunk.
const LONG: u64 = (1 << LENGTH_BITS) - 1;

/// Where a string is: the number of its chunk, its start there, its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slot(u64);

impl Slot {
    /// No string. No slot is like it: a long string starts at 0.
    const NONE: Self = Self(u64::MAX);

    fn new(chunk: usize, start: usize, length: usize) -> Self {
        assert!(chunk < 1 << (64 - START_BITS - LENGTH_BITS), "a table of bytes holds up to a terabyte");
        Self((chunk as u64) << (START_BITS + LENGTH_BITS) | (start as u64) << LENGTH_BITS | (length as u64).min(LONG))
    }

    #[inline]
    fn bytes(self, chunks: &[Vec<u8>]) -> &[u8] {
        let (chunk, start) = self.place();
        let chunk = &chunks[chunk];
        match self.0 & LONG {
            LONG => chunk,
            length => &chunk[start..start + length as usize],
        }
    }

    #[inline]
    fn place(self) -> (usize, usize) {
        let start = (self.0 >> LENGTH_BITS) as usize & (CHUNK_BYTES - 1);
        ((self.0 >> (START_BITS + LENGTH_BITS)) as usize, start)
    }
}

#[derive(Debug, Default)]
pub(crate) struct UnevenTable {
    chunks: Vec<Vec<u8>>,
    slots: Vec<Slot>,
    /// Bytes of all strings that were put and not rewritten since, and of those among them that are gone.
    used: usize,
    dead: usize,
}

impl UnevenTable {
    /// The string of `id`, if it has one.
    #[inline]
    pub(super) fn get(&self, id: u32) -> Option<&[u8]> {
        let slot = self.slots.get(id as usize).filter(|slot| **slot != Slot::NONE)?;
        Some(slot.bytes(&self.chunks))
    }

    /// Sets the string of `id`.
    #[inline]
    pub(super) fn put(&mut self, id: u32, bytes: &[u8]) {
        if self.slots.len() <= id as usize {
            self.slots.resize(id as usize + 1, Slot::NONE);
        }
        let slot = self.slots[id as usize];
        if slot != Slot::NONE {
            let length = slot.bytes(&self.chunks).len();
            if length == bytes.len() {
                let (chunk, start) = slot.place();
                self.chunks[chunk][start..start + length].copy_from_slice(bytes);
                return;
            }
            self.dead += length;
        }
        self.slots[id as usize] = append(&mut self.chunks, bytes);
        self.used += bytes.len();
        self.compact_if_worth_it();
    }

    pub(super) fn remove(&mut self, id: u32) {
        if let Some(slot) = self.slots.get_mut(id as usize).filter(|slot| **slot != Slot::NONE) {
            self.dead += slot.bytes(&self.chunks).len();
            *slot = Slot::NONE;
            self.compact_if_worth_it();
        }
    }

    fn compact_if_worth_it(&mut self) {
        if self.dead < COMPACT_FROM || self.dead * 2 < self.used {
            return;
        }
        let mut chunks = Vec::new();
        for slot in self.slots.iter_mut().filter(|slot| **slot != Slot::NONE) {
            *slot = append(&mut chunks, slot.bytes(&self.chunks));
        }
        self.chunks = chunks;
        self.used -= self.dead;
        self.dead = 0;
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.chunks.iter().map(Vec::capacity).sum::<usize>() + self.slots.capacity() * size_of::<Slot>()
    }
}

/// Puts a string behind the last one and says where.
#[inline]
fn append(chunks: &mut Vec<Vec<u8>>, bytes: &[u8]) -> Slot {
    let fits = |chunk: &Vec<u8>| chunk.len() < CHUNK_BYTES && chunk.capacity() - chunk.len() >= bytes.len();
    let has_room = chunks.last().is_some_and(fits);
    if !has_room {
        // The first chunk grows as it needs to, so that small state stays small.
        let capacity = if chunks.is_empty() { bytes.len().max(64) } else { CHUNK_BYTES };
        match chunks.last_mut() {
            Some(chunk) if chunk.len() < CHUNK_BYTES && chunk.len() + bytes.len() <= CHUNK_BYTES => {
                let wanted = (chunk.capacity() * 2).clamp(chunk.len() + bytes.len(), CHUNK_BYTES);
                chunk.reserve_exact(wanted - chunk.len());
            }
            _ => chunks.push(Vec::with_capacity(capacity.max(bytes.len()))),
        }
    }
    let index = chunks.len() - 1;
    let start = chunks[index].len();
    chunks[index].extend_from_slice(bytes);
    Slot::new(index, start, bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_stay_as_others_come_and_go() {
        let mut table = UnevenTable::default();
        let text = |id: u32, round: usize| vec![id as u8; (id as usize * 37 + round * 11) % 900];
        for round in 0..40 {
            for id in 0..400 {
                table.put(id, &text(id, round));
            }
            (0..400).step_by(7).for_each(|id| table.remove(id));
        }
        table.put(400, &vec![1; CHUNK_BYTES * 2]);
        table.put(401, &vec![2; LONG as usize + 3]);
        table.put(402, &[]);
        table.put(403, &[3]);
        for id in 0..400 {
            let expected = text(id, 39);
            assert_eq!(table.get(id), (id % 7 != 0).then_some(expected.as_slice()));
        }
        assert_eq!(table.get(400).map(<[u8]>::len), Some(CHUNK_BYTES * 2));
        assert_eq!(table.get(401).map(<[u8]>::len), Some(LONG as usize + 3));
        assert_eq!(table.get(402), Some([].as_slice()));
        assert_eq!(table.get(403), Some([3].as_slice()));
        assert!(table.used - table.dead < table.memory_bytes() && table.memory_bytes() < 32 << 20);
    }
}
