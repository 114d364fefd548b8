//! Runs plans: operators, state, time, epochs, checkpoint and restore. Deterministic, and without I/O of its own:
//! rows come in by [`Input`], go out by [`EpochOutput`], and checkpoints go to the [`StateStore`] it is handed.
//!
//! - *epoch*: the unit in which the engine advances. At its end every table equals the batch result over the input so far.
//! - *statement*: a plan that is attached; its root is a sink, or a query whose changes are collected.
//! - *delivery*: how changes go through the graph inside an epoch: row by row as in Flink ([`Delivery::Record`]),
//!   or consolidated per key ([`Delivery::Batch`]). Operators do not know which.
//! - *managed table*: a table whose rows the engine keeps; [`Engine::snapshot`] reads it as of the last epoch.

mod checkpoint;
mod engine;
mod epoch;
mod expression;
mod graph;
mod limits;
mod operator;
mod options;
mod restored;
mod state;
mod table;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use checkpoint::{
    CheckpointMeta, EntryRef, EntrySink, MemoryStore, NodeTime, ScanTime, SplitTime, StateStore, StatementMeta,
    TableMeta,
};
pub use engine::{Engine, query};
pub use epoch::{
    EpochOutput, Failure, Input, NodeStatistics, StatementChanges, StatementId, Statistics, TableChanges,
    TableStatistics,
};
pub use options::{Delivery, Mode, Options};
pub use table::{ManagedMode, Snapshot, TableDef, TableKind};
