//! What happens to a bound plan before it can run: rewrites, changelog inference, hashes.

use crate::node::{ChangelogMode, Node};
use crate::{changelog, hash, rewrite};
use data::{Diagnostic, Span};
use sql::ast::ConflictAction;

/// What consumes the plan.
#[derive(Clone, Debug)]
pub(crate) enum Root {
    /// Somebody who reads the changes and needs no -U.
    Query,
    /// The node is a sink.
    Sink(SinkTraits),
}

/// What matters of the table that a statement writes into.
#[derive(Clone, Debug)]
pub(crate) struct SinkTraits {
    /// For messages.
    pub(crate) table: String,
    /// The kinds it takes; absent: whatever the plan gives.
    pub(crate) accepts: Option<ChangelogMode>,
    /// Positions among the sink's columns.
    pub(crate) primary_key: Vec<usize>,
    pub(crate) on_conflict: Option<ConflictAction>,
    /// `table.exec.sink.require-on-conflict`
    pub(crate) require_on_conflict: bool,
    pub(crate) materialize: Materialize,
    /// `table.optimizer.non-deterministic-update.strategy` is `TRY_RESOLVE`
    pub(crate) steady_updates: bool,
    /// Of the table's name in the statement.
    pub(crate) span: Span,
}

/// `table.exec.sink.upsert-materialize`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Materialize {
    Auto,
    Force,
    None,
}

/// Finishes a plan. In batch every node gives each row of its result once.
pub(crate) fn finish(node: Node, root: &Root, batch: bool) -> Result<Node, Vec<Diagnostic>> {
    let node = rewrite::rewrite(node, batch)?;
    let mut node = if batch { insert_only(node) } else { changelog::infer(node, root)? };
    hash::assign(&mut node);
    Ok(node)
}

fn insert_only(mut node: Node) -> Node {
    node.inputs = node.inputs.into_iter().map(insert_only).collect();
    node.changelog = ChangelogMode::INSERT_ONLY;
    node
}
