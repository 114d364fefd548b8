//! Extents against a model, and the file as memory: what was written is there, wherever its pages are.

use super::extents::{Content, Extents, Note};
use super::spill::{GRANULE, Spill};
use std::collections::BTreeMap;
use std::ptr::NonNull;
use testkit::generate::random::Random;

const SEEDS: u64 = 40;

fn notes(count: usize) -> &'static mut [Note] {
    Box::leak(vec![Note::default(); count].into_boxed_slice())
}

/// Taken blocks: where, how long, and how long at least they were asked to be.
struct Model {
    extents: Extents,
    taken: BTreeMap<u32, u32>,
    top: u32,
}

impl Model {
    fn take(&mut self, length: u32) {
        let found = self.extents.take(length).unwrap_or_else(|| {
            let more = length + length / 8 + 1;
            self.extents.grow(more);
            self.top += more;
            self.extents.take(length).expect("there is room now")
        });
        self.taken.insert(found.0, length);
    }

    fn pick(&self, random: &mut Random) -> Option<u32> {
        let count = self.taken.len() as u64;
        (count > 0).then(|| *self.taken.keys().nth(random.below(count) as usize).expect("one of them"))
    }

    /// Blocks hold what they were asked to and do not overlap.
    fn check(&self) {
        let mut end = 1;
        for (start, asked) in &self.taken {
            let length = self.extents.length(*start);
            assert!(length >= *asked && length <= asked + asked / 8 + 1, "{asked} became {length}");
            assert!(*start >= end, "a block at {start} begins in the one before it");
            end = start + length;
        }
        assert!(end <= self.top);
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "a failure is seen with its seed")]
fn blocks_never_overlap_and_free_ones_grow_together() {
    for seed in 0..SEEDS {
        println!("seed {seed}");
        let mut random = Random::new(seed, 1);
        let mut model = Model { extents: Extents::new(notes(1 << 16)), taken: BTreeMap::new(), top: 1 };
        for _ in 0..600 {
            let scale = 1 + random.below(8);
            let length = 1 + random.below(1 << scale) as u32;
            match (random.below(5), model.pick(&mut random)) {
                (0 | 1, _) | (_, None) => model.take(length),
                (2, Some(start)) => {
                    if model.extents.resize(start, length) {
                        model.taken.insert(start, length);
                    }
                }
                (_, Some(start)) => {
                    model.taken.remove(&start);
                    model.extents.give(start, if random.below(2) == 0 { Content::USED } else { Content::HOLE });
                }
            }
            model.check();
        }
        for start in std::mem::take(&mut model.taken).into_keys() {
            model.extents.give(start, Content::USED);
        }
        // A block of a bin may be rounded up to: ask for what certainly fits.
        let all = (model.top - 1) / 9 * 8;
        assert!(all == 0 || model.extents.take(all).is_some(), "all of it is one free block");
    }
}

#[test]
fn only_what_was_never_used_is_fresh() {
    let mut extents = Extents::new(notes(256));
    extents.grow(64);
    let (first, content) = extents.take(8).expect("room");
    assert_eq!(content, Content::FRESH);
    extents.give(first, Content::USED);
    assert_eq!(extents.take(8), Some((first, Content::USED)), "one with what was fresh behind it");
    extents.give(first, Content::USED);
    let used = extents.take_used(4).expect("what was used");
    extents.give(used, Content::HOLE);
    assert_eq!(extents.take_used(4), None);
    assert_eq!(extents.take(8), Some((first, Content::HOLE)));
}

/// Blocks in use: address, bytes, and what each byte is.
type Blocks = Vec<(NonNull<u8>, usize, u8)>;

#[expect(unsafe_code, reason = "reads and writes what an allocator gave")]
fn bytes(block: &mut (NonNull<u8>, usize, u8)) -> &mut [u8] {
    // SAFETY: the block is taken, and has so many bytes.
    unsafe { std::slice::from_raw_parts_mut(block.0.as_ptr(), block.1) }
}

fn check(block: &mut (NonNull<u8>, usize, u8)) {
    let byte = block.2;
    assert!(bytes(block).iter().all(|found| *found == byte), "a block is not what was written");
}

fn step(spill: &Spill, blocks: &mut Blocks, random: &mut Random, byte: u8) {
    let scale = random.below(6);
    let size = 1 + random.below((GRANULE as u64) << scale) as usize;
    let at = random.below(blocks.len().max(1) as u64) as usize;
    match random.below(8) {
        0..4 => {
            let (address, zeroed) = spill.allocate(size).expect("the disk has room");
            let mut block = (address, size, 0);
            if zeroed {
                check(&mut block);
            }
            block.2 = byte;
            bytes(&mut block).fill(byte);
            blocks.push(block);
        }
        4 | 5 if !blocks.is_empty() => {
            let mut block = blocks.swap_remove(at);
            check(&mut block);
            spill.free(block.0);
        }
        6 if !blocks.is_empty() => {
            let block = &mut blocks[at];
            if spill.resize(block.0, size) {
                block.1 = block.1.min(size);
                check(block);
                block.1 = size;
                let byte = block.2;
                bytes(block).fill(byte);
            }
        }
        7 => spill.evict(1 << random.below(22)),
        _ => {}
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "a failure is seen with its seed")]
fn what_was_written_is_there_wherever_its_pages_are() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for seed in 0..4 {
        println!("seed {seed}");
        let spill = Spill::create(folder.path()).expect("a file");
        let mut random = Random::new(seed, 2);
        let mut blocks = Blocks::new();
        for round in 0..400 {
            step(&spill, &mut blocks, &mut random, round as u8 | 1);
        }
        spill.evict(spill.mapped_bytes());
        blocks.iter_mut().for_each(check);
        blocks.iter().for_each(|block| spill.free(block.0));
        assert_eq!(spill.taken_bytes(), 0);
    }
    assert_eq!(folder.path().read_dir().expect("the folder").count(), 0, "the file has no name");
}

#[test]
fn the_disk_gets_back_what_is_free_and_it_can_be_used_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let spill = Spill::create(folder.path()).expect("a file");
    let size = 96 << 20;
    for byte in [1, 2] {
        let (address, zeroed) = spill.allocate(size).expect("the disk has room");
        let mut block = (address, size, byte);
        assert!(zeroed);
        assert!(bytes(&mut block).iter().step_by(4096).all(|byte| *byte == 0));
        bytes(&mut block).fill(byte);
        spill.trim();
        check(&mut block);
        assert!(spill.file_bytes() >= size);
        spill.free(address);
        spill.trim();
        assert!(spill.file_bytes() < size / 4, "{} bytes of the disk are left", spill.file_bytes());
    }
}

#[test]
fn a_vector_grows_where_it_is() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let spill = Spill::create(folder.path()).expect("a file");
    let (address, _) = spill.allocate(GRANULE).expect("room");
    assert!(spill.resize(address, 8 * GRANULE), "nothing is behind it");
    let (second, _) = spill.allocate(GRANULE).expect("room");
    assert!(!spill.resize(address, 64 * GRANULE), "now something is");
    assert!(spill.resize(address, GRANULE));
    spill.free(second);
    assert_eq!(spill.taken_bytes(), GRANULE);
}
