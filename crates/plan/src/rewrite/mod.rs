//! Rewrites: plans that mean the same and cost less. One file per rule, one line in [`RULES`].

mod fold;
mod merge;
mod prune;
mod push;
mod rank;

use crate::node::Node;

/// A rule looks at one node whose inputs it may take apart, and gives the node in its place.
type Rule = fn(Node) -> Node;

/// Applied to every node from the leaves up, in this order, until nothing changes.
const RULES: [(&str, Rule); 4] = [
    ("fold constants", fold::apply),
    ("push filters down", push::apply),
    ("merge projections", merge::apply),
    ("keep the first rows of a partition", rank::apply),
];

/// Rewrites feed each other; this many rounds are enough for any plan a person writes.
const ROUNDS_MAX: usize = 16;

pub(crate) fn rewrite(node: Node) -> Node {
    let node = prune::prune(to_fixpoint(node));
    to_fixpoint(node)
}

fn to_fixpoint(mut node: Node) -> Node {
    for _ in 0..ROUNDS_MAX {
        let before = node.clone();
        node = bottom_up(node);
        if node == before {
            break;
        }
    }
    node
}

fn bottom_up(mut node: Node) -> Node {
    node.inputs = node.inputs.into_iter().map(bottom_up).collect();
    RULES.iter().fold(node, |node, (_, rule)| rule(node))
}
