//! Filter pushdown: conditions move to where the fewest rows have to be made for them.

use super::merge::{can_put_in, is_volatile};
use crate::build::{and, columns_of, conjuncts, replace_columns};
use crate::node::{JoinKind, Node, Op};
use functions::{Expr, ExprKind};

pub(super) fn apply(node: Node) -> Node {
    match &node.op {
        Op::Calc { condition: Some(_), .. } => below_filter(node),
        Op::Join { .. } => into_join(node),
        _ => node,
    }
}

/// A filter over something that lets some of its conjuncts through.
fn below_filter(mut node: Node) -> Node {
    let Op::Calc { condition, .. } = &mut node.op else { return node };
    let parts = condition.take().map(conjuncts).unwrap_or_default();
    let (fixed, mut parts): (Vec<Expr>, Vec<Expr>) = parts.into_iter().partition(is_volatile);
    let input = &mut node.inputs[0];
    let width = input.columns.len();
    match &mut input.op {
        Op::Union => {
            for branch in &mut input.inputs {
                filter_in_place(branch, parts.clone());
            }
            parts.clear();
        }
        Op::Aggregate { keys, .. } if !keys.is_empty() => {
            let keys = keys.clone();
            let (down, stay) = split(parts, &|column| column < keys.len());
            filter_in_place(&mut input.inputs[0], remapped(down, &|column| keys[column]));
            parts = stay;
        }
        Op::Rank { partition, .. } => {
            let partition = partition.clone();
            let (down, stay) = split(parts, &|column| partition.contains(&column));
            filter_in_place(&mut input.inputs[0], down);
            parts = stay;
        }
        Op::Join { kind, .. } => {
            let left_width = input.inputs[0].columns.len();
            *kind = simplified(*kind, &parts, left_width);
            let (left_open, right_open) = open_sides(*kind);
            let (left, stay) = split(parts, &|column| left_open && column < left_width);
            let (right, stay) = split(stay, &|column| right_open && column >= left_width && column < width);
            filter_in_place(&mut input.inputs[0], left);
            if !matches!(kind, JoinKind::Semi | JoinKind::Anti) {
                filter_in_place(&mut input.inputs[1], remapped(right, &|column| column - left_width));
            }
            parts = stay;
            if *kind == JoinKind::Inner {
                parts = into_condition(input, parts);
            }
        }
        _ => {}
    }
    parts.extend(fixed);
    if let Op::Calc { condition, .. } = &mut node.op {
        *condition = and(parts);
    }
    node
}

/// Sides of a join whose rows a filter above may as well drop below.
fn open_sides(kind: JoinKind) -> (bool, bool) {
    match kind {
        JoinKind::Inner => (true, true),
        JoinKind::Left | JoinKind::Semi | JoinKind::Anti => (true, false),
        JoinKind::Right => (false, true),
        JoinKind::Full => (false, false),
    }
}

/// What is left of an outer join when a filter above drops the padded rows.
fn simplified(kind: JoinKind, parts: &[Expr], left_width: usize) -> JoinKind {
    let rejects = |is_side: &dyn Fn(usize) -> bool| parts.iter().any(|part| rejects_null(part, is_side));
    let (no_left, no_right) = (rejects(&|column| column < left_width), rejects(&|column| column >= left_width));
    match (kind, no_left, no_right) {
        (JoinKind::Left, _, true) | (JoinKind::Right, true, _) | (JoinKind::Full, true, true) => JoinKind::Inner,
        (JoinKind::Full, true, false) => JoinKind::Left,
        (JoinKind::Full, false, true) => JoinKind::Right,
        _ => kind,
    }
}

/// Whether the condition is not true for rows whose columns of this side are all NULL.
fn rejects_null(part: &Expr, is_side: &dyn Fn(usize) -> bool) -> bool {
    let ExprKind::Call { function, args } = &part.kind else { return false };
    match function.as_str() {
        "=" | "<>" | "<" | "<=" | ">" | ">=" | "IS NOT NULL" | "LIKE" => {
            args.iter().any(|arg| is_null_with(arg, is_side))
        }
        _ => false,
    }
}

