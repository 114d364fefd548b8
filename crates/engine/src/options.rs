//! How an engine is set up.

use crate::limits::Limits;
use crate::state::Setup;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// How changes travel inside an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Row by row and depth first, never consolidated: Flink's changelog.
    Record,
    /// Whole batches; each key changes at most once per epoch and operator.
    Batch,
}

/// Whether input may go on for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Stream,
    /// All input comes in one epoch, which ends it; results are inserts. Delivery is always [`Delivery::Batch`].
    Batch,
}

#[derive(Clone, Debug)]
pub struct Options {
    pub delivery: Delivery,
    pub mode: Mode,
    /// Instances of each keyed operator, at least 1.
    pub parallelism: usize,
    /// `table.local-time-zone`.
    pub time_zone: chrono_tz::Tz,
    /// Seed of RAND and UUID.
    pub seed: u64,
    /// Bytes of state past which an epoch fails instead of the process; absent: no limit.
    pub memory_limit: Option<usize>,
    /// `table.exec.state.ttl` in milliseconds; absent: state stays.
    pub state_ttl_millis: Option<i64>,
    /// Set from outside, it ends an epoch under way with an error; for queries that somebody waits for.
    pub cancel: Option<Arc<AtomicBool>>,
    /// Whether checkpoints will be taken. Without them nothing is remembered about what changed.
    pub checkpoints: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            delivery: Delivery::Batch,
            mode: Mode::Stream,
            parallelism: 1,
            time_zone: chrono_tz::Tz::UTC,
            seed: 0,
            memory_limit: None,
            state_ttl_millis: None,
            cancel: None,
            checkpoints: true,
        }
    }
}

impl Options {
    pub(crate) fn setup(&self) -> Setup {
        let retention = self.state_ttl_millis.filter(|millis| *millis > 0 && self.mode == Mode::Stream);
        Setup { checkpoints: self.checkpoints, retention }
    }

    pub(crate) fn limits(&self) -> Limits {
        Limits { cancel: self.cancel.clone(), memory: self.memory_limit }
    }

    pub(crate) fn record_delivery(&self) -> bool {
        self.delivery == Delivery::Record && self.mode == Mode::Stream
    }
}
