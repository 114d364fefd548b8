//! IN with a list. The values of the list are cast to the type of what stands before IN, one by one, and compared with it:
//! `1 IN (1.5)` is true, as in Flink.

use super::{Binder, all};
use crate::build::and;
use crate::error::Bound;
use crate::types::cast_to;
use data::types::{DataType, TypeKind};
use data::{Diagnostic, Span};
use functions::typing::least_restrictive;
use functions::{Expr, ExprKind};
use sql::ast::{self, ExprKind as Syntax};

impl Binder<'_> {
    pub(super) fn in_list(&mut self, operand: &ast::Expr, list: &[ast::Expr], span: Span) -> Bound<Expr> {
        if let Syntax::Row(columns) = &operand.kind {
            return self.row_in_list(columns, list, span);
        }
        let (operand, items) = (self.expr(operand), self.exprs(list));
        let (operand, items) = (operand?, items?);
        self.check_list(&operand.data_type, items.iter(), span)?;
        let items: Vec<Expr> = items.into_iter().map(|item| like_operand(item, &operand.data_type)).collect();
        let types = std::iter::once(&operand).chain(&items).map(|item| &item.data_type).collect::<Vec<_>>();
        let Some(common) = least_restrictive(&types) else {
            let parts = items.into_iter().map(|item| self.function("=", vec![operand.clone(), item], span)).collect();
            return Ok(either(all(parts)?));
        };
        let nullable = types.iter().any(|data_type| data_type.nullable);
        let list = items.into_iter().map(|item| cast_to(item, &common)).collect();
        let input = Box::new(cast_to(operand, &common));
        Ok(Expr::new(ExprKind::InList { input, list }, DataType::boolean().with_nullable(nullable)))
    }

    /// `(a, b) IN ((1, 2), (3, 4))`: column by column.
    fn row_in_list(&mut self, columns: &[ast::Expr], list: &[ast::Expr], span: Span) -> Bound<Expr> {
        let operands = self.exprs(columns);
        let mut rows = Vec::new();
        for item in list {
            let Syntax::Row(values) = &item.kind else {
                return self.unsupported(
                    item.span,
                    "IN over rows that are not written out",
                    "write (a, b) IN ((1, 2))",
                );
            };
            if values.len() != columns.len() {
                let error = Diagnostic::plan("HW2010", item.span, "rows in IN have different numbers of values")
                    .detail("Values passed to IN operator must have compatible types")
                    .hint(format!("write {} values", columns.len()));
                return self.fail(error);
            }
            rows.push(self.exprs(values));
        }
        let (operands, rows) = (operands?, all(rows)?);
        for (at, operand) in operands.iter().enumerate() {
            self.check_list(&operand.data_type, rows.iter().map(|row| &row[at]), span)?;
        }
        let mut parts = Vec::new();
        for row in rows {
            let pairs = operands.iter().zip(row);
            let equal = pairs.map(|(operand, item)| {
                let item = like_operand(item, &operand.data_type);
                self.function("=", vec![operand.clone(), item], span)
            });
            let equal = all(equal.collect())?;
            parts.extend(and(equal));
        }
        Ok(either(parts))
    }

    /// The values of a list have a common type, and it can be compared with the operand's.
    fn check_list<'e>(&mut self, operand: &DataType, items: impl Iterator<Item = &'e Expr>, span: Span) -> Bound<()> {
        let types: Vec<&DataType> = items.map(|item| &item.data_type).collect();
        let all_null = types.iter().all(|data_type| data_type.kind == TypeKind::Null);
        let common = least_restrictive(&types);
        let shown = || types.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        match common {
            Some(common) if !is_comparable(operand, &common) => self.fail(
                Diagnostic::plan("HW2010", span, "IN compares types that have nothing in common")
                    .detail(format!(
                        "Values passed to IN operator must have compatible types: {operand} and {}",
                        shown()
                    ))
                    .hint("cast the values to one type"),
            ),
            None if !all_null => self.fail(
                Diagnostic::plan("HW2010", span, "the values of the list have no common type")
                    .detail(format!("Values in expression list must have compatible types: {}", shown()))
                    .hint("cast the values to one type"),
            ),
            _ => Ok(()),
        }
    }
}

/// One of the parts holds.
fn either(parts: Vec<Expr>) -> Expr {
    let nullable = parts.iter().any(|part| part.data_type.nullable);
    Expr::new(ExprKind::Or(parts), DataType::boolean().with_nullable(nullable))
}

/// A value of the list as the operand's type, unless it is of that type but for a length, precision or scale.
fn like_operand(item: Expr, operand: &DataType) -> Expr {
    let (from, to) = (&item.data_type.kind, &operand.kind);
    let is_same = std::mem::discriminant(from) == std::mem::discriminant(to);
    if is_same || *to == TypeKind::Null || matches!((from, to), (TypeKind::Char(_), TypeKind::VarChar(_))) {
        return item;
    }
    let nullable = item.data_type.nullable || *from == TypeKind::Null;
    cast_to(item, &operand.clone().with_nullable(nullable))
}

/// Whether IN compares the types: texts with whatever has a text form of its own, anything else within its family.
fn is_comparable(operand: &DataType, item: &DataType) -> bool {
    let (left, right) = (&operand.kind, &item.kind);
    let reads =
        |kind: &TypeKind| kind.is_numeric() || kind.is_datetime() || kind.is_interval() || *kind == TypeKind::Boolean;
    let is_day = |kind: &TypeKind| *kind == TypeKind::Date;
    match (left, right) {
        (TypeKind::Null, _) | (_, TypeKind::Null) => true,
        _ if left.is_character() && reads(right) || right.is_character() && reads(left) => true,
        _ if is_day(left) != is_day(right) => false,
        _ => least_restrictive(&[operand, item]).is_some(),
    }
}
