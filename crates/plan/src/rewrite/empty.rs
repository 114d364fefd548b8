//! What can have no rows has no plan: a filter that never holds empties what is built on it.

use crate::node::{AggregateCall, JoinKind, Node, Op};
use data::Value;

pub(super) fn apply(mut node: Node) -> Node {
    let left = node.inputs.first().is_some_and(is_empty);
    let right = node.inputs.get(1).is_some_and(is_empty);
    let empty = match &node.op {
        Op::Calc { .. }
        | Op::Rank { .. }
        | Op::Deduplicate { .. }
        | Op::Sort { .. }
        | Op::SortLimit { .. }
        | Op::Expand { .. }
        | Op::Replicate
        | Op::Unnest { .. }
        | Op::WindowAssign { .. } => left,
        Op::Aggregate { keys, .. } => left && !keys.is_empty(),
        Op::Join { kind, .. } | Op::IntervalJoin { kind, .. } => match kind {
            JoinKind::Inner | JoinKind::Semi => left || right || never_meets(&node.op),
            JoinKind::Left | JoinKind::Anti => left,
            JoinKind::Right => right,
            JoinKind::Full => left && right,
        },
        Op::Union => node.inputs.iter().all(is_empty),
        _ => false,
    };
    if empty {
        return Node { op: Op::Values { rows: Vec::new() }, inputs: Vec::new(), ..node };
    }
    if let Op::Aggregate { keys, calls } = &node.op
        && left
        && keys.is_empty()
        && let Some(row) = calls.iter().map(of_nothing).collect()
    {
        return Node { op: Op::Values { rows: vec![row] }, inputs: Vec::new(), ..node };
    }
    match &node.op {
        Op::Join { kind: JoinKind::Anti, .. } if right => node.inputs.swap_remove(0),
        Op::Union if node.inputs.iter().any(is_empty) => {
            node.inputs.retain(|input| !is_empty(input));
            node
        }
        _ => node,
    }
}

/// What an aggregate of no rows is, where Flink's optimiser knows it: a stream that can have no rows then gives this one
/// row, while one that merely has none gives nothing.
fn of_nothing(call: &AggregateCall) -> Option<Value> {
    match call.function.as_str() {
        "COUNT" => Some(Value::BigInt(0)),
        "SUM" | "MIN" | "MAX" | "AVG" => Some(Value::Null),
        _ => None,
    }
}

/// A join whose condition never holds.
fn never_meets(op: &Op) -> bool {
    let (Op::Join { condition, .. } | Op::IntervalJoin { condition, .. }) = op else { return false };
    let value = condition.as_ref().and_then(functions::Expr::as_literal);
    matches!(value, Some(data::Value::Boolean(false)))
}

fn is_empty(node: &Node) -> bool {
    matches!(&node.op, Op::Values { rows } if rows.is_empty())
}
