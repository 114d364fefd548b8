//! The allocator of the program: mimalloc, and for what is large a file once there is a limit.

use super::keeper::{Keeper, Limited};
use super::spill::{GRANULE, Spill};
use mimalloc::MiMalloc;
use std::alloc::{GlobalAlloc, Layout};
use std::ptr::NonNull;
use std::sync::OnceLock;

/// Allocations of so many bytes go to the file: vectors, hash tables, chunks of row bytes. Smaller ones are too many, and too
/// often touched, to be pages of their own.
const LARGE: usize = 64 << 10;

static LIMITED: OnceLock<Limited> = OnceLock::new();

/// Sends what is large to a file from now on. A process has one limit: the first.
pub(super) fn spill_to(keeper: Keeper, spill: Spill) -> &'static Limited {
    LIMITED.get_or_init(|| Limited { keeper, spill })
}

/// Tells apart by size what is certainly mimalloc's, and by address the rest.
pub(super) struct Allocator;

// SAFETY: each call goes to the allocator that the block came from, with what was given; the two never share addresses.
#[expect(unsafe_code, reason = "this is what an allocator is")]
unsafe impl GlobalAlloc for Allocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.size() >= LARGE
            && let Some((found, _)) = allocate_large(layout)
        {
            return found.as_ptr();
        }
        // SAFETY: as the caller promises.
        unsafe { MiMalloc.alloc(layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if layout.size() >= LARGE
            && let Some((found, zeroed)) = allocate_large(layout)
        {
            if !zeroed {
                // SAFETY: the block has at least these bytes and is nobody else's.
                unsafe { found.write_bytes(0, layout.size()) };
            }
            return found.as_ptr();
        }
        // SAFETY: as the caller promises.
        unsafe { MiMalloc.alloc_zeroed(layout) }
    }

    #[inline]
    unsafe fn dealloc(&self, address: *mut u8, layout: Layout) {
        if layout.size() >= LARGE
            && let Some(spill) = owner(address)
        {
            return free_large(spill, address);
        }
        // SAFETY: as the caller promises.
        unsafe { MiMalloc.dealloc(address, layout) }
    }

    #[inline]
    unsafe fn realloc(&self, address: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if layout.size().max(size) >= LARGE
            && let Some(limited) = LIMITED.get()
        {
            // SAFETY: as the caller promises.
            return unsafe { reallocate_large(limited, address, layout, size) };
        }
        // SAFETY: as the caller promises.
        unsafe { MiMalloc.realloc(address, layout, size) }
    }
}

/// A block of the file and whether it is zeros, when there is a limit and the disk has room.
#[cold]
fn allocate_large(layout: Layout) -> Option<(NonNull<u8>, bool)> {
    let Limited { keeper, spill } = LIMITED.get().filter(|_| layout.align() <= GRANULE)?;
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

/// # Safety
/// As of [`GlobalAlloc::realloc`].
#[cold]
#[expect(unsafe_code, reason = "this is what an allocator is")]
unsafe fn reallocate_large(limited: &Limited, address: *mut u8, layout: Layout, size: usize) -> *mut u8 {
    let Limited { keeper, spill } = limited;
    let stays = size >= LARGE;
    match NonNull::new(address).filter(|address| spill.has(address.as_ptr())) {
        Some(address) if stays && spill.resize(address, size) => {
            keeper.make_room(size.saturating_sub(layout.size()), spill);
            return address.as_ptr();
        }
        // SAFETY: as the caller promises; the block is mimalloc's and is to stay so.
        None if !stays => return unsafe { MiMalloc.realloc(address, layout, size) },
        _ => {}
    }
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
