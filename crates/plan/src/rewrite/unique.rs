//! Which columns no two rows share, as far as the shape of a plan says: primary keys, grouping, deduplication.

use crate::node::{Node, Op};

/// Whether no two rows of the node have the same values in these columns.
pub(super) fn is_unique(node: &Node, columns: &[usize]) -> bool {
    match &node.op {
        Op::Scan { table, .. } => !table.primary_key.is_empty() && covered(&table.primary_key, columns),
        Op::ChangelogNormalize { keys, .. } | Op::Deduplicate { keys, .. } => covered(keys, columns),
        Op::Aggregate { keys, .. } => columns.len() >= keys.len() && (0..keys.len()).all(|at| columns.contains(&at)),
        Op::Rank { partition, from: 1, to: 1, .. } => covered(partition, columns),
        Op::Calc { columns: outputs, .. } => {
            let below: Vec<usize> = columns.iter().filter_map(|at| outputs[*at].as_column()).collect();
            is_unique(&node.inputs[0], &below)
        }
        Op::DropUpdateBefore | Op::Sort { .. } | Op::SortLimit { .. } => is_unique(&node.inputs[0], columns),
        _ => false,
    }
}

fn covered(key: &[usize], columns: &[usize]) -> bool {
    key.iter().all(|column| columns.contains(column))
}
