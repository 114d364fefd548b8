//! What a run tells about itself while it goes and when it ends.

use super::usage::Usage;
use data::Diagnostic;
use engine::Engine;
use std::collections::BTreeMap;

/// Told after epochs; the runner never waits for it longer than the call takes.
pub trait Observer {
    /// Everything is open and the first epoch is about to run. `restored` is the epoch of the checkpoint, if any.
    fn ready(&mut self, _restored: Option<u64>) {}

    /// After an epoch, at most about ten times a second.
    fn progress(&mut self, _status: &Status) {}

    /// Once, when everything that sources had has been read.
    fn caught_up(&mut self, _engine: &mut Engine) -> Result<(), Diagnostic> {
        Ok(())
    }

    /// Something a person should know, in one sentence.
    fn note(&mut self, _text: &str) {}
}

/// Where a run stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Status {
    pub epoch: u64,
    pub clock_millis: i64,
    pub rows_in: u64,
    pub rows_out: u64,
    pub rows_rejected: u64,
    pub rows_late: u64,
    pub state_bytes: u64,
    /// By the name of the operator; `Table` for managed tables.
    pub state_by_operator: BTreeMap<String, u64>,
    /// The least watermark of all scans that have one, milliseconds.
    pub watermark_millis: Option<i64>,
    /// Rows or bytes that sources know they have not read.
    pub lag: Option<u64>,
    pub sources_running: usize,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct TableSummary {
    pub rows: u64,
}

/// What a run has done.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// Managed tables by name, and what was written to outer ones.
    pub tables: BTreeMap<String, TableSummary>,
    pub rows_in: u64,
    pub rows_rejected: u64,
    pub rows_late: u64,
    pub epochs: u64,
    pub seconds: f64,
    pub usage: Usage,
    /// State on disk at the end, where a limit of memory sends it there.
    pub spilled_bytes: Option<u64>,
}
