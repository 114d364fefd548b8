//! Predicates that are words: IS, BETWEEN, LIKE, SIMILAR TO. IN with a list has a file of its own.

use super::{Binder, all};
use crate::build::and;
use crate::error::Bound;
use data::Span;
use data::types::DataType;
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
}
