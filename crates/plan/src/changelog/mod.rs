//! Changelog inference: which row kinds each node emits, what its consumer needs of it, and what identifies its rows.
//!
//! Three passes over a finished plan, after Flink's own:
//!
//! - *kinds* ([`kinds`]), bottom-up: whether a node inserts, updates, deletes. Here a Top-1 over a time attribute
//!   becomes a
//!   deduplication, and an upsert source gets the node that completes its changes.
//! - *keys* ([`keys`]), bottom-up: the minimal upsert keys.
//! - *images* ([`images`]), top-down: whether updates must come with their old row (-U). A consumer that needs it asks
//!   for it;
//!   one that does not is tried first without.
//!
//! In the end ([`complete`]), what completes the changes of a table that keeps its rows anyway is made to keep none.

mod complete;
pub(crate) mod determinism;
pub(crate) mod images;
pub(crate) mod keys;
pub(crate) mod kinds;
pub(crate) mod monotonic;
pub(crate) mod sink;

use crate::finish::Root;
use crate::node::Node;
use data::Diagnostic;

/// Fills in changelog modes and upsert keys below and at `root`.
pub(crate) fn infer(node: Node, root: &Root) -> Result<Node, Vec<Diagnostic>> {
    let mut node = kinds::infer(node)?;
    keys::infer(&mut node);
    let mut node = match root {
        Root::Query => images::assign_any(node)?,
        Root::Sink(traits) => {
            let node = sink::infer(node, traits)?;
            if traits.steady_updates {
                determinism::check(&node, traits.span)?;
            }
            node
        }
    };
    complete::from_tables(&mut node);
    Ok(node)
}
