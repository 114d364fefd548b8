//! Merging: a calculation over a calculation is one; one that changes nothing is none; unions of unions are one.

use crate::build::{and, conjuncts, replace_columns};
use crate::node::{Node, Op};
use functions::{Expr, ExprKind, Volatility};

pub(super) fn apply(node: Node) -> Node {
    match &node.op {
        Op::Calc { .. } => drop_identity(merge(node)),
        Op::Union => flatten(node),
        _ => node,
    }
}

fn merge(mut node: Node) -> Node {
    let Op::Calc { columns: inner, condition: inner_condition } = &node.inputs[0].op else { return node };
    let (inner, inner_condition) = (inner.clone(), inner_condition.clone());
    let Op::Calc { columns, condition } = &mut node.op else { return node };
    if inner_condition.as_ref().is_some_and(is_volatile) || !can_put_in(columns.iter().chain(&*condition), &inner) {
        return node;
    }
    let substitute = |expr: &mut Expr| replace_columns(expr, &|at, _| inner[at].clone());
    columns.iter_mut().for_each(substitute);
    condition.iter_mut().for_each(substitute);
    let parts = inner_condition.into_iter().chain(condition.take()).flat_map(conjuncts).collect();
    *condition = and(parts);
    node.inputs = std::mem::take(&mut node.inputs[0].inputs);
    node
}

/// Nodes of expressions that putting columns in may give: each calculation of two of the one before doubles them.
const MAX_PUT_IN: usize = 20_000;

/// Whether columns may be replaced by what computes them.
pub(super) fn can_put_in<'a>(exprs: impl Iterator<Item = &'a Expr>, columns: &[Expr]) -> bool {
    let size = |expr: &Expr, of_column: &dyn Fn(usize) -> usize| {
        let mut size = 0_usize;
        expr.walk(&mut |part| size = size.saturating_add(part.as_column().map_or(1, of_column)));
        size
    };
    let sizes: Vec<usize> = columns.iter().map(|column| size(column, &|_| 1)).collect();
    let total = exprs.fold(0_usize, |total, expr| total.saturating_add(size(expr, &|at| sizes[at])));
    total <= MAX_PUT_IN && !columns.iter().any(is_volatile)
}

/// Whether two evaluations may differ: then an expression must not be copied.
pub(super) fn is_volatile(expr: &Expr) -> bool {
    let mut found = false;
    expr.walk(&mut |part| {
        if let ExprKind::Call { function, .. } = &part.kind {
            found |= functions::scalar(function).is_none_or(|def| def.volatility == Volatility::Volatile);
        }
    });
    found
}

/// A calculation that passes every column on as it is, under any name.
pub(crate) fn drop_identity(mut node: Node) -> Node {
    let Op::Calc { columns, condition: None } = &node.op else { return node };
    let input = &node.inputs[0];
    let same = |(at, expr): (usize, &Expr)| expr.as_column() == Some(at);
    let is_identity = columns.len() == input.columns.len() && columns.iter().enumerate().all(same);
    let same_time = node.columns.iter().zip(&input.columns).all(|(outer, inner)| outer.time == inner.time);
    if !is_identity || !same_time {
        return node;
    }
    let mut input = node.inputs.swap_remove(0);
    for (inner, outer) in input.columns.iter_mut().zip(node.columns) {
        inner.name = outer.name;
    }
    input
}

fn flatten(mut node: Node) -> Node {
    let take = |input: Node| match input.op {
        Op::Union => input.inputs,
        _ => vec![input],
    };
    node.inputs = node.inputs.into_iter().flat_map(take).collect();
    node
}
