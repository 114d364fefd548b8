//! In which direction updates change columns. A Top-N in that direction needs no old rows: what is in it stays in it until
//! something better comes. The rules are Flink's.

use crate::build::conjuncts;
use crate::node::{AggregateCall, JoinKind, Node, Op, SortKey, TimeAttribute};
use data::Value;
use functions::{Expr, ExprKind};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    /// An update leaves the column as it is.
    Constant,
    Up,
    Down,
    /// Either way.
    Unknown,
}

use Direction::{Constant, Down, Unknown, Up};

/// Whether the rank's input can be taken by key, without old rows, and rows only ever move up in its order.
pub(crate) fn only_rises(input: &Node, partition: &[usize], order: &[SortKey]) -> bool {
    let has_key = input.upsert_keys.iter().any(|key| partition.iter().all(|column| key.contains(column)));
    let Some(directions) = directions(input).filter(|_| has_key && !order.is_empty()) else { return false };
    order.iter().all(|key| match directions[key.column] {
        Constant => true,
        Up => key.descending,
        Down => !key.descending,
        Unknown => false,
    })
}

/// Of each column; nothing for rows that may go away.
fn directions(node: &Node) -> Option<Vec<Direction>> {
    let width = node.columns.len();
    match &node.op {
        Op::Scan { table, .. } if table.changelog.is_insert_only() => Some(vec![Constant; width]),
        Op::Scan { .. } => Some(vec![Unknown; width]),
        Op::Calc { columns, condition } => calc(columns, condition.as_ref(), &directions(&node.inputs[0])?),
        Op::Aggregate { keys, calls } => aggregate(node, keys, calls),
        Op::Deduplicate { time_attribute: TimeAttribute::Processing, keep_last: false, .. } => {
            Some(vec![Constant; width])
        }
        Op::ChangelogNormalize { keys, .. } | Op::Deduplicate { keys, .. } => Some(constant_at(keys, width)),
        Op::Rank { partition, order, output_rank, .. } => {
            let input = directions(&node.inputs[0])?;
            rank(&input, partition, order, *output_rank)
        }
        Op::Join { .. } => join(node),
        Op::WindowJoin { .. } | Op::IntervalJoin { .. } | Op::Over { .. } => Some(vec![Constant; width]),
        Op::Union => {
            let inputs = node.inputs.iter().map(directions).collect::<Option<Vec<_>>>()?;
            let same = inputs.windows(2).all(|pair| pair[0] == pair[1]);
            Some(if same { inputs.into_iter().next()? } else { vec![Unknown; width] })
        }
        Op::DropUpdateBefore | Op::Expand { .. } | Op::Replicate | Op::Unnest { .. } => {
            let changes = is_updated(&directions(&node.inputs[0])?);
            Some(vec![if changes { Unknown } else { Constant }; width])
        }
        Op::Values { .. }
        | Op::WindowAggregate { .. }
        | Op::WindowRank { .. }
        | Op::WindowAssign { .. }
        | Op::Sort { .. }
        | Op::SortLimit { .. }
        | Op::Sink { .. } => None,
    }
}

fn constant_at(columns: &[usize], width: usize) -> Vec<Direction> {
    (0..width).map(|at| if columns.contains(&at) { Constant } else { Unknown }).collect()
}

fn is_updated(directions: &[Direction]) -> bool {
    directions.iter().any(|direction| *direction != Constant)
}

fn calc(columns: &[Expr], condition: Option<&Expr>, input: &[Direction]) -> Option<Vec<Direction>> {
    if !is_updated(input) {
        return Some(vec![Constant; columns.len()]);
    }
    if condition.is_some_and(|condition| can_drop(condition, input)) {
        return Some(vec![Unknown; columns.len()]);
    }
    Some(columns.iter().map(|expr| under_casts(expr).map_or(Unknown, |at| input[at])).collect())
}

fn under_casts(expr: &Expr) -> Option<usize> {
    match &expr.kind {
        ExprKind::Cast { input, .. } => under_casts(input),
        _ => expr.as_column(),
    }
}

/// Whether an update can make a row fail a condition that it met.
fn can_drop(condition: &Expr, input: &[Direction]) -> bool {
    let moves = |expr: &Expr| under_casts(expr).map(|at| input[at]).filter(|direction| *direction != Constant);
    match &condition.kind {
        ExprKind::And(parts) | ExprKind::Or(parts) => parts.iter().any(|part| can_drop(part, input)),
        ExprKind::Call { function, args } => {
            let moving = args.iter().find_map(moves);
            match function.as_str() {
                ">" | ">=" => moving.is_some_and(|direction| direction != Up),
                "<" | "<=" => moving.is_some_and(|direction| direction != Down),
                "=" | "<>" => moving.is_some(),
                "NOT" | "IS NOT TRUE" | "IS TRUE" | "IS NOT NULL" | "IS NULL" => {
                    args.first().is_some_and(|arg| can_drop(arg, input))
                }
                _ => false,
            }
        }
        _ => moves(condition).is_some(),
    }
}

