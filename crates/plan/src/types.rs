//! How an expression gets a cast.

use data::DataType;
use functions::{Expr, ExprKind};

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
