//! The embedded target: drives sources, the engine, sinks and checkpoints in this process.
//!
//! - *reader*: a thread that polls one source and hands over what it says, with the position behind it.
//! - *epoch*: what has come in since the last one, at most [`EPOCH_ROWS`] rows, at one instant of the clock.
//! - *checkpoint*: sinks prepare, state and positions are written, sinks commit; a restart goes on from the last one.
//! - *inbox*: rows appended from outside by `load`; durable there until a checkpoint has them.

mod changed;
mod dead_letter;
mod inbox;
mod lock;
mod memory;
mod progress;
mod reader;
mod run;
mod sinks;
mod usage;

pub use dead_letter::{check as check_dead_letter, standard_schema as dead_letter_schema};
pub use inbox::{Checked, Inbox, format_of};
pub use memory::MemoryKeeper;
pub use progress::{Observer, Status, Summary, TableSummary};
pub use run::{Finished, run};
pub use usage::Usage;

use connect::Output;
use serve::Door;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// Rows of one epoch under load. Large enough that per-batch costs vanish, small enough to stay in cache.
pub(crate) const EPOCH_ROWS: usize = 32_768;
/// Rows of an epoch at most, while a backlog is worked off: the larger the epoch, the fewer changes cancel each other out
/// later on. Small enough that a stop is obeyed within a second or so.
pub(crate) const BACKLOG_ROWS: usize = 1 << 17;
/// How long an idle engine waits for more rows before it runs an epoch with what there is.
pub(crate) const LINGER: Duration = Duration::from_millis(3);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunMode {
    /// Reads on as long as sources have rows, keeps state, checkpoints.
    Stream,
    /// Reads what is there, once, and ends.
    Batch,
}

/// How to run a project.
#[derive(Clone)]
pub struct RunOptions {
    pub mode: RunMode,
    /// Processing time at the start, milliseconds; the wall clock when absent. It advances with real time in a stream and
    /// stands still in a batch.
    pub clock_millis: Option<i64>,
    /// Checkpoints, the inbox and the lock live here.
    pub data_dir: PathBuf,
    pub parallelism: usize,
    /// Bytes of state past which a run ends with an error.
    pub memory_limit: Option<usize>,
    /// Where a limit is kept by sending what is not at hand to disk.
    pub keeper: Option<Arc<dyn MemoryKeeper>>,
    /// A stream ends when nothing came for so long.
    pub until_idle: Option<Duration>,
    /// Of each source.
    pub max_rows_per_second: Option<u64>,
    /// Absent: no checkpoints, and a later run starts anew.
    pub checkpoint_interval: Option<Duration>,
    /// Rows per epoch; when absent [`EPOCH_ROWS`], and up to [`BACKLOG_ROWS`] as far as memory allows while there is a backlog.
    pub epoch_rows: Option<usize>,
    /// Set from outside to end at the next epoch.
    pub stop: Arc<AtomicBool>,
    /// Where `print` tables print.
    pub output: Output,
    /// Readers, and rows from outside.
    pub door: Option<Arc<Door>>,
    /// A stream goes on when all sources have ended, unless [`RunOptions::until_idle`] ends it.
    pub stay: bool,
}
