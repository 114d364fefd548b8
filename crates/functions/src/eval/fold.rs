//! Constant folding.

use super::Program;
use super::compile::{immutable, row_independent};
use crate::expr::{Expr, ExprKind};
use crate::registry::EvalContext;
use data::{TypeKind, Value};

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
        return Expr::literal(as_literal(value, &expr.data_type.kind), expr.data_type);
    }
    for child in expr.children_mut() {
        let owned = std::mem::replace(child, Expr::literal(Value::Null, child.data_type.clone()));
        *child = match cast_literal(&owned) {
            // Brought to the type of its neighbours, which the optimiser leaves to the run.
            Some(value) => Expr::literal(value, owned.data_type),
            None => fold(owned),
        };
    }
    expr
}

/// The exact value of a literal in a cast to FLOAT.
fn cast_literal(expr: &Expr) -> Option<Value> {
    match &expr.kind {
        ExprKind::Cast { input, .. } if expr.data_type.kind == TypeKind::Float => {
            input.as_literal().and_then(|_| value_of(expr))
        }
        _ => None,
    }
}

fn value_of(expr: &Expr) -> Option<Value> {
    let program = Program::compile(std::slice::from_ref(expr)).ok()?;
    let columns = program.run(&[], 1, &EvalContext::default()).ok()?;
    Some(Value::at(&columns[0], &expr.data_type, 0))
}

/// A value as Flink's optimiser keeps it in a literal: a FLOAT with seven digits, times with no more digits than their
/// type.
fn as_literal(value: Value, kind: &TypeKind) -> Value {
    match (value, kind) {
        (Value::Float(number), _) if number.is_finite() => {
            Value::Float(format!("{number:.6e}").parse().unwrap_or(number))
        }
        (Value::Time(millis), TypeKind::Time(precision)) => {
            Value::Time(millis - millis % 10_i32.pow(3 - u32::from((*precision).min(3))))
        }
        (Value::Timestamp(nanos), TypeKind::Timestamp(precision) | TypeKind::TimestampLtz(precision)) => {
            Value::Timestamp(nanos - nanos.rem_euclid(10_i128.pow(9 - u32::from((*precision).min(9)))))
        }
        (value, _) => value,
    }
}
