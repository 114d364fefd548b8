//! Tables that one statement reads more than once: their changes are completed by key once for all readers, with every
//! column, so that each reader is told of each change.

use crate::node::{Node, Op};
use data::RowKind;
use std::collections::HashSet;

/// Names of the tables that are read more than once.
pub(crate) fn tables(node: &Node) -> HashSet<String> {
    let (mut seen, mut shared) = (HashSet::new(), HashSet::new());
    node.walk(&mut |node| {
        if let Op::Scan { table, .. } = &node.op
            && !seen.insert(table.name.clone())
        {
            shared.insert(table.name.clone());
        }
    });
    shared
}

/// Completes upsert sources that are read more than once, before columns are pruned.
pub(super) fn complete(node: Node) -> Node {
    let shared = tables(&node);
    if shared.is_empty() { node } else { complete_below(node, &shared) }
}

fn complete_below(mut node: Node, shared: &HashSet<String>) -> Node {
    if matches!(node.op, Op::ChangelogNormalize { .. }) {
        return node;
    }
    node.inputs = node.inputs.into_iter().map(|input| complete_below(input, shared)).collect();
    let Op::Scan { table, .. } = &node.op else { return node };
    let upsert = table.changelog.contains(RowKind::UpdateAfter) && !table.changelog.contains(RowKind::UpdateBefore);
    if !upsert || table.primary_key.is_empty() || !shared.contains(&table.name) {
        return node;
    }
    let keys = table.primary_key.clone();
    let columns = node.columns.clone();
    Node::new(Op::ChangelogNormalize { keys, condition: None, complete: false }, vec![node], columns)
}
