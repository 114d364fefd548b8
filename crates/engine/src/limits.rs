//! Limits of one engine: told to stop from outside, and the bytes that it may hold.
//!
//! The scheduler looks at them before every batch, loops that can multiply rows look at them themselves.

use data::{ChangeBatch, Diagnostic};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[derive(Clone, Debug, Default)]
pub(crate) struct Limits {
    pub(crate) cancel: Option<Arc<AtomicBool>>,
    /// Bytes of state and results.
    pub(crate) memory: Option<usize>,
}

impl Limits {
    /// An error when it is time to stop.
    pub(crate) fn check(&self) -> Result<(), Diagnostic> {
        match &self.cancel {
            Some(cancel) if cancel.load(Ordering::Relaxed) => Err(Diagnostic::run("HW3207", "stopped before the end")
                .detail("whoever asked for it waits no longer, or its time was up")
                .hint("ask for less: filter earlier, or join on equal keys")),
            _ => Ok(()),
        }
    }

    /// An error when so many bytes are too many.
    pub(crate) fn hold(&self, bytes: usize) -> Result<(), Diagnostic> {
        match self.memory {
            Some(limit) if bytes > limit => Err(Diagnostic::run("HW3206", "state has outgrown its memory limit")
                .detail(format!("{bytes} bytes are in use, the limit is {limit}"))
                .hint("raise the limit, or bound the state: a window, an interval join, or `table.exec.state.ttl`")),
            _ => Ok(()),
        }
    }
}

/// Bytes of a batch's own rows, of columns that may be parts of larger ones.
pub(crate) fn bytes(batch: &ChangeBatch) -> usize {
    batch.columns().iter().map(|column| column.to_data().get_slice_memory_size().unwrap_or(0)).sum()
}
