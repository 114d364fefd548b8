//! The ports through which rows enter and leave: what a connector implements and the runner drives.
//!
//! - *split*: a part of a source that has an order of its own (a file, a partition).
//! - *position*: how far a source has been read; whatever the connector needs to go on from there.
//! - *epoch*: the unit in which the engine advances and sinks commit, numbered from 1.

use crate::batch::ChangeBatch;
use crate::diagnostic::Diagnostic;

/// How far a source has been read, in the connector's own words (JSON). Stored with the checkpoint.
pub type Position = serde_json::Value;

/// A row that could not be decoded and was set aside.
#[derive(Clone, Debug, PartialEq)]
pub struct Rejected {
    /// The bytes as they came, cut to a readable length.
    pub raw: String,
    pub reason: String,
    /// Where it stood: a file, a topic and partition.
    pub origin: String,
    /// Line or offset within the origin, from 1.
    pub line: u64,
}

/// What a source has to say when asked.
#[derive(Debug)]
pub enum Polled {
    /// Rows of one split, in its order, and those that were set aside while reading them.
    Rows { split: u32, batch: ChangeBatch, rejected: Vec<Rejected> },
    /// Nothing at the moment (or in the split in focus).
    Idle,
    /// Nothing ever again: a bounded source is exhausted.
    End,
}

/// Rows from outside. Columns are those of the table that are not computed (physical and metadata), in declared order,
/// or of those the ones that were asked for.
pub trait Source: Send {
    /// At most about `max_rows` rows; never blocks longer than a few milliseconds. An error ends the stream.
    /// `now_millis` is processing time, handed in so that sources driven by time (a clock, a rate) need none of their own.
    fn poll(&mut self, max_rows: usize, now_millis: i64) -> Result<Polled, Diagnostic>;

    /// How far it has been read: reading on from here gives exactly the rows not yet polled.
    fn position(&self) -> Position;

    /// Goes to a position of an earlier run. Called before the first poll.
    fn seek(&mut self, position: &Position) -> Result<(), Diagnostic>;

    /// The splits that may still have rows, in their order. Grows when splits appear, shrinks when they end.
    fn splits(&self) -> Vec<u32> {
        vec![0]
    }

    /// From now on polls give rows of this split only, so that splits can be read merged by watermark; `None`: of any.
    fn focus(&mut self, _split: Option<u32>) {}

    /// Rows left out so far because the table's options say that what cannot be decoded is ignored.
    fn skipped(&self) -> u64 {
        0
    }

    /// Rows or bytes not read yet, where the source knows.
    fn lag(&self) -> Option<u64> {
        None
    }
}

/// A name that no other run has.
pub fn new_run() -> String {
    use std::hash::{BuildHasher, Hasher};
    // Its keys are random; what is hashed does not matter.
    format!("{:016x}", std::collections::hash_map::RandomState::new().build_hasher().finish())
}

/// Rows to outside. Between two commits everything belongs to one transaction, named by its run and its epoch.
pub trait Sink: Send {
    /// Takes rows of the running transaction. Nothing is visible to readers before the commit, where the sink can do so.
    fn write(&mut self, batch: &ChangeBatch) -> Result<(), Diagnostic>;

    /// Makes what was written durable but not yet visible; after this a commit cannot fail for reasons of the data.
    fn prepare(&mut self, epoch: u64) -> Result<(), Diagnostic>;

    /// Makes it visible. Repeating a commit of the same epoch changes nothing.
    fn commit(&mut self, epoch: u64) -> Result<(), Diagnostic>;

    /// Called once, before the first rows. `run` names who writes: a run, and all those that go on from its checkpoints.
    /// `epoch` is that of the checkpoint that is gone on from: what the run prepared up to it is committed, what it prepared
    /// later is removed. Absent at a new start: nothing that lies there is the run's own, and all of it stays as it is.
    fn begin(&mut self, run: &str, epoch: Option<u64>) -> Result<(), Diagnostic>;
}

/// Rows by key from outside, for lookup joins.
pub trait Lookup: Send {
    /// For each row of `keys` the matching rows: a batch and for each of its rows the index of the key row it answers.
    fn lookup(&mut self, keys: &ChangeBatch) -> Result<(ChangeBatch, Vec<u32>), Diagnostic>;
}
