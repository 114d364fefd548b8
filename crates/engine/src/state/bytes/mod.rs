//! Byte strings by number.

mod even;
mod uneven;

use even::EvenTable;
use uneven::UnevenTable;

/// Starts as a table of strings of one length, which need no place of their own to say where they are: most keys are of that
/// kind. Turns into one of any lengths for good when too many differ.
#[derive(Debug)]
pub(crate) enum ByteTable {
    Even(EvenTable),
    Uneven(UnevenTable),
}

impl Default for ByteTable {
    fn default() -> Self {
        Self::Even(EvenTable::default())
    }
}

impl ByteTable {
    /// The string of `id`, if it has one.
    #[inline]
    pub(crate) fn get(&self, id: u32) -> Option<&[u8]> {
        match self {
            Self::Even(even) => even.get(id),
            Self::Uneven(uneven) => uneven.get(id),
        }
    }

    /// Sets the string of `id`.
    #[inline]
    pub(crate) fn put(&mut self, id: u32, bytes: &[u8]) {
        match self {
            Self::Even(even) => {
                if !even.put(id, bytes) {
                    self.put_uneven(id, bytes);
                }
            }
            Self::Uneven(uneven) => uneven.put(id, bytes),
        }
    }

    #[cold]
    fn put_uneven(&mut self, id: u32, bytes: &[u8]) {
        let mut uneven = UnevenTable::default();
        if let Self::Even(even) = self {
            even.each(|id, bytes| uneven.put(id, bytes));
        }
        uneven.put(id, bytes);
        *self = Self::Uneven(uneven);
    }

    pub(crate) fn remove(&mut self, id: u32) {
        match self {
            Self::Even(even) => even.remove(id),
            Self::Uneven(uneven) => uneven.remove(id),
        }
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        match self {
            Self::Even(even) => even.memory_bytes(),
            Self::Uneven(uneven) => uneven.memory_bytes(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// Strings that come, change and go are those of a map, whatever share of them is of another length.
    #[test]
    fn strings_are_those_of_a_map() {
        for odd_in_thousand in [0, 5, 40, 500] {
            let (mut table, mut expect) = (ByteTable::default(), BTreeMap::new());
            let mut state = 11_u64 + odd_in_thousand;
            let mut below = |bound: u64| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 33) % bound
            };
            for round in 0..30_000_u64 {
                let id = below(1 + round / 2) as u32;
                if below(5) == 0 {
                    table.remove(id);
                    expect.remove(&id);
                    continue;
                }
                let length = if below(1000) < odd_in_thousand { below(40) as usize } else { 11 };
                let text = vec![below(256) as u8; length];
                table.put(id, &text);
                expect.insert(id, text);
            }
            assert_eq!(matches!(table, ByteTable::Even(_)), odd_in_thousand < 100, "{odd_in_thousand}");
            for id in 0..16_000 {
                assert_eq!(table.get(id), expect.get(&id).map(Vec::as_slice), "{id} of {odd_in_thousand}");
            }
        }
    }
}
