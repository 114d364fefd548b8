//! Large allocations in a file, as one allocator.

use super::extents::{Content, Extents, MOST, Note};
use super::file::{MappedFile, zeroed};
use std::io;
use std::path::Path;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

pub(super) const GRANULE: usize = 16 << 10;
/// The file grows by so much at least, and by an eighth.
const GROWTH: usize = 16 << 20;
const MOST_GROWTH: usize = 256 << 20;
/// Free parts of this size go back to the disk, when much of the file is free.
const PUNCHED: usize = 4 << 20;
/// What epochs free and take again is left alone.
const SPARE: usize = 64 << 20;

pub(super) struct Spill {
    file: MappedFile,
    extents: Mutex<Extents>,
    /// Bytes of the file that are memory.
    mapped: AtomicUsize,
    /// Bytes of allocations.
    taken: AtomicUsize,
    /// Where pages are handed back next.
    hand: AtomicUsize,
    /// What the system said when the file could not grow; 0 when it could.
    refused: AtomicI32,
}

impl Spill {
    pub(super) fn create(folder: &Path) -> io::Result<Self> {
        if rustix::param::page_size() > GRANULE {
            return Err(io::Error::other("pages of this system are too large"));
        }
        let file = MappedFile::create(folder)?;
        let notes = zeroed::<Note>((file.reserved() / GRANULE).min(MOST as usize))?;
        let spill = Self {
            file,
            extents: Mutex::new(Extents::new(notes)),
            mapped: AtomicUsize::new(GRANULE),
            taken: AtomicUsize::new(0),
            hand: AtomicUsize::new(0),
            refused: AtomicI32::new(0),
        };
        // A folder whose file system has no room, or cannot do this at all, says so now.
        spill.grow(&mut spill.extents(), 1)?;
        Ok(spill)
    }

    /// Bytes of the disk.
    pub(super) fn file_bytes(&self) -> usize {
        self.file.disk_bytes()
    }

    /// Bytes of allocations that are in the file.
    pub(super) fn taken_bytes(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }

    /// Why the file could not grow when it was last asked to.
    pub(super) fn refused(&self) -> Option<io::Error> {
        let code = self.refused.load(Ordering::Relaxed);
        (code != 0).then(|| io::Error::from_raw_os_error(code))
    }

    /// Whether the address is one of the file's.
    pub(super) fn has(&self, address: *const u8) -> bool {
        self.file.place(address).is_some()
    }

    /// A block of at least so many bytes, and whether it is zeros; absent when the disk has no room.
    pub(super) fn allocate(&self, bytes: usize) -> Option<(NonNull<u8>, bool)> {
        let length = granules(bytes)?;
        let mut extents = self.extents();
        let (start, content) = match extents.take(length) {
            Some(found) => found,
            None => {
                self.grow(&mut extents, length).ok()?;
                extents.take(length)?
            }
        };
        let held = extents.length(start);
        drop(extents);
        if content.hole && !self.fill(start, held) {
            self.extents().give(start, content);
            return None;
        }
        self.taken.fetch_add(held as usize * GRANULE, Ordering::Relaxed);
        Some((self.file.address(start as usize * GRANULE), content.fresh))
    }

    pub(super) fn free(&self, address: NonNull<u8>) {
        let Some(start) = self.start(address) else { return };
        let mut extents = self.extents();
        let held = extents.length(start);
        extents.give(start, Content::USED);
        self.taken.fetch_sub(held as usize * GRANULE, Ordering::Relaxed);
    }

    /// Whether the block holds so many bytes where it is, after taking what is free behind it or leaving what is too much.
    pub(super) fn resize(&self, address: NonNull<u8>, bytes: usize) -> bool {
        let (Some(start), Some(length)) = (self.start(address), granules(bytes)) else { return false };
        let mut extents = self.extents();
        let had = extents.length(start);
        let done = extents.resize(start, length);
        let has = extents.length(start);
        if has > had {
            self.taken.fetch_add((has - had) as usize * GRANULE, Ordering::Relaxed);
        } else {
            self.taken.fetch_sub((had - has) as usize * GRANULE, Ordering::Relaxed);
        }
        done
    }

    /// Hands back the pages of the next so many bytes, round and round.
    pub(super) fn evict(&self, bytes: usize) {
        let mapped = self.mapped.load(Ordering::Relaxed);
        let hand = self.hand.load(Ordering::Relaxed);
        let from = if hand >= mapped { GRANULE } else { hand.max(GRANULE) };
        let end = (from + bytes).min(mapped);
        self.hand.store(end, Ordering::Relaxed);
        if end > from {
            self.file.evict(from, end - from);
        }
    }

    pub(super) fn mapped_bytes(&self) -> usize {
        self.mapped.load(Ordering::Relaxed)
    }

    /// Gives large free parts back to the disk when a quarter of what it gave is free.
    pub(super) fn trim(&self) {
        let disk = self.file_bytes();
        if disk.saturating_sub(self.taken_bytes()) < (disk / 4).max(SPARE) {
            return;
        }
        loop {
            let mut extents = self.extents();
            let Some(start) = extents.take_used((PUNCHED / GRANULE) as u32) else { return };
            let held = extents.length(start);
            drop(extents);
            let punched = self.file.punch(start as usize * GRANULE, held as usize * GRANULE);
            self.extents().give(start, if punched { Content::HOLE } else { Content::USED });
            if !punched {
                return;
            }
        }
    }

    fn grow(&self, extents: &mut Extents, length: u32) -> io::Result<()> {
        let mapped = self.mapped.load(Ordering::Relaxed);
        let room = (self.file.reserved() / GRANULE).min(MOST as usize) * GRANULE - mapped;
        // As much as `take` may round up to.
        let least = (length as usize + length as usize / 8 + 1) * GRANULE;
        let most = least.max((mapped / 8).clamp(GROWTH, MOST_GROWTH)).next_multiple_of(GRANULE);
        let mut result = Err(io::Error::from(io::ErrorKind::StorageFull));
        for bytes in [most, least] {
            if bytes <= room {
                result = self.file.map(mapped, bytes);
            }
            if result.is_ok() {
                extents.grow((bytes / GRANULE) as u32);
                self.mapped.store(mapped + bytes, Ordering::Relaxed);
                break;
            }
        }
        self.note(&result);
        result
    }

    /// Has the disk give space again where there are holes in a taken block.
    fn fill(&self, start: u32, held: u32) -> bool {
        let result = self.file.fill(start as usize * GRANULE, held as usize * GRANULE);
        self.note(&result);
        result.is_ok()
    }

    fn note(&self, result: &io::Result<()>) {
        let code = result.as_ref().err().map_or(0, |error| error.raw_os_error().unwrap_or(28));
        self.refused.store(code, Ordering::Relaxed);
    }

    fn start(&self, address: NonNull<u8>) -> Option<u32> {
        self.file.place(address.as_ptr()).map(|place| (place / GRANULE) as u32)
    }

    fn extents(&self) -> MutexGuard<'_, Extents> {
        self.extents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn granules(bytes: usize) -> Option<u32> {
    u32::try_from(bytes.div_ceil(GRANULE)).ok().filter(|length| *length < MOST / 2)
}
