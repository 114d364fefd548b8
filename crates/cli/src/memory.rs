//! The allocator of the program, and how long it keeps memory that is free.
//!
//! An epoch makes and drops columns of many megabytes. Given back to the system at once (after 10 ms, as is the default),
//! their pages must be cleared anew for the next epoch: a third of a run's time.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Number of `mi_option_purge_delay` in mimalloc's list of options.
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;
const PURGE_DELAY_MILLIS: core::ffi::c_long = 1000;

/// Keeps free memory for a second before the system gets it back.
#[expect(unsafe_code, reason = "the allocator's options have no other interface")]
pub(crate) fn keep_a_while() {
    // SAFETY: sets a number that the allocator reads; it may be called at any time, from any thread.
    unsafe { libmimalloc_sys::mi_option_set(PURGE_DELAY, PURGE_DELAY_MILLIS) }
}
