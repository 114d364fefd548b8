//! Byte strings by number, in chunks that are rewritten when half of what they hold is dead. Chunks are never moved or
//! grown: one buffer that doubles would copy everything, and touch twice the memory, time and again.

/// Marks a number without a string.
const NONE: u32 = u32::MAX;
/// Below this many dead bytes a rewrite is not worth it.
const COMPACT_FROM: usize = 1 << 20;
/// A longer string has a chunk of its own.
const CHUNK_BYTES: usize = 1 << 18;

#[derive(Clone, Copy, Debug)]
struct Slot {
    chunk: u32,
    start: u32,
    length: u32,
}

#[derive(Debug, Default)]
pub(crate) struct ByteTable {
    chunks: Vec<Vec<u8>>,
    slots: Vec<Slot>,
    /// Bytes of all strings that were put and not rewritten since, and of those among them that are gone.
    used: usize,
    dead: usize,
}

impl ByteTable {
    /// The string of `id`, if it has one.
    #[inline]
    pub(crate) fn get(&self, id: u32) -> Option<&[u8]> {
        let slot = self.slots.get(id as usize).filter(|slot| slot.length != NONE)?;
        let start = slot.start as usize;
        Some(&self.chunks[slot.chunk as usize][start..start + slot.length as usize])
    }

    /// Sets the string of `id`. Strings are shorter than 4 GiB.
    #[inline]
    pub(crate) fn put(&mut self, id: u32, bytes: &[u8]) {
        if self.slots.len() <= id as usize {
            self.slots.resize(id as usize + 1, Slot { chunk: 0, start: 0, length: NONE });
        }
        let slot = self.slots[id as usize];
        if slot.length as usize == bytes.len() && slot.length != NONE {
            let start = slot.start as usize;
            self.chunks[slot.chunk as usize][start..start + bytes.len()].copy_from_slice(bytes);
            return;
        }
        if slot.length != NONE {
            self.dead += slot.length as usize;
        }
        self.slots[id as usize] = append(&mut self.chunks, bytes);
        self.used += bytes.len();
        self.compact_if_worth_it();
    }

    pub(crate) fn remove(&mut self, id: u32) {
        if let Some(slot) = self.slots.get_mut(id as usize).filter(|slot| slot.length != NONE) {
            self.dead += slot.length as usize;
            slot.length = NONE;
            self.compact_if_worth_it();
        }
    }

    fn compact_if_worth_it(&mut self) {
        if self.dead < COMPACT_FROM || self.dead * 2 < self.used {
            return;
        }
        let mut chunks = Vec::new();
        for slot in self.slots.iter_mut().filter(|slot| slot.length != NONE) {
            let start = slot.start as usize;
            *slot = append(&mut chunks, &self.chunks[slot.chunk as usize][start..start + slot.length as usize]);
        }
        self.chunks = chunks;
        self.used -= self.dead;
        self.dead = 0;
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        self.chunks.iter().map(Vec::capacity).sum::<usize>() + self.slots.capacity() * size_of::<Slot>()
    }
}

/// Puts a string behind the last one and says where.
#[inline]
fn append(chunks: &mut Vec<Vec<u8>>, bytes: &[u8]) -> Slot {
    let has_room = chunks.last().is_some_and(|chunk| chunk.capacity() - chunk.len() >= bytes.len());
    if !has_room {
        // The first chunk grows as it needs to, so that small state stays small.
        let capacity = if chunks.is_empty() { bytes.len().max(64) } else { CHUNK_BYTES };
        match chunks.last_mut() {
            Some(chunk) if chunk.len() + bytes.len() <= CHUNK_BYTES => {
                let wanted = (chunk.capacity() * 2).clamp(chunk.len() + bytes.len(), CHUNK_BYTES);
                chunk.reserve_exact(wanted - chunk.len());
            }
            _ => chunks.push(Vec::with_capacity(capacity.max(bytes.len()))),
        }
    }
    let index = chunks.len() - 1;
    let start = chunks[index].len();
    chunks[index].extend_from_slice(bytes);
    Slot { chunk: index as u32, start: start as u32, length: bytes.len() as u32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_stay_as_others_come_and_go() {
        let mut table = ByteTable::default();
        let text = |id: u32, round: usize| vec![id as u8; (id as usize * 37 + round * 11) % 900];
        for round in 0..40 {
            for id in 0..400 {
                table.put(id, &text(id, round));
            }
            (0..400).step_by(7).for_each(|id| table.remove(id));
        }
        table.put(400, &vec![1; CHUNK_BYTES * 2]);
        for id in 0..400 {
            let expected = text(id, 39);
            assert_eq!(table.get(id), (id % 7 != 0).then_some(expected.as_slice()));
        }
        assert_eq!(table.get(400).map(<[u8]>::len), Some(CHUNK_BYTES * 2));
        assert!(table.used - table.dead < table.memory_bytes() && table.memory_bytes() < 16 << 20);
    }
}
