//! Which parts of the file of spilled memory are taken: numbers only, no memory of its own.
//!
//! - *granule*: the unit; a block starts at one.
//! - *block*: granules in a row that are taken, or free, as a whole. Free neighbours become one block.
//! - *tag*: length and state of a block, at its first and at its last granule, so that neighbours find each other.
//! - *bin*: free blocks of about one length, the one freed last in front, since its pages are likely at hand. What is asked for
//!   is rounded up to the least length of a bin (an eighth at most): every block of a bin fits, and a vector has room to grow.

/// Lengths below it have a bin each, from there on a power of two has eight.
const EXACT: u32 = 16;
const BINS: usize = 192;
const FREE: u32 = 1 << 31;
const LENGTH: u32 = (1 << 29) - 1;
/// Granules that extents can number, by the bins there are.
pub(super) const MOST: u32 = 1 << 25;

/// What is known of the bytes of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Content {
    /// Never written since the file gave them: zeros.
    pub(super) fresh: bool,
    /// The disk has taken the space back: it must be asked for again.
    pub(super) hole: bool,
}

impl Content {
    pub(super) const FRESH: Self = Self { fresh: true, hole: false };
    pub(super) const USED: Self = Self { fresh: false, hole: false };
    pub(super) const HOLE: Self = Self { fresh: true, hole: true };

    fn bits(self) -> u32 {
        u32::from(self.fresh) << 30 | u32::from(self.hole) << 29
    }

    fn of(tag: u32) -> Self {
        Self { fresh: tag >> 30 & 1 == 1, hole: tag >> 29 & 1 == 1 }
    }

    fn with(self, other: Self) -> Self {
        Self { fresh: self.fresh && other.fresh, hole: self.hole || other.hole }
    }
}

/// What is noted for a granule; all zeros at first.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Note {
    tag: u32,
    /// Neighbours in a bin; 0 is none.
    next: u32,
    before: u32,
}

pub(super) struct Extents {
    notes: &'static mut [Note],
    heads: [u32; BINS],
    filled: [u64; BINS / 64],
    /// The first granule that the file does not have yet. Granule 0 is never given.
    top: u32,
}

impl Extents {
    /// `notes` are zeros, one for each granule there can be.
    pub(super) fn new(notes: &'static mut [Note]) -> Self {
        Self { notes, heads: [0; BINS], filled: [0; BINS / 64], top: 1 }
    }

    /// Granules of the taken block at `start`.
    pub(super) fn length(&self, start: u32) -> u32 {
        self.notes[start as usize].tag & LENGTH
    }

    /// Adds granules at the end.
    pub(super) fn grow(&mut self, length: u32) {
        let start = self.top;
        self.top += length;
        self.put(start, length, Content::FRESH);
    }

    /// A block of at least `length` granules.
    pub(super) fn take(&mut self, length: u32) -> Option<(u32, Content)> {
        let length = rounded(length);
        let start = self.heads[self.first_filled(bin(length))?];
        let tag = self.notes[start as usize].tag;
        self.unlink(start);
        self.cut(start, tag & LENGTH, length, Content::of(tag));
        Some((start, Content::of(tag)))
    }

    /// A free block of at least `length` granules that has been used.
    pub(super) fn take_used(&mut self, length: u32) -> Option<u32> {
        for bin in bin(rounded(length))..BINS {
            let mut start = self.heads[bin];
            while start != 0 {
                let Note { tag, next, .. } = self.notes[start as usize];
                if !Content::of(tag).fresh {
                    self.unlink(start);
                    self.mark(start, tag & LENGTH, 0);
                    return Some(start);
                }
                start = next;
            }
        }
        None
    }

    /// Gives a taken block back.
    pub(super) fn give(&mut self, start: u32, content: Content) {
        self.put(start, self.length(start), content);
    }

    /// Makes a taken block hold at least `length` granules where it is, and no longer than that takes; what it gains is used.
    pub(super) fn resize(&mut self, start: u32, length: u32) -> bool {
        let (had, wanted) = (self.length(start), rounded(length));
        if wanted <= had {
            self.cut(start, had, wanted, Content::USED);
            return true;
        }
        let after = start + had;
        let tag = if after < self.top { self.notes[after as usize].tag } else { 0 };
        if tag & FREE == 0 || Content::of(tag).hole || had + (tag & LENGTH) < wanted {
            return false;
        }
        self.unlink(after);
        let rest = had + (tag & LENGTH) - wanted;
        if rest > 0 {
            self.link(start + wanted, rest, Content::of(tag));
        }
        self.mark(start, wanted, 0);
        true
    }

    /// Takes the first `length` granules of a block that is in no bin; the rest becomes free.
    fn cut(&mut self, start: u32, had: u32, length: u32, content: Content) {
        self.mark(start, length, 0);
        if had > length {
            self.put(start + length, had - length, content);
        }
    }

    /// Makes a block free, one with its free neighbours.
    fn put(&mut self, mut start: u32, mut length: u32, mut content: Content) {
        let before = self.notes[start as usize - 1].tag;
        if before & FREE != 0 {
            start -= before & LENGTH;
            length += before & LENGTH;
            content = content.with(Content::of(before));
            self.unlink(start);
        }
        let after = start + length;
        let tag = if after < self.top { self.notes[after as usize].tag } else { 0 };
        if tag & FREE != 0 {
            length += tag & LENGTH;
            content = content.with(Content::of(tag));
            self.unlink(after);
        }
        self.link(start, length, content);
    }

    fn mark(&mut self, start: u32, length: u32, bits: u32) {
        self.notes[start as usize].tag = length | bits;
        self.notes[(start + length - 1) as usize].tag = length | bits;
    }

    fn link(&mut self, start: u32, length: u32, content: Content) {
        self.mark(start, length, FREE | content.bits());
        let bin = bin(length);
        let next = std::mem::replace(&mut self.heads[bin], start);
        if next != 0 {
            self.notes[next as usize].before = start;
        }
        let note = &mut self.notes[start as usize];
        (note.next, note.before) = (next, 0);
        self.filled[bin / 64] |= 1 << (bin % 64);
    }

    fn unlink(&mut self, start: u32) {
        let Note { tag, next, before } = self.notes[start as usize];
        let bin = bin(tag & LENGTH);
        if next != 0 {
            self.notes[next as usize].before = before;
        }
        if before != 0 {
            self.notes[before as usize].next = next;
        } else {
            self.heads[bin] = next;
            if next == 0 {
                self.filled[bin / 64] &= !(1 << (bin % 64));
            }
        }
    }

    fn first_filled(&self, from: usize) -> Option<usize> {
        let mut mask = u64::MAX << (from % 64);
        for word in from / 64..self.filled.len() {
            let found = self.filled[word] & mask;
            if found != 0 {
                return Some(word * 64 + found.trailing_zeros() as usize);
            }
            mask = u64::MAX;
        }
        None
    }
}

/// The bin of free blocks of a length.
fn bin(length: u32) -> usize {
    if length < EXACT {
        return length as usize;
    }
    let level = length.ilog2();
    (EXACT + (level - EXACT.ilog2()) * 8 + (length >> (level - 3) & 7)) as usize
}

/// The least length of a bin that is at least this.
fn rounded(length: u32) -> u32 {
    if length < EXACT { length } else { length.next_multiple_of(1 << (length.ilog2() - 3)) }
}
