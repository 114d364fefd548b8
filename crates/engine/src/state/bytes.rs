//! Byte strings by number, in one growing buffer that is rewritten when half of it is dead.

/// Marks a number without a string.
const NONE: u32 = u32::MAX;
/// Below this many dead bytes a rewrite is not worth it.
const COMPACT_FROM: usize = 1 << 20;

#[derive(Clone, Copy, Debug)]
struct Slot {
    offset: u64,
    length: u32,
}

#[derive(Debug, Default)]
pub(crate) struct ByteTable {
    data: Vec<u8>,
    slots: Vec<Slot>,
    dead: usize,
}

impl ByteTable {
    /// The string of `id`, if it has one.
    #[inline]
    pub(crate) fn get(&self, id: u32) -> Option<&[u8]> {
        let slot = self.slots.get(id as usize).filter(|slot| slot.length != NONE)?;
        let start = slot.offset as usize;
        Some(&self.data[start..start + slot.length as usize])
    }

    /// Sets the string of `id`. Strings are shorter than 4 GiB.
    #[inline]
    pub(crate) fn put(&mut self, id: u32, bytes: &[u8]) {
        if self.slots.len() <= id as usize {
            self.slots.resize(id as usize + 1, Slot { offset: 0, length: NONE });
        }
        let slot = &mut self.slots[id as usize];
        if slot.length as usize == bytes.len() && slot.length != NONE {
            let start = slot.offset as usize;
            self.data[start..start + bytes.len()].copy_from_slice(bytes);
            return;
        }
        if slot.length != NONE {
            self.dead += slot.length as usize;
        }
        *slot = Slot { offset: self.data.len() as u64, length: bytes.len() as u32 };
        self.data.extend_from_slice(bytes);
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
        if self.dead < COMPACT_FROM || self.dead * 2 < self.data.len() {
            return;
        }
        let mut data = Vec::with_capacity(self.data.len() - self.dead);
        for slot in self.slots.iter_mut().filter(|slot| slot.length != NONE) {
            let start = slot.offset as usize;
            let offset = data.len() as u64;
            data.extend_from_slice(&self.data[start..start + slot.length as usize]);
            slot.offset = offset;
        }
        self.data = data;
        self.dead = 0;
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        self.data.capacity() + self.slots.capacity() * size_of::<Slot>()
    }
}
