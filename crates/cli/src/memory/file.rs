//! A file of this process as memory: reserved, grown, and its pages handed back.
//!
//! The file has no name: what ends the process, of whatever kind, takes it away. It lies behind one range of addresses, so that
//! an address is a place in the file. Handing pages back takes them out of the process and leaves them in the kernel's page
//! cache, from which it writes them out when it needs the room.

use rustix::fs::{FallocateFlags, fallocate};
use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap, mmap_anonymous};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::ptr::{NonNull, null_mut};

/// Where a process may have so many addresses.
const MOST_BYTES: usize = 1 << 38;
const LEAST_BYTES: usize = 1 << 30;

pub(super) struct MappedFile {
    file: std::fs::File,
    base: NonNull<u8>,
    reserved: usize,
}

// SAFETY: `base` is a range of addresses that nothing takes away; whoever hands out parts of it answers for who uses them.
#[expect(unsafe_code, reason = "a pointer is not shared by itself")]
unsafe impl Send for MappedFile {}
// SAFETY: as above; all that methods do to it are system calls.
#[expect(unsafe_code, reason = "a pointer is not shared by itself")]
unsafe impl Sync for MappedFile {}

impl MappedFile {
    /// A file in a folder, and addresses for what it may become.
    pub(super) fn create(folder: &Path) -> io::Result<Self> {
        let file = tempfile::tempfile_in(folder)?;
        let mut reserved = MOST_BYTES;
        loop {
            match reserve(reserved, ProtFlags::empty()) {
                Ok(base) => return Ok(Self { file, base, reserved }),
                Err(error) if reserved <= LEAST_BYTES => return Err(error),
                Err(_) => reserved /= 2,
            }
        }
    }

    pub(super) fn reserved(&self) -> usize {
        self.reserved
    }

    /// What it takes of the disk.
    pub(super) fn disk_bytes(&self) -> usize {
        self.file.metadata().map_or(0, |known| known.blocks() as usize * 512)
    }

    /// The place of an address in the file.
    pub(super) fn place(&self, address: *const u8) -> Option<usize> {
        let place = (address as usize).wrapping_sub(self.base.as_ptr() as usize);
        (place < self.reserved).then_some(place)
    }

    pub(super) fn address(&self, place: usize) -> NonNull<u8> {
        debug_assert!(place < self.reserved);
        // SAFETY: the place is inside of the reserved range.
        #[expect(unsafe_code, reason = "the range is no allocation of Rust's")]
        unsafe {
            self.base.add(place)
        }
    }

    /// Makes a part of the file usable as memory. The disk gives the space now, not when it is written to.
    pub(super) fn map(&self, place: usize, bytes: usize) -> io::Result<()> {
        self.fill(place, bytes)?;
        let (protection, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED | MapFlags::FIXED);
        // SAFETY: the part is inside of the reserved range, which is ours, and not used yet.
        #[expect(unsafe_code, reason = "maps the file")]
        let mapped =
            unsafe { mmap(self.address(place).as_ptr().cast(), bytes, protection, flags, &self.file, place as u64) };
        mapped?;
        // SAFETY: the part was mapped just now.
        #[expect(unsafe_code, reason = "read-ahead would fill the cache with what has never been written")]
        let _ = unsafe { madvise(self.address(place).as_ptr().cast(), bytes, Advice::Random) };
        Ok(())
    }

    /// Has the disk give the space of a part.
    pub(super) fn fill(&self, place: usize, bytes: usize) -> io::Result<()> {
        loop {
            match fallocate(&self.file, FallocateFlags::empty(), place as u64, bytes as u64) {
                Err(rustix::io::Errno::INTR) => {}
                done => return done.map_err(io::Error::from),
            }
        }
    }

    /// Gives the space of a part that nobody uses back to the disk: it reads as zeros.
    pub(super) fn punch(&self, place: usize, bytes: usize) -> bool {
        let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        fallocate(&self.file, flags, place as u64, bytes as u64).is_ok()
    }

    /// Takes the pages of a part out of the process; they come back when they are touched.
    pub(super) fn evict(&self, place: usize, bytes: usize) {
        // SAFETY: of a shared mapping of a file this drops where pages are, not what they hold.
        #[expect(unsafe_code, reason = "hands pages back")]
        let _ = unsafe { madvise(self.address(place).as_ptr().cast(), bytes, Advice::LinuxDontNeed) };
    }
}

/// Zeroed memory for good, that is taken from the system page by page as it is written.
pub(super) fn zeroed<T: Default + Copy>(count: usize) -> io::Result<&'static mut [T]> {
    let base = reserve(count * size_of::<T>(), ProtFlags::READ | ProtFlags::WRITE)?;
    // SAFETY: the memory is new, nobody else's, zeroed, aligned to pages, and never given back. Callers' types are numbers.
    #[expect(unsafe_code, reason = "memory that does not come from the allocator")]
    Ok(unsafe { std::slice::from_raw_parts_mut(base.as_ptr().cast(), count) })
}

fn reserve(bytes: usize, protection: ProtFlags) -> io::Result<NonNull<u8>> {
    let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
    // SAFETY: new memory wherever the system likes.
    #[expect(unsafe_code, reason = "memory that does not come from the allocator")]
    let base = unsafe { mmap_anonymous(null_mut(), bytes, protection, flags) }.map_err(io::Error::from)?;
    NonNull::new(base.cast()).ok_or_else(|| io::Error::from(io::ErrorKind::OutOfMemory))
}
