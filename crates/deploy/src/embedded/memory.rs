//! A run within a limit of memory.
//!
//! - *keeper* ([`MemoryKeeper`]): who sees to it that the process stays within its limit: the owner of its allocator.

use super::{BACKLOG_ROWS, RunOptions};
use data::Diagnostic;
use serve::Memory;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// With a limit an epoch of a backlog takes a row per so many bytes of it: rows of an epoch are a small part of all then.
const LIMIT_PER_EPOCH_ROW: usize = 1 << 10;
/// Epochs do not become smaller than this for want of memory: what each costs by itself would be most of the time.
const LEAST_EPOCH_ROWS: usize = 8192;

pub trait MemoryKeeper: Send + Sync {
    fn limit_bytes(&self) -> usize;
    /// What is used now.
    fn memory(&self) -> Memory;
    /// Set when what is in use for good is more than the limit.
    fn is_exhausted(&self) -> Arc<AtomicBool>;
    /// What to say then.
    fn complaint(&self) -> Diagnostic;
}

impl RunOptions {
    /// An error when the process cannot stay within its limit.
    pub(super) fn within_memory(&self) -> Result<(), Diagnostic> {
        match &self.keeper {
            Some(keeper) if keeper.is_exhausted().load(Ordering::Relaxed) => Err(keeper.complaint()),
            _ => Ok(()),
        }
    }

    /// Rows of an epoch at most, while a backlog is worked off.
    pub(super) fn backlog_rows(&self) -> usize {
        let limit = self.keeper.as_ref().map_or(usize::MAX, |keeper| keeper.limit_bytes());
        (limit / LIMIT_PER_EPOCH_ROW).clamp(LEAST_EPOCH_ROWS, BACKLOG_ROWS)
    }
}
