//! Rewrites: plans that mean the same and cost less. One file per rule, one line in [`RULES`].

mod drop_aggregate;
mod empty;
mod fold;
mod interval_join;
mod key_aggregate;
pub(crate) mod merge;
mod prune;
mod push;
pub(crate) mod rank;
pub(crate) mod shared;
mod time;
mod unique;
pub(crate) mod window_aggregate;

use crate::node::Node;
use data::Diagnostic;

/// A rule looks at one node whose inputs it may take apart, and gives the node in its place.
type Rule = fn(Node) -> Node;

/// Applied to every node from the leaves up, in this order, until nothing changes.
const RULES: [(&str, Rule); 7] = [
    ("fold constants", fold::apply),
    ("leave out what has no rows", empty::apply),
    ("push filters down", push::apply),
    ("merge projections", merge::apply),
    ("keep the first rows of a partition", rank::apply),
    ("take a group's key for what is aggregated of it", key_aggregate::apply),
    ("leave out aggregations of single rows", drop_aggregate::apply),
];

/// Applied as well where rows come in the order of time and results are wanted before the end.
const STREAM_RULES: [(&str, Rule); 2] =
    [("bound joins by time", interval_join::apply), ("give windows when they are complete", window_aggregate::apply)];

/// Rewrites feed each other; this many rounds are enough for any plan a person writes.
const ROUNDS_MAX: usize = 16;

/// Rewrites a bound plan. Errors: operators that need a time attribute where none is left.
pub(crate) fn rewrite(node: Node, batch: bool) -> Result<Node, Vec<Diagnostic>> {
    let node = to_fixpoint(node, batch);
    let node = prune::prune(if batch { node } else { shared::complete(node) });
    let node = to_fixpoint(node, batch);
    if batch {
        return Ok(node);
    }
    let mut errors = Vec::new();
    let node = time::settle(node, &mut errors);
    if errors.is_empty() { Ok(node) } else { Err(errors) }
}

fn to_fixpoint(mut node: Node, batch: bool) -> Node {
    for _ in 0..ROUNDS_MAX {
        let before = node.clone();
        node = bottom_up(node, batch);
        if node == before {
            break;
        }
    }
    node
}

fn bottom_up(mut node: Node, batch: bool) -> Node {
    node.inputs = node.inputs.into_iter().map(|input| bottom_up(input, batch)).collect();
    let streaming: &[(&str, Rule)] = if batch { &[] } else { &STREAM_RULES };
    RULES.iter().chain(streaming).fold(node, |node, (_, rule)| rule(node))
}
