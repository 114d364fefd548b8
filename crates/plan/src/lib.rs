//! From syntax to plans: names are resolved, types checked as Flink's planner would, expressions and relations
//! rewritten, change kinds and upsert keys inferred. A [`Node`] is plain data: it can be stored, compared and
//! explained.
//!
//! The way: [`Session::execute`] → `bind` (syntax to nodes) → `finish`: `rewrite` (rules), `changelog` (what changes
//! flow), `hash`.

mod bind;
mod build;
mod changelog;
pub mod config;
pub mod connector;
mod ddl;
mod error;
pub mod explain;
mod finish;
mod hash;
mod insert;
pub mod inspect;
pub mod node;
mod rewrite;
mod runnable;
mod session;
mod types;
mod visit;

pub use changelog::determinism::is_steady;
pub use config::{Config, Effect};
pub use connector::{TableCapabilities, TableProvider, Writers};
pub use error::nearest;
pub use insert::Insertion;
pub use node::{
    AggregateCall, Bound, ChangelogMode, Column, Conflict, Frame, JoinKind, Node, Op, RankFunction, ScanTable, SortKey,
    TimeAttribute, Window, WindowKind, WindowProperty,
};
pub use session::{Answer, Planned, Session, SessionState};
