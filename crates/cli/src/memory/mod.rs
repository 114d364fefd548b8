//! The memory of the program: its allocator, how long that keeps what is free, and what a limit does.
//!
//! An epoch makes and drops columns of many megabytes. Given back to the system at once (after 10 ms, as is the default),
//! their pages must be cleared anew for the next epoch: a third of a run's time.
//!
//! - *limit*: resident bytes of the process, as `--memory` says. On Linux what is large goes to a file of the process then
//!   ([`spill`]) and a thread hands its pages back in time ([`keeper`]); elsewhere state past the limit ends the run.

#[cfg(target_os = "linux")]
mod allocator;
#[cfg(target_os = "linux")]
mod extents;
#[cfg(target_os = "linux")]
mod file;
#[cfg(target_os = "linux")]
mod keeper;
#[cfg(target_os = "linux")]
mod spill;
#[cfg(all(test, target_os = "linux"))]
mod tests;

#[cfg(target_os = "linux")]
pub(crate) use keeper::limit;

#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: allocator::Allocator = allocator::Allocator;
#[cfg(not(target_os = "linux"))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Number of `mi_option_purge_delay` in mimalloc's list of options.
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;
const PURGE_DELAY_MILLIS: core::ffi::c_long = 1000;

/// Keeps free memory for a second before the system gets it back.
pub(crate) fn keep_a_while() {
    keep_for(PURGE_DELAY_MILLIS);
}

#[expect(unsafe_code, reason = "the allocator's options have no other interface")]
fn keep_for(millis: core::ffi::c_long) {
    // SAFETY: sets a number that the allocator reads; it may be called at any time, from any thread.
    unsafe { libmimalloc_sys::mi_option_set(PURGE_DELAY, millis) }
}

/// Here the engine alone watches over its state.
#[cfg(not(target_os = "linux"))]
pub(crate) fn limit(
    _bytes: usize,
    _folder: &std::path::Path,
) -> Result<Option<std::sync::Arc<dyn deploy::embedded::MemoryKeeper>>, data::Diagnostic> {
    Ok(None)
}
