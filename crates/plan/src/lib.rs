//! From syntax to plans: names are resolved, types checked as Flink's planner would, expressions and relations
//! rewritten, change kinds and upsert keys inferred. A [`Node`] is plain data: it can be stored, compared and explained.

mod build;
mod changelog;
pub mod explain;
mod finish;
mod hash;
pub mod node;
mod rewrite;

pub use node::{
    AggregateCall, Bound, ChangelogMode, Column, JoinKind, Node, Op, ScanTable, SortKey, TimeAttribute, Window,
    WindowKind, WindowProperty,
};
