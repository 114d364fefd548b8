//! Casts: which exist, and how an expression gets one.

use data::{DataType, TypeKind};
use functions::{Expr, ExprKind};

/// Whether `CAST(x AS to)` exists for an `x` of type `from`, as in Flink's table of casts.
pub(crate) fn explicit_cast_exists(from: &TypeKind, to: &TypeKind) -> bool {
    use TypeKind::{Array, Boolean, Date, Map, Multiset, Null, Row, Time};
    if from == to || *from == Null {
        return true;
    }
    match (from, to) {
        (Array(a), Array(b)) | (Multiset(a), Multiset(b)) => explicit_cast_exists(&a.kind, &b.kind),
        (Map(ak, av), Map(bk, bv)) => {
            explicit_cast_exists(&ak.kind, &bk.kind) && explicit_cast_exists(&av.kind, &bv.kind)
        }
        (Row(a), Row(b)) => {
            a.len() == b.len()
                && a.iter().zip(b).all(|(a, b)| explicit_cast_exists(&a.data_type.kind, &b.data_type.kind))
        }
        (_, to) if to.is_character() => true,
        (Array(_) | Map(..) | Multiset(_) | Row(_), _) | (_, Array(_) | Map(..) | Multiset(_) | Row(_)) => false,
        (from, to) if from.is_character() => to.is_binary() || to.is_numeric() || to.is_datetime() || *to == Boolean,
        (from, to) if from.is_binary() && to.is_binary() => true,
        (Boolean, to) => to.is_numeric(),
        (from, Boolean) => from.is_numeric(),
        (from, to) if from.is_numeric() && to.is_numeric() => true,
        (from, to) if from.is_interval() => {
            to.is_exact_numeric() || std::mem::discriminant(from) == std::mem::discriminant(to)
        }
        (_, to) if to.is_interval() => false,
        (Date, Time(_)) | (Time(_), Date) => false,
        (from, to) if from.is_datetime() && to.is_datetime() => true,
        _ => false,
    }
}

/// The expression as a value of this type's kind; its own nullability stays.
pub(crate) fn cast_to(expr: Expr, target: &DataType) -> Expr {
    if expr.data_type.kind == target.kind {
        return expr;
    }
    if matches!(&expr.kind, ExprKind::Literal(value) if value.is_null()) {
        return Expr::new(expr.kind, target.clone().with_nullable(true));
    }
    let data_type = target.clone().with_nullable(expr.data_type.nullable);
    Expr::new(ExprKind::Cast { input: Box::new(expr), is_try: false }, data_type)
}
