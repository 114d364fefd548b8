//! Constant folding: expressions without columns become literals, casts back and forth go away, conditions that always
//! hold or never hold are taken at their word, and a column that a filter pins to a literal is that literal.

use crate::build::{and, conjuncts, replace_columns};
use crate::node::{Node, Op};
use data::{DataType, TypeKind, Value};
use functions::{Expr, ExprKind};

pub(super) fn apply(mut node: Node) -> Node {
    match &mut node.op {
        Op::Calc { columns, condition } => {
            *condition = condition.take().and_then(fold_condition);
            pin_columns(columns, condition.as_ref());
            columns.iter_mut().for_each(fold_in_place);
            if condition.as_ref().and_then(Expr::as_literal).is_some() {
                return Node { op: Op::Values { rows: Vec::new() }, inputs: Vec::new(), ..node };
            }
        }
        Op::Join { condition, .. } | Op::IntervalJoin { condition, .. } => {
            *condition = condition.take().and_then(fold_condition);
        }
        Op::Expand { projections } => projections.iter_mut().flatten().for_each(fold_in_place),
        Op::Scan { columns, .. } => columns.iter_mut().for_each(fold_in_place),
        _ => {}
    }
    node
}

/// The condition simplified: nothing when it always holds, the literal FALSE when it never does.
fn fold_condition(condition: Expr) -> Option<Expr> {
    let mut parts = Vec::new();
    for mut part in conjuncts(condition) {
        fold_in_place(&mut part);
        match part.as_literal() {
            Some(Value::Boolean(true)) => {}
            Some(_) => return Some(Expr::literal(Value::Boolean(false), DataType::not_null(TypeKind::Boolean))),
            None if !parts.contains(&part) => parts.push(part),
            None => {}
        }
    }
    and(parts)
}

fn fold_in_place(expr: &mut Expr) {
    let placeholder = Expr::literal(Value::Null, DataType::new(TypeKind::Null));
    let taken = std::mem::replace(expr, placeholder);
    *expr = simplify(functions::fold(taken));
}

/// Forms that only say the same in more words.
fn simplify(mut expr: Expr) -> Expr {
    for child in expr.children_mut() {
        let placeholder = Expr::literal(Value::Null, DataType::new(TypeKind::Null));
        let taken = std::mem::replace(child, placeholder);
        *child = simplify(taken);
    }
    match expr.kind {
        // The wider type held every value, so that the way back loses nothing.
        ExprKind::Cast { input, is_try } => match input.kind {
            ExprKind::Cast { input: inner, is_try: false }
                if inner.data_type.kind == expr.data_type.kind
                    && is_wider(&inner.data_type.kind, &input.data_type.kind) =>
            {
                *inner
            }
            kind => {
                let input = Box::new(Expr::new(kind, input.data_type));
                Expr::new(ExprKind::Cast { input, is_try }, expr.data_type)
            }
        },
        ExprKind::Call { function, args }
            if matches!(function.as_str(), "IS NULL" | "IS NOT NULL")
                && args.first().is_some_and(|arg| !arg.data_type.nullable) =>
        {
            Expr::literal(Value::Boolean(function == "IS NOT NULL"), expr.data_type)
        }
        ExprKind::Coalesce(mut list)
            if list
                .first()
                .is_some_and(|first| !first.data_type.nullable && first.data_type.kind == expr.data_type.kind) =>
        {
            list.swap_remove(0)
        }
        kind => Expr::new(kind, expr.data_type),
    }
}

fn is_wider(narrow: &TypeKind, wide: &TypeKind) -> bool {
    let rank = |kind: &TypeKind| match kind {
        TypeKind::TinyInt => Some(0),
        TypeKind::SmallInt => Some(1),
        TypeKind::Int => Some(2),
        TypeKind::BigInt => Some(3),
        _ => None,
    };
    matches!((rank(narrow), rank(wide)), (Some(narrow), Some(wide)) if narrow < wide)
}

/// Behind `WHERE c = 'x'`, `c` is `'x'`, and behind `WHERE c IS NULL` it is NULL.
/// As in Flink, an upsert key that held `c` is lost with it.
fn pin_columns(columns: &mut [Expr], condition: Option<&Expr>) {
    let pinned: Vec<(usize, Expr)> =
        condition.into_iter().flat_map(|condition| conjuncts(condition.clone())).filter_map(pin).collect();
    if pinned.is_empty() {
        return;
    }
    for column in columns {
        replace_columns(column, &|at, data_type| match pinned.iter().find(|(pinned, _)| *pinned == at) {
            Some((_, literal)) => literal.clone(),
            None => Expr::column(at, data_type.clone()),
        });
    }
}

fn pin(part: Expr) -> Option<(usize, Expr)> {
    let ExprKind::Call { function, mut args } = part.kind else { return None };
    if function == "IS NULL" && args.len() == 1 {
        let column = args.pop()?;
        let data_type = column.data_type.clone();
        return Some((column.as_column()?, Expr::literal(Value::Null, data_type)));
    }
    let [left, right] = args.try_into().ok()?;
    if function != "=" || left.data_type.kind.is_approximate() {
        return None;
    }
    let (column, literal) = if left.as_column().is_some() { (left, right) } else { (right, left) };
    // Text is compared without regard to its declared length, which does not change a value of varying length.
    let text = matches!(column.data_type.kind, TypeKind::VarChar(_)) && literal.data_type.kind.is_character();
    if column.data_type.kind != literal.data_type.kind && !text {
        return None;
    }
    let value = literal.as_literal()?.clone();
    let data_type = column.data_type.clone();
    Some((column.as_column()?, Expr::literal(value, data_type)))
}
