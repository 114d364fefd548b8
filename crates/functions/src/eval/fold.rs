//! Constant folding.

use super::Program;
use super::compile::{immutable, row_independent};
use crate::expr::{Expr, ExprKind};
use crate::registry::EvalContext;
use data::Value;

/// The expression with every part that always has the same value replaced by it. A part that would fail is left as it
/// is, so that it fails, if at all, for a row that needs it.
#[must_use]
pub fn fold(mut expr: Expr) -> Expr {
    if matches!(expr.kind, ExprKind::Column(_) | ExprKind::Literal(_)) {
        return expr;
    }
    if row_independent(&expr)
        && immutable(&expr)
        && let Some(value) = value_of(&expr)
    {
        return Expr::literal(value, expr.data_type);
    }
    for child in expr.children_mut() {
        let owned = std::mem::replace(child, Expr::literal(Value::Null, child.data_type.clone()));
        *child = fold(owned);
    }
    expr
}

fn value_of(expr: &Expr) -> Option<Value> {
    let program = Program::compile(std::slice::from_ref(expr)).ok()?;
    let columns = program.run(&[], 1, &EvalContext::default()).ok()?;
    Some(Value::at(&columns[0], &expr.data_type, 0))
}
