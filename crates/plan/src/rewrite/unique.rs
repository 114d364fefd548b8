//! Which columns no two rows share, as far as the shape of a plan says: primary keys, grouping, deduplication.

use crate::node::{JoinKind, Node, Op, RankFunction};

/// Whether no two rows of the node have the same values in these columns.
pub(super) fn is_unique(node: &Node, columns: &[usize]) -> bool {
    match &node.op {
        // Flink does not look below the assignment of watermarks.
        Op::Scan { table, watermark: None, .. } => {
            !table.primary_key.is_empty() && covered(&table.primary_key, columns)
        }
        Op::ChangelogNormalize { keys, .. } | Op::Deduplicate { keys, .. } => covered(keys, columns),
        Op::Aggregate { keys, .. } => columns.len() >= keys.len() && (0..keys.len()).all(|at| columns.contains(&at)),
        Op::Rank { function: RankFunction::RowNumber, partition, from: 1, to: 1, .. } => covered(partition, columns),
        Op::Calc { columns: outputs, .. } => {
            let below: Vec<usize> = columns.iter().filter_map(|at| outputs[*at].as_column()).collect();
            is_unique(&node.inputs[0], &below)
        }
        Op::Join { .. } => is_unique_join(node, columns),
        Op::DropUpdateBefore | Op::Sort { .. } | Op::SortLimit { .. } => is_unique(&node.inputs[0], columns),
        _ => false,
    }
}

/// A side whose columns tell its rows apart, while each of them meets one row of the other side at most.
fn is_unique_join(node: &Node, columns: &[usize]) -> bool {
    let Op::Join { kind, left_keys, right_keys, .. } = &node.op else { return false };
    let (left, right) = (&node.inputs[0], &node.inputs[1]);
    if matches!(kind, JoinKind::Semi | JoinKind::Anti) {
        // A set operation that makes a column nullable casts it, which Flink does not look through.
        let same = |at: &usize| node.columns[*at].data_type.nullable == left.columns[*at].data_type.nullable;
        return columns.iter().all(same) && is_unique(left, columns);
    }
    let width = left.width();
    let of_left: Vec<usize> = columns.iter().copied().filter(|at| *at < width).collect();
    let of_right: Vec<usize> = columns.iter().filter_map(|at| at.checked_sub(width)).collect();
    let by_left = matches!(kind, JoinKind::Inner | JoinKind::Left) && is_unique(right, right_keys);
    let by_right = matches!(kind, JoinKind::Inner | JoinKind::Right) && is_unique(left, left_keys);
    by_left && is_unique(left, &of_left) || by_right && is_unique(right, &of_right)
}

/// A key without columns (one row at most) is not taken for one, as in Flink.
fn covered(key: &[usize], columns: &[usize]) -> bool {
    !key.is_empty() && key.iter().all(|column| columns.contains(column))
}
