//! The allocator of the program: mimalloc for what is small, the system's for what is large, or a file once there is a limit.
//!
//! What is large grows without being copied in the system's allocator, which moves pages; and blocks of many different large
//! sizes leave fewer holes there.

use super::keeper::{Keeper, Limited};
use super::spill::Spill;
use mimalloc::MiMalloc;
use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr::NonNull;
use std::sync::OnceLock;

/// Allocations of so many bytes go to the file: vectors, hash tables, chunks of row bytes. Smaller ones are too many, and too
/// often touched, to be pages of their own.
const LARGE: usize = 64 << 10;

/// What a block of the file is aligned to at least: the file's addresses begin at a page.
const ALIGNED: usize = 4096;

static LIMITED: OnceLock<Limited> = OnceLock::new();

/// Sends what is large to a file from now on. A process has one limit: the first.
pub(super) fn spill_to(keeper: Keeper, spill: Spill) -> &'static Limited {
    LIMITED.get_or_init(|| Limited { keeper, spill })
}

/// Tells apart by size what is mimalloc's, and the rest by address.
pub(super) struct Allocator;

// SAFETY: each call goes to the allocator that the block came from, with what was given; they never share addresses.
#[expect(unsafe_code, reason = "this is what an allocator is")]
unsafe impl GlobalAlloc for Allocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises.
        unsafe {
            match layout.size() >= LARGE {
                true => allocate_large(layout).map_or_else(|| System.alloc(layout), |(found, _)| found.as_ptr()),
                false => MiMalloc.alloc(layout),
            }
        }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if layout.size() < LARGE {
            // SAFETY: as the caller promises.
            return unsafe { MiMalloc.alloc_zeroed(layout) };
        }
        let Some((found, zeroed)) = allocate_large(layout) else {
            // SAFETY: as the caller promises.
            return unsafe { System.alloc_zeroed(layout) };
        };
        if !zeroed {
            // SAFETY: the block has at least these bytes and is nobody else's.
            unsafe { found.write_bytes(0, layout.size()) };
        }
        found.as_ptr()
    }

    #[inline]
    unsafe fn dealloc(&self, address: *mut u8, layout: Layout) {
        if layout.size() < LARGE {
            // SAFETY: as the caller promises.
            return unsafe { MiMalloc.dealloc(address, layout) };
        }
        match owner(address) {
            Some(spill) => free_large(spill, address),
            // SAFETY: as the caller promises.
            None => unsafe { System.dealloc(address, layout) },
        }
    }

    #[inline]
    unsafe fn realloc(&self, address: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as the caller promises.
        unsafe {
            match (layout.size() >= LARGE, size >= LARGE) {
                (false, false) => MiMalloc.realloc(address, layout, size),
                (true, true) => reallocate_large(address, layout, size),
                _ => reallocate_elsewhere(address, layout, size),
            }
        }
    }
}

/// A block of the file and whether it is zeros, when there is a limit and the disk has room.
#[cold]
fn allocate_large(layout: Layout) -> Option<(NonNull<u8>, bool)> {
    let Limited { keeper, spill } = LIMITED.get().filter(|_| layout.align() <= ALIGNED)?;
    keeper.make_room(layout.size(), spill);
    spill.allocate(layout.size())
}

/// The file, when the block is in it.
#[cold]
fn owner(address: *mut u8) -> Option<&'static Spill> {
    LIMITED.get().map(|limited| &limited.spill).filter(|spill| spill.has(address))
}

fn free_large(spill: &Spill, address: *mut u8) {
    if let Some(address) = NonNull::new(address) {
        spill.free(address);
    }
}

/// A block that was large and stays so: where it is if there is room, or where large ones are now.
///
/// # Safety
/// As of [`GlobalAlloc::realloc`].
#[expect(unsafe_code, reason = "this is what an allocator is")]
unsafe fn reallocate_large(address: *mut u8, layout: Layout, size: usize) -> *mut u8 {
    let Some(Limited { keeper, spill }) = LIMITED.get() else {
        // SAFETY: as the caller promises; without a limit all large blocks are the system's.
        return unsafe { System.realloc(address, layout, size) };
    };
    if let Some(address) = NonNull::new(address).filter(|address| spill.has(address.as_ptr()))
        && spill.resize(address, size)
    {
        keeper.make_room(size.saturating_sub(layout.size()), spill);
        return address.as_ptr();
    }
    // SAFETY: as the caller promises.
    unsafe { reallocate_elsewhere(address, layout, size) }
}

/// # Safety
/// As of [`GlobalAlloc::realloc`].
#[cold]
#[expect(unsafe_code, reason = "this is what an allocator is")]
unsafe fn reallocate_elsewhere(address: *mut u8, layout: Layout, size: usize) -> *mut u8 {
    // SAFETY: the caller promises that the size is not 0 and goes with the alignment; the blocks are different ones, and the old
    // one goes back to where it came from.
    unsafe {
        let layout_new = Layout::from_size_align_unchecked(size, layout.align());
        let moved = Allocator.alloc(layout_new);
        if !moved.is_null() {
            moved.copy_from_nonoverlapping(address, layout.size().min(size));
            Allocator.dealloc(address, layout);
        }
        moved
    }
}
