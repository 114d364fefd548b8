//! Top-N: a filter on ROW_NUMBER, RANK or DENSE_RANK keeps the first rows of each partition.
//!
//! Only a filter that bounds the number by constants makes one; other OVER calls stay.

use crate::build::{and, columns_of, conjuncts, replace_columns};
use crate::node::{Column, Node, Op, RankFunction};
use data::Value;
use functions::{Expr, ExprKind};

pub(super) fn apply(mut node: Node) -> Node {
    let Op::Calc { columns, condition: Some(condition) } = &node.op else { return node };
    let Op::Over { partition, order, calls, .. } = &node.inputs[0].op else { return node };
    let [call] = calls.as_slice() else { return node };
    let Some(function) = RankFunction::named(&call.function) else { return node };
    let number = node.inputs[0].width() - 1;
    let (mut from, mut to) = (1i64, i64::MAX);
    let mut rest = Vec::new();
    for part in conjuncts(condition.clone()) {
        match bounds(&part, number) {
            Some((low, high)) => (from, to) = (from.max(low), to.min(high)),
            None => rest.push(part),
        }
    }
    if to == i64::MAX {
        return node;
    }
    if to < from {
        return Node { op: Op::Values { rows: Vec::new() }, inputs: Vec::new(), ..node };
    }
    let used = columns.iter().chain(&rest).any(|expr| columns_of(expr).contains(&number));
    // The number of a single place is known.
    let output_rank = used && (from != to || function != RankFunction::RowNumber);
    let (mut columns, mut rest) = (columns.clone(), rest);
    if used && !output_rank {
        let known = |at: usize, data_type: &data::DataType| match at == number {
            true => Expr::literal(Value::BigInt(from), data_type.clone()),
            false => Expr::column(at, data_type.clone()),
        };
        columns.iter_mut().chain(&mut rest).for_each(|expr| replace_columns(expr, &known));
    }
    let op = Op::Rank {
        function,
        partition: sorted(partition.clone()),
        order: order.clone(),
        from: from as u64,
        to: to as u64,
        output_rank,
    };
    let Some(over) = node.inputs.pop() else { return node };
    let kept: Vec<Column> = over.columns[..if output_rank { number + 1 } else { number }].to_vec();
    let rank = Node::new(op, over.inputs, kept);
    Node { op: Op::Calc { columns, condition: and(rest) }, inputs: vec![rank], ..node }
}

fn sorted(mut columns: Vec<usize>) -> Vec<usize> {
    columns.sort_unstable();
    columns.dedup();
    columns
}

/// The places that a comparison of the number with a constant leaves, both inclusive.
pub(crate) fn bounds(part: &Expr, number: usize) -> Option<(i64, i64)> {
    let ExprKind::Call { function, args } = &part.kind else { return None };
    let [left, right] = args.as_slice() else { return None };
    let (value, function) = match (strip(left).as_column(), strip(right).as_column()) {
        (Some(at), None) if at == number => (constant(right)?, function.as_str()),
        (None, Some(at)) if at == number => (constant(left)?, mirrored(function)?),
        _ => return None,
    };
    match function {
        "=" => Some((value, value)),
        "<=" => Some((1, value)),
        "<" => Some((1, value.checked_sub(1)?)),
        ">=" => Some((value, i64::MAX)),
        ">" => Some((value.checked_add(1)?, i64::MAX)),
        _ => None,
    }
}

/// Under casts to wider numbers.
fn strip(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Cast { input, .. } if expr.data_type.kind.is_exact_numeric() => strip(input),
        _ => expr,
    }
}

fn constant(expr: &Expr) -> Option<i64> {
    match functions::fold(expr.clone()).as_literal()? {
        Value::TinyInt(value) => Some(i64::from(*value)),
        Value::SmallInt(value) => Some(i64::from(*value)),
        Value::Int(value) => Some(i64::from(*value)),
        Value::BigInt(value) => Some(*value),
        _ => None,
    }
}

fn mirrored(function: &str) -> Option<&'static str> {
    Some(match function {
        "=" => "=",
        "<=" => ">=",
        "<" => ">",
        ">=" => "<=",
        ">" => "<",
        _ => return None,
    })
}
