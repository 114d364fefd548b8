//! What goes into an epoch and what comes out of it.

use data::{ChangeBatch, Diagnostic};

/// Names an attached statement for as long as the engine lives; in the order of attaching.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatementId(pub u32);

/// Something that happened outside. Inputs of an epoch take effect in the order given.
#[derive(Clone, Debug)]
pub enum Input {
    /// Rows of one split in its order: the table's columns in declared order ([`crate::TableDef::schema`]).
    Rows { table: String, split: u32, batch: ChangeBatch },
    /// An explicit watermark, in milliseconds; at or below the last one it does nothing.
    Watermark { table: String, millis: i64 },
    /// The split may have rows; until it does, or is idle, it holds the watermark back. Rows start their split, too.
    SplitStart { table: String, split: u32 },
    /// The split has no more rows and holds nothing back.
    SplitEnd { table: String, split: u32 },
    /// The split holds nothing back until its next row.
    Idle { table: String, split: u32 },
    /// No more rows in any split: the final watermark.
    End { table: String },
}

impl Input {
    pub fn table(&self) -> &str {
        match self {
            Self::Rows { table, .. }
            | Self::Watermark { table, .. }
            | Self::SplitStart { table, .. }
            | Self::SplitEnd { table, .. }
            | Self::Idle { table, .. }
            | Self::End { table } => table,
        }
    }
}

/// Changes that reached the root of a statement in one epoch, in order.
#[derive(Clone, Debug)]
pub struct StatementChanges {
    pub statement: StatementId,
    pub batch: ChangeBatch,
}

/// What one epoch changed in a managed table that is watched, in order: -U and +U come in pairs.
#[derive(Clone, Debug)]
pub struct TableChanges {
    pub table: String,
    pub batch: ChangeBatch,
}

/// A statement that could not go on. It is detached; the others run on.
#[derive(Clone, Debug)]
pub struct Failure {
    pub statement: StatementId,
    pub diagnostic: Diagnostic,
}

#[derive(Clone, Debug, Default)]
pub struct EpochOutput {
    /// Counted from 1.
    pub epoch: u64,
    /// Processing time of the epoch, milliseconds since 1970-01-01T00:00:00Z.
    pub clock_millis: i64,
    /// At most one entry per statement and engine epoch.
    pub changes: Vec<StatementChanges>,
    /// Of tables that are watched ([`crate::Engine::watch`]).
    pub tables: Vec<TableChanges>,
    pub failures: Vec<Failure>,
}

/// One running operator (all its shards together).
#[derive(Clone, Debug, PartialEq)]
pub struct NodeStatistics {
    /// The plan operator's name, or `Table`.
    pub operator: String,
    pub state_id: u128,
    pub rows_in: u64,
    pub rows_out: u64,
    /// Rows dropped because they came after the watermark had closed what they belong to.
    pub rows_late: u64,
    pub state_bytes: usize,
    /// Milliseconds; `i64::MIN` before the first watermark, `i64::MAX` after the last row.
    pub watermark: i64,
    pub statements: Vec<StatementId>,
}

/// A managed table in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableStatistics {
    pub table: String,
    /// As of the last epoch.
    pub rows: u64,
    /// Rows and changes that came to it since the engine was made.
    pub rows_in: u64,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Statistics {
    pub epoch: u64,
    pub clock_millis: i64,
    pub nodes: Vec<NodeStatistics>,
}

impl Statistics {
    pub fn state_bytes(&self) -> usize {
        self.nodes.iter().map(|node| node.state_bytes).sum()
    }

    pub fn rows_late(&self) -> u64 {
        self.nodes.iter().map(|node| node.rows_late).sum()
    }
}