fn aggregate(node: &Node, keys: &[usize], calls: &[AggregateCall]) -> Option<Vec<Direction>> {
    let below = &node.inputs[0];
    let input = directions(below)?;
    if keys.iter().any(|key| input[*key] != Constant) {
        return None;
    }
    let updated = is_updated(&input);
    let call = |call: &AggregateCall| {
        let own = of_call(call, below);
        let arg = call.args.first().and_then(Expr::as_column);
        match arg {
            Some(arg) if updated && call.function != "COUNT" && input[arg] != own => Unknown,
            _ => own,
        }
    };
    Some(keys.iter().map(|_| Constant).chain(calls.iter().map(call)).collect())
}

/// How the value of a call changes when rows are added.
fn of_call(call: &AggregateCall, input: &Node) -> Direction {
    match call.function.as_str() {
        "COUNT" | "MAX" => Up,
        "MIN" => Down,
        "SUM" => {
            let arg = call.args.first().and_then(Expr::as_column);
            match arg.and_then(|arg| sign(input, arg, call.filter)) {
                Some(Sign::NotNegative) => Up,
                Some(Sign::NotPositive) => Down,
                None => Unknown,
            }
        }
        _ => Unknown,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    NotNegative,
    NotPositive,
}

/// What is known of a column's sign, in the rows for which `filter` is true.
fn sign(node: &Node, column: usize, filter: Option<usize>) -> Option<Sign> {
    match &node.op {
        Op::Calc { columns, condition } => {
            let at = columns[column].as_column()?;
            let filter = filter.map(|filter| columns[filter].clone());
            let parts = condition.iter().cloned().chain(filter).flat_map(conjuncts);
            let known = parts.into_iter().find_map(|part| bound(&part, at));
            known.or_else(|| sign(&node.inputs[0], at, None))
        }
        Op::Aggregate { keys, calls } => match column.checked_sub(keys.len()) {
            None => sign(&node.inputs[0], keys[column], None),
            Some(call) if calls[call].function == "COUNT" => Some(Sign::NotNegative),
            Some(call) if matches!(calls[call].function.as_str(), "SUM" | "MIN" | "MAX") => {
                let arg = calls[call].args.first()?.as_column()?;
                sign(&node.inputs[0], arg, calls[call].filter)
            }
            Some(_) => None,
        },
        Op::Deduplicate { .. } | Op::DropUpdateBefore | Op::ChangelogNormalize { .. } => {
            sign(&node.inputs[0], column, None)
        }
        Op::Rank { .. } if column < node.inputs[0].columns.len() => sign(&node.inputs[0], column, None),
        _ => None,
    }
}

/// The sign that a comparison with a constant gives the column.
fn bound(part: &Expr, column: usize) -> Option<Sign> {
    let ExprKind::Call { function, args } = &part.kind else { return None };
    let [left, right] = args.as_slice() else { return None };
    let (value, function) = match (under_casts(left), under_casts(right)) {
        (Some(at), None) if at == column => (right.as_literal()?, function.as_str()),
        (None, Some(at)) if at == column => {
            let mirrored = match function.as_str() {
                ">" => "<",
                ">=" => "<=",
                "<" => ">",
                "<=" => ">=",
                other => other,
            };
            (left.as_literal()?, mirrored)
        }
        _ => return None,
    };
    let value = match value {
        Value::TinyInt(value) => i128::from(*value),
        Value::SmallInt(value) => i128::from(*value),
        Value::Int(value) => i128::from(*value),
        Value::BigInt(value) => i128::from(*value),
        Value::Decimal(value, ..) => *value,
        _ => return None,
    };
    match function {
        ">" | ">=" | "=" if value >= 0 => Some(Sign::NotNegative),
        "<" | "<=" | "=" if value <= 0 => Some(Sign::NotPositive),
        _ => None,
    }
}

fn rank(input: &[Direction], partition: &[usize], order: &[SortKey], output_rank: bool) -> Option<Vec<Direction>> {
    if partition.iter().any(|column| input[*column] != Constant) {
        return None;
    }
    let mut result = constant_at(partition, input.len());
    if output_rank {
        result.push(Constant);
    }
    if let Some(first) = order.first() {
        result[first.column] = match input[first.column] {
            Up | Constant if first.descending => Up,
            Down | Constant if !first.descending => Down,
            _ => Unknown,
        };
    }
    Some(result)
}

fn join(node: &Node) -> Option<Vec<Direction>> {
    let Op::Join { kind, left_keys, right_keys, condition, .. } = &node.op else { return None };
    let (left, right) = (directions(&node.inputs[0])?, directions(&node.inputs[1])?);
    let steady =
        left_keys.iter().all(|key| left[*key] == Constant) && right_keys.iter().all(|key| right[*key] == Constant);
    let updated = is_updated(&left) || is_updated(&right);
    if *kind == JoinKind::Anti || !steady || (updated && condition.is_some()) {
        return None;
    }
    Some(if *kind == JoinKind::Semi { left } else { [left, right].concat() })
}
