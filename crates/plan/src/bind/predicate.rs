//! Predicates that are words: IS, BETWEEN, LIKE, SIMILAR TO, IN with a list.

use super::{Binder, all};
use crate::build::and;
use crate::error::Bound;
use crate::types::cast_to;
use data::types::{DataType, TypeKind};
use data::{Diagnostic, Span};
use functions::typing::least_restrictive;
use functions::{Expr, ExprKind};
use sql::ast::{self, ExprKind as Syntax, IsTest, LikeKind};

impl Binder<'_> {
    pub(crate) fn predicate(&mut self, syntax: &ast::Expr) -> Bound<Expr> {
        let span = syntax.span;
        match &syntax.kind {
            Syntax::Is { expr, test, negated } => self.is(expr, *test, *negated, span),
            Syntax::Between { expr, negated, symmetric, low, high } => {
                let inside = self.between(expr, low, high, *symmetric, span)?;
                self.negate_if(*negated, inside, span)
            }
            Syntax::Like { expr, kind, negated, pattern, escape } => {
                let operands: Vec<&ast::Expr> = [&**expr, &**pattern].into_iter().chain(escape.as_deref()).collect();
                let args = all(operands.into_iter().map(|operand| self.expr(operand)).collect())?;
                let name = if *kind == LikeKind::Like { "LIKE" } else { "SIMILAR TO" };
                let matches = self.function(name, args, span)?;
                self.negate_if(*negated, matches, span)
            }
            Syntax::InList { expr, negated, list } => {
                let member = self.in_list(expr, list, span)?;
                self.negate_if(*negated, member, span)
            }
            _ => self.expr(syntax),
        }
    }

    fn negate_if(&mut self, negated: bool, expr: Expr, span: Span) -> Bound<Expr> {
        if negated { self.function("NOT", vec![expr], span) } else { Ok(expr) }
    }

    fn is(&mut self, operand: &ast::Expr, test: IsTest, negated: bool, span: Span) -> Bound<Expr> {
        let name = match (test, negated) {
            (IsTest::Null, false) => "IS NULL",
            (IsTest::Null, true) => "IS NOT NULL",
            (IsTest::Unknown, false) => "IS NULL",
            (IsTest::Unknown, true) => "IS NOT NULL",
            (IsTest::True, false) => "IS TRUE",
            (IsTest::True, true) => "IS NOT TRUE",
            (IsTest::False, false) => "IS FALSE",
            (IsTest::False, true) => "IS NOT FALSE",
            (IsTest::JsonValue, false) => "IS JSON VALUE",
            (IsTest::JsonValue, true) => "IS NOT JSON VALUE",
            (IsTest::JsonObject, false) => "IS JSON OBJECT",
            (IsTest::JsonObject, true) => "IS NOT JSON OBJECT",
            (IsTest::JsonArray, false) => "IS JSON ARRAY",
            (IsTest::JsonArray, true) => "IS NOT JSON ARRAY",
            (IsTest::JsonScalar, false) => "IS JSON SCALAR",
            (IsTest::JsonScalar, true) => "IS NOT JSON SCALAR",
            (IsTest::ASet | IsTest::Empty, _) => {
                return self.unsupported(span, "a test of a multiset", "compare CARDINALITY(x) with a number");
            }
        };
        let arg = match test {
            IsTest::True | IsTest::False | IsTest::Unknown => self.condition(operand, name)?,
            _ => self.expr(operand)?,
        };
        if let Some(plain) = name.strip_prefix("IS NOT JSON") {
            let is = self.function(&format!("IS JSON{plain}"), vec![arg], span)?;
            return self.function("NOT", vec![is], span);
        }
        self.function(name, vec![arg], span)
    }

    fn between(
        &mut self,
        operand: &ast::Expr,
        low: &ast::Expr,
        high: &ast::Expr,
        symmetric: bool,
        span: Span,
    ) -> Bound<Expr> {
        let parts = all(vec![self.expr(operand), self.expr(low), self.expr(high)])?;
        let [value, low, high] = <[Expr; 3]>::try_from(parts).expect("three parts were bound");
        let inside = self.within(&value, &low, &high, span)?;
        if !symmetric {
            return Ok(inside);
        }
        let swapped = self.within(&value, &high, &low, span)?;
        let nullable = inside.data_type.nullable || swapped.data_type.nullable;
        Ok(Expr::new(ExprKind::Or(vec![inside, swapped]), DataType::boolean().with_nullable(nullable)))
    }

    fn within(&mut self, value: &Expr, low: &Expr, high: &Expr, span: Span) -> Bound<Expr> {
        let above = self.function(">=", vec![value.clone(), low.clone()], span)?;
        let below = self.function("<=", vec![value.clone(), high.clone()], span)?;
        Ok(and(vec![above, below]).expect("two parts make a conjunction"))
    }

    fn in_list(&mut self, operand: &ast::Expr, list: &[ast::Expr], span: Span) -> Bound<Expr> {
        if let Syntax::Row(items) = &operand.kind {
            return self.row_in_list(operand, items.len(), list, span);
        }
        let operand = self.expr(operand);
        let items = self.exprs(list);
        let (operand, items) = (operand?, items?);
        let types = std::iter::once(&operand).chain(&items).map(|item| &item.data_type).collect::<Vec<_>>();
        let Some(common) = least_restrictive(&types) else {
            return self.in_list_loosely(operand, items, span);
        };
        let nullable = operand.data_type.nullable || items.iter().any(|item| item.data_type.nullable);
        let list = items.into_iter().map(|item| cast_to(item, &common)).collect();
        let input = Box::new(cast_to(operand, &common));
        Ok(Expr::new(ExprKind::InList { input, list }, DataType::boolean().with_nullable(nullable)))
    }

    /// Types without a common one may still be comparable, as numbers and strings are.
    fn in_list_loosely(&mut self, operand: Expr, items: Vec<Expr>, span: Span) -> Bound<Expr> {
        let character = |expr: &Expr| expr.data_type.kind.is_character() || expr.data_type.kind == TypeKind::Null;
        if !(character(&operand) || items.iter().all(character)) {
            let types: Vec<String> = items.iter().map(|item| item.data_type.to_string()).collect();
            return self.fail(
                Diagnostic::plan("HW2010", span, "IN compares types that have nothing in common")
                    .detail(format!(
                        "Values passed to IN operator must have compatible types: {} and {}",
                        operand.data_type,
                        types.join(", ")
                    ))
                    .hint("cast the values to one type"),
            );
        }
        let mut parts = Vec::new();
        for item in items {
            // Texts in the list are read as booleans.
            let reads = operand.data_type.kind == TypeKind::Boolean && item.data_type.kind.is_character();
            let item = if reads { cast_to(item, &DataType::boolean()) } else { item };
            parts.push(self.function("=", vec![operand.clone(), item], span));
        }
        let parts = all(parts)?;
        let nullable = parts.iter().any(|part| part.data_type.nullable);
        Ok(Expr::new(ExprKind::Or(parts), DataType::boolean().with_nullable(nullable)))
    }

    fn row_in_list(&mut self, operand: &ast::Expr, width: usize, list: &[ast::Expr], span: Span) -> Bound<Expr> {
        let mut parts = Vec::new();
        for item in list {
            let Syntax::Row(values) = &item.kind else {
                return self.unsupported(
                    item.span,
                    "IN over rows that are not written out",
                    "write (a, b) IN ((1, 2))",
                );
            };
            if values.len() != width {
                let error = Diagnostic::plan("HW2010", item.span, "rows in IN have different numbers of values")
                    .detail("Values passed to IN operator must have compatible types")
                    .hint(format!("write {width} values"));
                return self.fail(error);
            }
            let equal = ast::Expr::new(
                Syntax::Binary {
                    op: ast::BinaryOp::Eq,
                    left: Box::new(operand.clone()),
                    right: Box::new(item.clone()),
                },
                span,
            );
            parts.push(self.expr(&equal));
        }
        let parts = all(parts)?;
        let nullable = parts.iter().any(|part| part.data_type.nullable);
        Ok(Expr::new(ExprKind::Or(parts), DataType::boolean().with_nullable(nullable)))
    }
}