/// Whether the expression is NULL when this side's columns are.
fn is_null_with(expr: &Expr, is_side: &dyn Fn(usize) -> bool) -> bool {
    match &expr.kind {
        ExprKind::Column(column) => is_side(*column),
        ExprKind::Cast { input, .. } => is_null_with(input, is_side),
        ExprKind::Call { function, args } if ["+", "-", "*", "/", "%"].contains(&function.as_str()) => {
            args.iter().any(|arg| is_null_with(arg, is_side))
        }
        _ => false,
    }
}

/// Conjuncts of a join's own condition that look at one side only.
fn into_join(mut node: Node) -> Node {
    let left_width = node.inputs[0].columns.len();
    let Op::Join { kind, condition, .. } = &mut node.op else { return node };
    let parts = condition.take().map(conjuncts).unwrap_or_default();
    // A row of an outer side comes out even when the condition fails: its conjuncts must stay.
    let (left_open, right_open) = match kind {
        JoinKind::Inner | JoinKind::Semi => (true, true),
        JoinKind::Left | JoinKind::Anti => (false, true),
        JoinKind::Right => (true, false),
        JoinKind::Full => (false, false),
    };
    let (fixed, parts): (Vec<Expr>, Vec<Expr>) = parts.into_iter().partition(is_volatile);
    let (left, stay) = split(parts, &|column| left_open && column < left_width);
    let (right, mut stay) = split(stay, &|column| right_open && column >= left_width);
    stay.extend(fixed);
    *condition = and(stay);
    filter_in_place(&mut node.inputs[0], left);
    filter_in_place(&mut node.inputs[1], remapped(right, &|column| column - left_width));
    node
}

/// Takes what compares both sides of an inner join into it: equalities as keys, the rest as its condition.
fn into_condition(join: &mut Node, parts: Vec<Expr>) -> Vec<Expr> {
    let left_width = join.inputs[0].columns.len();
    let Op::Join { left_keys, right_keys, null_safe, condition, .. } = &mut join.op else { return parts };
    let mut rest = condition.take().map(conjuncts).unwrap_or_default();
    for part in parts {
        match equal_columns(&part, left_width) {
            Some((left, right)) => {
                left_keys.push(left);
                right_keys.push(right - left_width);
                null_safe.push(false);
            }
            None => rest.push(part),
        }
    }
    *condition = and(rest);
    Vec::new()
}

/// The columns of `left = right` with one on each side and one type.
fn equal_columns(part: &Expr, left_width: usize) -> Option<(usize, usize)> {
    let ExprKind::Call { function, args } = &part.kind else { return None };
    let [first, second] = args.as_slice() else { return None };
    if function != "=" || first.data_type.kind != second.data_type.kind {
        return None;
    }
    let (first, second) = (first.as_column()?, second.as_column()?);
    let (left, right) = (first.min(second), first.max(second));
    (left < left_width && right >= left_width).then_some((left, right))
}

/// Those that look at some columns and only at such as `inside` takes, and the others.
fn split(parts: Vec<Expr>, inside: &dyn Fn(usize) -> bool) -> (Vec<Expr>, Vec<Expr>) {
    parts.into_iter().partition(|part| {
        let used = columns_of(part);
        !used.is_empty() && used.into_iter().all(inside)
    })
}

fn remapped(parts: Vec<Expr>, map: &dyn Fn(usize) -> usize) -> Vec<Expr> {
    parts.into_iter().map(|part| part.map_columns(map)).collect()
}

/// Puts a filter over a node; into it, where it can keep one.
fn filter_in_place(node: &mut Node, parts: Vec<Expr>) {
    let Some(condition) = and(parts) else { return };
    if let Op::Calc { columns, condition: existing } = &mut node.op
        && can_put_in(std::iter::once(&condition), columns)
    {
        let mut condition = condition;
        replace_columns(&mut condition, &|at, _| columns[at].clone());
        *existing = and(existing.take().into_iter().chain([condition]).flat_map(conjuncts).collect());
        return;
    }
    let placeholder = Node::new(Op::Union, Vec::new(), Vec::new());
    let columns = node.columns.clone();
    let mut filtered = Node::filter(std::mem::replace(node, placeholder), condition);
    filtered.columns = columns;
    *node = filtered;
}
