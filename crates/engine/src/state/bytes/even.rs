//! Byte strings of one length, each in its cell, in chunks that are never moved. A few of other lengths are kept aside.
//!
//! ```text
//! cell = state string     state: one byte
//! ```

use hashbrown::HashMap;

/// Longer strings are rows of several columns, which differ in length sooner or later.
const LENGTH_MAX: usize = 64;
const CHUNK_BYTES: usize = 1 << 18;
/// So many strings of other lengths may always be there, and one for so many others.
const ODD_MIN: usize = 16;
const ODD_SHARE: usize = 16;

const ABSENT: u8 = 0;
const HERE: u8 = 1;
const ASIDE: u8 = 2;

#[derive(Debug, Default)]
pub(crate) struct EvenTable {
    /// Of a string, once there is one.
    length: Option<usize>,
    /// A chunk has two to this many cells.
    chunk_bits: u32,
    chunks: Vec<Vec<u8>>,
    /// Strings of other lengths.
    odd: HashMap<u32, Box<[u8]>>,
    /// How many strings there are.
    count: usize,
}

impl EvenTable {
    #[inline]
    pub(super) fn get(&self, id: u32) -> Option<&[u8]> {
        let (state, string) = self.cell(id)?.split_first()?;
        match *state {
            HERE => Some(string),
            ASIDE => self.odd.get(&id).map(AsRef::as_ref),
            _ => None,
        }
    }

    /// Sets the string of `id`; false when too many strings are of another length than the others.
    #[inline]
    pub(super) fn put(&mut self, id: u32, bytes: &[u8]) -> bool {
        if self.length != Some(bytes.len()) && !self.takes_odd(bytes.len()) {
            return false;
        }
        let is_odd = self.length != Some(bytes.len());
        let cell = self.cell_mut(id);
        let before = cell[0];
        if is_odd {
            cell[0] = ASIDE;
            self.odd.insert(id, bytes.into());
        } else {
            cell[0] = HERE;
            cell[1..].copy_from_slice(bytes);
            if before == ASIDE {
                self.odd.remove(&id);
            }
        }
        self.count += usize::from(before == ABSENT);
        true
    }

    pub(super) fn remove(&mut self, id: u32) {
        if self.cell(id).is_none_or(|cell| cell[0] == ABSENT) {
            return;
        }
        let state = std::mem::replace(&mut self.cell_mut(id)[0], ABSENT);
        if state == ASIDE {
            self.odd.remove(&id);
        }
        self.count -= 1;
    }

    pub(super) fn each(&self, mut visit: impl FnMut(u32, &[u8])) {
        let cells = (self.chunks.len() as u32) << self.chunk_bits;
        for id in 0..cells {
            if let Some(string) = self.get(id) {
                visit(id, string);
            }
        }
    }

    pub(super) fn memory_bytes(&self) -> usize {
        let odd: usize = self.odd.values().map(|string| string.len()).sum();
        self.chunks.iter().map(Vec::capacity).sum::<usize>() + self.odd.allocation_size() + odd
    }

    /// Whether a string of another length may come. The first string sets the length.
    #[cold]
    fn takes_odd(&mut self, length: usize) -> bool {
        if self.length.is_none() && length <= LENGTH_MAX {
            self.length = Some(length);
            self.chunk_bits = (CHUNK_BYTES / (length + 1)).ilog2();
            return true;
        }
        self.length.is_some() && self.odd.len() < ODD_MIN.max(self.count / ODD_SHARE)
    }

    fn stride(&self) -> usize {
        self.length.map_or(0, |length| length + 1)
    }

    #[inline]
    fn place(&self, id: u32) -> (usize, usize) {
        let within = id & ((1 << self.chunk_bits) - 1);
        ((id >> self.chunk_bits) as usize, within as usize * self.stride())
    }

    #[inline]
    fn cell(&self, id: u32) -> Option<&[u8]> {
        let (chunk, start) = self.place(id);
        self.chunks.get(chunk)?.get(start..start + self.stride())
    }

    #[inline]
    fn cell_mut(&mut self, id: u32) -> &mut [u8] {
        let (chunk, start) = self.place(id);
        let end = start + self.stride();
        if self.chunks.get(chunk).is_none_or(|chunk| chunk.len() < end) {
            self.make_room(chunk, end);
        }
        &mut self.chunks[chunk][start..end]
    }

    /// The first chunk grows as it needs to, so that small tables stay small; the others are there whole.
    #[cold]
    fn make_room(&mut self, chunk: usize, end: usize) {
        let full = self.stride() << self.chunk_bits;
        if self.chunks.is_empty() {
            self.chunks.push(Vec::new());
        }
        let first = &mut self.chunks[0];
        let wanted = if chunk == 0 { (first.len() * 2).clamp(end, full) } else { full };
        if first.len() < wanted {
            first.reserve_exact(wanted - first.len());
            first.resize(wanted, ABSENT);
        }
        while self.chunks.len() <= chunk {
            self.chunks.push(vec![ABSENT; full]);
        }
    }
}
