//! Expressions by precedence climbing.
//!
//! - *precedence*: how strongly an operator binds; the numbers' order is Flink's (Calcite's): MULTISET operators bind
//!   weakest, then OR, AND, NOT, IS, comparisons (with IS DISTINCT FROM), IN / BETWEEN / LIKE, additive,
//!   multiplicative, sign.

use super::{Expect, Parser, Read};
use crate::ast::{
    BinaryOp, CaseBranch, Expr, ExprKind, Ident, IsTest, LikeKind, Literal, ObjectName, QuantifiedOperand, Query,
    SpecialCall, UnaryOp,
};
use crate::keyword::Kw;
use crate::layout::{GroupKind, INDENT};
use crate::lexer::TokenKind;
use data::Diagnostic;

pub(crate) mod precedence {
    //! Shared with the printer, which sets parentheses by it.
    pub(crate) const LOWEST: u8 = 0;
    pub(crate) const MULTISET: u8 = 14;
    pub(crate) const MULTISET_INTERSECT: u8 = 18;
    pub(crate) const OR: u8 = 22;
    pub(crate) const AND: u8 = 24;
    pub(crate) const NOT: u8 = 26;
    pub(crate) const IS: u8 = 28;
    pub(crate) const COMPARISON: u8 = 30;
    pub(crate) const RANGE: u8 = 32;
    pub(crate) const ADDITIVE: u8 = 40;
    pub(crate) const MULTIPLICATIVE: u8 = 60;
    pub(crate) const SIGN: u8 = 80;
    /// Fields and elements, and whatever needs no parentheses.
    pub(crate) const POSTFIX: u8 = 100;
}
use precedence as p;

/// Longer chains of one left-associative operator make a tree too deep for those who walk it. AND and OR are exempt:
/// long chains of them become balanced trees.
const MAX_CHAIN: usize = 500;
const BALANCE_FROM: usize = 64;

impl Parser<'_> {
    pub(crate) fn expr(&mut self) -> Read<Expr> {
        self.expr_above(p::LOWEST)
    }

    /// An expression whose operators bind more strongly than `minimum`.
    pub(super) fn expr_above(&mut self, minimum: u8) -> Read<Expr> {
        self.nested(|parser| parser.climb(minimum))
    }

    fn climb(&mut self, minimum: u8) -> Read<Expr> {
        let start = self.at;
        let mut left = self.prefix()?;
        let mut chain = 0;
        let mut in_sum = false;
        loop {
            let operator = self.binary_operator();
            if in_sum && operator.is_none_or(|(.., precedence)| precedence != p::ADDITIVE) {
                self.note_group(start, GroupKind::Sum);
                in_sum = false;
            }
            let Some((op, width, precedence)) = operator else {
                match self.postfix_test(left, minimum)? {
                    (next, true) => left = next,
                    (next, false) => return Ok(next),
                }
                chain += 1;
                self.check_chain(chain)?;
                continue;
            };
            if precedence <= minimum {
                return Ok(left);
            }
            if matches!(op, BinaryOp::And | BinaryOp::Or) {
                left = self.logical_chain(left, start, op, precedence)?;
                continue;
            }
            chain += 1;
            self.check_chain(chain)?;
            if precedence == p::ADDITIVE {
                self.note_break(GroupKind::Sum, INDENT);
                in_sum = true;
            }
            for _ in 0..width {
                self.advance();
            }
            left = self.binary_right(left, op, precedence)?;
        }
    }

    fn check_chain(&mut self, length: usize) -> Read<()> {
        if length <= MAX_CHAIN {
            return Ok(());
        }
        let span = self.span();
        self.fail(
            Diagnostic::parse("HW1005", span, "this chain of operators is too long")
                .detail(format!("more than {MAX_CHAIN} operators follow one another"))
                .hint("group it with parentheses, or use IN for a long list of comparisons"),
        )
    }

    fn binary_right(&mut self, left: Expr, op: BinaryOp, precedence: u8) -> Read<Expr> {
        let comparison = precedence == p::COMPARISON;
        if comparison && let Some(all) = self.quantifier() {
            return self.quantified(left, op, all);
        }
        let right = self.expr_above(precedence)?;
        let span = left.span.to(right.span);
        Ok(Expr::new(ExprKind::Binary { op, left: Box::new(left), right: Box::new(right) }, span))
    }

    /// `a AND b AND c ...`
    fn logical_chain(&mut self, first: Expr, start: usize, op: BinaryOp, precedence: u8) -> Read<Expr> {
        let mut operands = vec![first];
        while self.binary_operator().is_some_and(|(next, ..)| next == op) {
            self.note_break(GroupKind::Logical, INDENT);
            self.advance();
            operands.push(self.expr_above(precedence)?);
        }
        self.note_group(start, GroupKind::Logical);
        Ok(if operands.len() < BALANCE_FROM { left_deep(operands, op) } else { balanced(operands, op) })
    }

    /// The operator at the current token: how many tokens it has, and how it binds.
    fn binary_operator(&self) -> Option<(BinaryOp, usize, u8)> {
        use BinaryOp::*;
        Some(match self.kind() {
            TokenKind::Equal => (Eq, 1, p::COMPARISON),
            TokenKind::NotEqual => (NotEq, 1, p::COMPARISON),
            TokenKind::Less => (Lt, 1, p::COMPARISON),
            TokenKind::LessEqual => (LtEq, 1, p::COMPARISON),
            TokenKind::Greater => (Gt, 1, p::COMPARISON),
            TokenKind::GreaterEqual => (GtEq, 1, p::COMPARISON),
            TokenKind::Plus => (Plus, 1, p::ADDITIVE),
            TokenKind::Minus => (Minus, 1, p::ADDITIVE),
            TokenKind::Star => (Multiply, 1, p::MULTIPLICATIVE),
            TokenKind::Slash => (Divide, 1, p::MULTIPLICATIVE),
            TokenKind::Percent => (Modulo, 1, p::MULTIPLICATIVE),
            TokenKind::Concat => (Concat, 1, p::MULTIPLICATIVE),
            TokenKind::Word(Some(keyword)) => return self.word_operator(keyword),
            _ => return None,
        })
    }

    fn word_operator(&self, keyword: Kw) -> Option<(BinaryOp, usize, u8)> {
        use BinaryOp::*;
        let next = self.keyword_ahead(1);
        Some(match (keyword, next) {
            (Kw::AND, _) => (And, 1, p::AND),
            (Kw::OR, _) => (Or, 1, p::OR),
            (Kw::IS, Some(Kw::DISTINCT)) => (IsDistinctFrom, 3, p::COMPARISON),
            (Kw::IS, Some(Kw::NOT)) if self.keyword_ahead(2) == Some(Kw::DISTINCT) => {
                (IsNotDistinctFrom, 4, p::COMPARISON)
            }
            (Kw::MEMBER, Some(Kw::OF)) => (MemberOf, 2, p::COMPARISON),
            (Kw::SUBMULTISET, Some(Kw::OF)) => (SubmultisetOf, 2, p::COMPARISON),
            (Kw::NOT, Some(Kw::SUBMULTISET)) => (NotSubmultisetOf, 3, p::COMPARISON),
            (Kw::OVERLAPS, _) => (Overlaps, 1, p::COMPARISON),
            (Kw::CONTAINS, _) => (Contains, 1, p::COMPARISON),
            (Kw::EQUALS, _) => (PeriodEquals, 1, p::COMPARISON),
            (Kw::PRECEDES, _) => (Precedes, 1, p::COMPARISON),
            (Kw::SUCCEEDS, _) => (Succeeds, 1, p::COMPARISON),
            (Kw::IMMEDIATELY, Some(Kw::PRECEDES)) => (ImmediatelyPrecedes, 2, p::COMPARISON),
            (Kw::IMMEDIATELY, Some(Kw::SUCCEEDS)) => (ImmediatelySucceeds, 2, p::COMPARISON),
            (Kw::MULTISET, Some(set)) => {
                let distinct = self.keyword_ahead(2) == Some(Kw::DISTINCT);
                let width = if distinct || self.keyword_ahead(2) == Some(Kw::ALL) { 3 } else { 2 };
                match (set, distinct) {
                    (Kw::UNION, true) => (MultisetUnion, width, p::MULTISET),
                    (Kw::UNION, false) => (MultisetUnionAll, width, p::MULTISET),
                    (Kw::EXCEPT, true) => (MultisetExcept, width, p::MULTISET),
                    (Kw::EXCEPT, false) => (MultisetExceptAll, width, p::MULTISET),
                    (Kw::INTERSECT, true) => (MultisetIntersect, width, p::MULTISET_INTERSECT),
                    (Kw::INTERSECT, false) => (MultisetIntersectAll, width, p::MULTISET_INTERSECT),
                    _ => return None,
                }
            }
            _ => return None,
        })
    }

    /// What may follow an operand and is no binary operator. True when something did.
    fn postfix_test(&mut self, left: Expr, minimum: u8) -> Read<(Expr, bool)> {
        match (self.kind(), self.keyword()) {
            (_, Some(Kw::IS)) if minimum < p::IS => Ok((self.is_test(left)?, true)),
            (_, Some(Kw::IN | Kw::BETWEEN | Kw::LIKE | Kw::SIMILAR | Kw::RLIKE | Kw::ILIKE)) if minimum < p::RANGE => {
                Ok((self.range_test(left, false)?, true))
            }
            (_, Some(Kw::NOT)) if minimum < p::RANGE => match self.keyword_ahead(1) {
                Some(Kw::IN | Kw::BETWEEN | Kw::LIKE | Kw::SIMILAR | Kw::RLIKE | Kw::ILIKE) => {
                    self.advance();
                    Ok((self.range_test(left, true)?, true))
                }
                _ => Ok((left, false)),
            },
            (TokenKind::BangEqual, _) => {
                let span = self.span();
                let mut diagnostic =
                    Diagnostic::parse("HW1008", span, "`!=` is not an operator of Flink SQL").hint("write `<>`");
                diagnostic.fix.push(data::diagnostic::Fix { span, text: "<>".to_string() });
                self.fail(diagnostic)
            }
            _ => Ok((left, false)),
        }
    }

    fn is_test(&mut self, left: Expr) -> Read<Expr> {
        self.need_kw(Kw::IS)?;
        let negated = self.eat_kw(Kw::NOT);
        let test = if self.eat_kw(Kw::NULL) {
            IsTest::Null
        } else if self.eat_kw(Kw::TRUE) {
            IsTest::True
        } else if self.eat_kw(Kw::FALSE) {
            IsTest::False
        } else if self.eat_kw(Kw::UNKNOWN) {
            IsTest::Unknown
        } else if self.eat_kw(Kw::EMPTY) {
            IsTest::Empty
        } else if self.eat_kws(&[Kw::A, Kw::SET]) {
            IsTest::ASet
        } else if self.eat_kw(Kw::JSON) {
            self.json_kind()
        } else {
            self.expect(Expect::Kw(Kw::DISTINCT));
            return self.unexpected();
        };
        let span = self.since(left.span);
        Ok(Expr::new(ExprKind::Is { expr: Box::new(left), test, negated }, span))
    }

    fn json_kind(&mut self) -> IsTest {
        if self.eat_kw(Kw::OBJECT) {
            IsTest::JsonObject
        } else if self.eat_kw(Kw::ARRAY) {
            IsTest::JsonArray
        } else if self.eat_kw(Kw::SCALAR) {
            IsTest::JsonScalar
        } else {
            self.eat_kw(Kw::VALUE);
            IsTest::JsonValue
        }
    }

    /// IN, BETWEEN, LIKE and their like; NOT has been read.
    fn range_test(&mut self, left: Expr, negated: bool) -> Read<Expr> {
        let start = left.span;
        let expr = Box::new(left);
        let keyword = self.keyword();
        self.advance();
        let kind = match keyword {
            Some(Kw::IN) => self.in_operand(expr, negated)?,
            Some(Kw::BETWEEN) => {
                let symmetric = self.eat_kw(Kw::SYMMETRIC);
                if !symmetric {
                    self.eat_kw(Kw::ASYMMETRIC);
                }
                let low = Box::new(self.expr_above(p::AND)?);
                self.need_kw(Kw::AND)?;
                // `a BETWEEN b AND c LIKE d` is `a BETWEEN b AND (c LIKE d)`.
                let high = Box::new(self.expr_above(p::RANGE - 1)?);
                ExprKind::Between { expr, negated, symmetric, low, high }
            }
            _ => {
                let kind = match keyword {
                    Some(Kw::SIMILAR) => {
                        self.need_kw(Kw::TO)?;
                        LikeKind::SimilarTo
                    }
                    Some(Kw::RLIKE) => LikeKind::Rlike,
                    Some(Kw::ILIKE) => LikeKind::Ilike,
                    _ => LikeKind::Like,
                };
                // `a LIKE b LIKE c` is `a LIKE (b LIKE c)`.
                let pattern = Box::new(self.expr_above(p::COMPARISON)?);
                let escape = if self.eat_kw(Kw::ESCAPE) { Some(Box::new(self.expr_above(p::RANGE)?)) } else { None };
                ExprKind::Like { expr, kind, negated, pattern, escape }
            }
        };
        Ok(Expr::new(kind, self.since(start)))
    }

    fn in_operand(&mut self, expr: Box<Expr>, negated: bool) -> Read<ExprKind> {
        Ok(match self.list_or_query()? {
            QuantifiedOperand::Query(query) => ExprKind::InQuery { expr, negated, query },
            QuantifiedOperand::List(list) => ExprKind::InList { expr, negated, list },
        })
    }

    /// `(a, b)` or `(SELECT ...)`
    fn list_or_query(&mut self) -> Read<QuantifiedOperand> {
        let open = self.need(TokenKind::LeftParen)?;
        if self.at_query() {
            let query = Box::new(self.query()?);
            self.close(open)?;
            return Ok(QuantifiedOperand::Query(query));
        }
        let mut list = vec![self.expr_or_query()?];
        if let Some(query) = self.continue_query(&mut list)? {
            self.close(open)?;
            return Ok(QuantifiedOperand::Query(query));
        }
        while self.eat(TokenKind::Comma) {
            list.push(self.expr()?);
        }
        self.close(open)?;
        Ok(QuantifiedOperand::List(list))
    }

    fn quantifier(&self) -> Option<bool> {
        let all = match self.keyword() {
            Some(Kw::ALL) => true,
            Some(Kw::ANY | Kw::SOME) => false,
            _ => return None,
        };
        (self.ahead(1) == TokenKind::LeftParen).then_some(all)
    }

    fn quantified(&mut self, left: Expr, op: BinaryOp, all: bool) -> Read<Expr> {
        self.advance();
        let operand = self.list_or_query()?;
        let span = self.since(left.span);
        Ok(Expr::new(ExprKind::Quantified { expr: Box::new(left), op, all, operand }, span))
    }

    fn prefix(&mut self) -> Read<Expr> {
        let start = self.span();
        let (op, precedence) = match (self.kind(), self.keyword()) {
            (TokenKind::Minus, _) => (UnaryOp::Minus, p::SIGN - 1),
            (TokenKind::Plus, _) => (UnaryOp::Plus, p::SIGN - 1),
            (_, Some(Kw::NOT)) => (UnaryOp::Not, p::NOT - 1),
            (_, Some(Kw::RUNNING)) => (UnaryOp::Running, p::SIGN - 1),
            (_, Some(Kw::FINAL)) if self.final_is_prefix() => (UnaryOp::Final, p::SIGN - 1),
            _ => {
                let operand = self.primary()?;
                return self.suffixes(operand);
            }
        };
        if matches!(op, UnaryOp::Minus | UnaryOp::Plus) {
            self.note_glued();
        }
        self.advance();
        let operand = self.expr_above(precedence)?;
        let span = start.to(operand.span);
        Ok(Expr::new(ExprKind::Unary { op, expr: Box::new(operand) }, span))
    }

    /// FINAL is no reserved word: before an operand it is the operator of MATCH_RECOGNIZE.
    fn final_is_prefix(&self) -> bool {
        matches!(self.ahead(1), TokenKind::Quoted)
            || matches!(self.ahead(1), TokenKind::Word(keyword)
                if keyword.is_none_or(|keyword| !keyword.is_reserved() || keyword.is_function()))
                && !matches!(self.keyword_ahead(1), Some(Kw::AS))
    }

    /// `[index]` and `.field` behind an operand.
    fn suffixes(&mut self, mut operand: Expr) -> Read<Expr> {
        let mut count = 0;
        loop {
            if self.peek(TokenKind::LeftBracket) {
                operand = self.element(operand)?;
            } else if self.peek(TokenKind::Dot) && self.ahead(1) != TokenKind::Star {
                self.advance();
                let field = self.ident()?;
                operand = field_of(operand, field);
            } else {
                return Ok(operand);
            }
            count += 1;
            self.check_chain(count)?;
        }
    }

    fn element(&mut self, base: Expr) -> Read<Expr> {
        self.need(TokenKind::LeftBracket)?;
        let index = Box::new(self.expr()?);
        self.need(TokenKind::RightBracket)?;
        let span = self.since(base.span);
        Ok(Expr::new(ExprKind::Element { base: Box::new(base), index }, span))
    }

    fn primary(&mut self) -> Read<Expr> {
        let start = self.span();
        match self.kind() {
            TokenKind::Integer | TokenKind::Decimal | TokenKind::Approximate => self.token_literal(),
            TokenKind::String | TokenKind::PrefixedString | TokenKind::Binary => self.token_literal(),
            TokenKind::LeftParen => {
                let inner = self.parenthesized()?;
                self.difference(inner, start)
            }
            TokenKind::LeftBrace => self.escape_syntax(),
            TokenKind::Question => {
                self.advance();
                let number = self.parameters;
                self.parameters += 1;
                Ok(Expr::new(ExprKind::Parameter(number), start))
            }
            TokenKind::Quoted | TokenKind::Word(None) => self.name_or_call(),
            TokenKind::Word(Some(keyword)) => match self.keyword_primary(keyword)? {
                Some(expr) => Ok(expr),
                None => self.name_or_call(),
            },
            _ => {
                self.expect(Expect::Thing("an expression"));
                self.unexpected()
            }
        }
    }

    /// `(end - start) DAY TO SECOND`: a unit behind a difference in parentheses.
    fn difference(&mut self, inner: Expr, start: data::Span) -> Read<Expr> {
        if !self.at_interval_unit() {
            return Ok(inner);
        }
        let ExprKind::Binary { op: BinaryOp::Minus, left, right } = inner.kind else {
            return self.fail(
                Diagnostic::parse("HW1008", inner.span, "a unit of time follows only the difference of two times")
                    .hint("write (end - start) DAY TO SECOND, or AS before an alias"),
            );
        };
        let qualifier = self.interval_qualifier()?;
        let call = SpecialCall::Difference { end: *left, start: *right, qualifier };
        Ok(Expr::new(ExprKind::Special(Box::new(call)), self.since(start)))
    }

    /// Operands that begin with a keyword; `None` when the word is a name or a call here.
    fn keyword_primary(&mut self, keyword: Kw) -> Read<Option<Expr>> {
        let start = self.span();
        let next = self.ahead(1);
        let string_next = matches!(next, TokenKind::String | TokenKind::PrefixedString);
        let literal = |parser: &mut Self, literal: Literal| {
            parser.advance();
            Ok(Some(Expr::new(ExprKind::Literal(literal), start)))
        };
        match keyword {
            Kw::NULL => literal(self, Literal::Null),
            Kw::TRUE => literal(self, Literal::Boolean(Some(true))),
            Kw::FALSE => literal(self, Literal::Boolean(Some(false))),
            Kw::UNKNOWN => literal(self, Literal::Boolean(None)),
            Kw::DATE | Kw::TIME | Kw::TIMESTAMP if string_next => self.datetime_literal().map(Some),
            Kw::TIMESTAMP if self.keyword_ahead(1) == Some(Kw::WITH) => self.datetime_literal().map(Some),
            Kw::INTERVAL => self.interval().map(Some),
            Kw::CASE => self.case().map(Some),
            Kw::NEXT | Kw::CURRENT if self.keyword_ahead(1) == Some(Kw::VALUE) => {
                self.sequence_value(keyword == Kw::NEXT).map(Some)
            }
            Kw::DATETIME if string_next => self.no_datetime(),
            Kw::EXISTS | Kw::UNIQUE if next == TokenKind::LeftParen => {
                self.advance();
                let query = Box::new(self.parenthesized_query()?);
                let kind = if keyword == Kw::EXISTS { ExprKind::Exists(query) } else { ExprKind::Unique(query) };
                Ok(Some(Expr::new(kind, self.since(start))))
            }
            _ if keyword.is_context_function() && next != TokenKind::LeftParen => {
                let name = Ident::new(self.slice(start), start);
                self.advance();
                let mut call = crate::ast::Call::new(ObjectName(vec![name]), Vec::new());
                call.bare = true;
                Ok(Some(Expr::new(ExprKind::Call(Box::new(call)), start)))
            }
            _ => self.special_call(keyword),
        }
    }

    /// `a.b.c`, or a call when a parenthesis follows.
    fn name_or_call(&mut self) -> Read<Expr> {
        let start = self.span();
        if let Some(keyword) = self.keyword()
            && keyword.is_reserved()
        {
            if keyword.is_function() && self.ahead(1) == TokenKind::LeftParen {
                let name = Ident::new(self.slice(start), start);
                self.advance();
                return self.call(ObjectName(vec![name]));
            }
            self.expect(Expect::Thing("an expression"));
            self.expect(Expect::Thing("a name"));
            return self.unexpected();
        }
        let mut parts = vec![self.ident()?];
        while self.peek(TokenKind::Dot) && self.ahead(1) != TokenKind::Star {
            self.advance();
            parts.push(self.ident()?);
        }
        let name = ObjectName(parts);
        if self.peek(TokenKind::LeftParen) {
            return self.call(name);
        }
        Ok(Expr::new(ExprKind::Column(name), self.since(start)))
    }

    /// An expression or row in parentheses, or a subquery.
    pub(super) fn parenthesized(&mut self) -> Read<Expr> {
        let open = self.need(TokenKind::LeftParen)?;
        if self.at_query() {
            let query = Box::new(self.query()?);
            self.close(open)?;
            return Ok(Expr::new(ExprKind::Subquery(query), self.since(open)));
        }
        let mut items = vec![self.expr_or_query()?];
        if let Some(query) = self.continue_query(&mut items)? {
            self.close(open)?;
            return Ok(Expr::new(ExprKind::Subquery(query), self.since(open)));
        }
        while self.eat(TokenKind::Comma) {
            items.push(self.expr()?);
        }
        self.close(open)?;
        if items.len() > 1 {
            return Ok(Expr::new(ExprKind::Row(items), self.since(open)));
        }
        match items.pop() {
            Some(only) => Ok(only),
            None => self.unexpected(),
        }
    }

    fn expr_or_query(&mut self) -> Read<Expr> {
        if self.at_query() {
            let start = self.span();
            let query = Box::new(self.query()?);
            return Ok(Expr::new(ExprKind::Subquery(query), self.since(start)));
        }
        self.expr()
    }

    /// After `((SELECT ...)`: a set operation or a limit makes the whole a query.
    fn continue_query(&mut self, items: &mut Vec<Expr>) -> Read<Option<Box<Query>>> {
        if !self.at_query_tail() || !matches!(items.last(), Some(Expr { kind: ExprKind::Subquery(_), .. })) {
            return Ok(None);
        }
        match items.pop().map(|item| (item.kind, item.span)) {
            Some((ExprKind::Subquery(query), span)) => Ok(Some(Box::new(self.query_from(*query, span)?))),
            _ => self.unexpected(),
        }
    }

    pub(super) fn parenthesized_query(&mut self) -> Read<Query> {
        let open = self.need(TokenKind::LeftParen)?;
        let query = self.query()?;
        self.close(open)?;
        Ok(query)
    }

    fn case(&mut self) -> Read<Expr> {
        let at = self.at;
        let start = self.need_kw(Kw::CASE)?;
        let operand = if self.at_kw(Kw::WHEN) { None } else { Some(Box::new(self.expr()?)) };
        let mut branches = Vec::new();
        while self.at_kw(Kw::WHEN) {
            self.note_break(GroupKind::Case, INDENT);
            self.advance();
            let when = if operand.is_some() { self.comma_list(Self::expr)? } else { vec![self.expr()?] };
            self.need_kw(Kw::THEN)?;
            branches.push(CaseBranch { when, then: self.expr()? });
        }
        if branches.is_empty() {
            return self.unexpected();
        }
        if self.peek_kw(Kw::ELSE) {
            self.note_break(GroupKind::Case, INDENT);
        }
        let otherwise = if self.eat_kw(Kw::ELSE) { Some(Box::new(self.expr()?)) } else { None };
        self.note_break(GroupKind::Case, 0);
        self.need_kw(Kw::END)?;
        self.note_group(at, GroupKind::Case);
        Ok(Expr::new(ExprKind::Case { operand, branches, otherwise }, self.since(start)))
    }

    /// JDBC's `{d '...'}`, `{t '...'}`, `{ts '...'}`, `{fn call}`.
    fn escape_syntax(&mut self) -> Read<Expr> {
        self.note_glued();
        let start = self.need(TokenKind::LeftBrace)?;
        let word = self.word().map(str::to_ascii_lowercase);
        let expr = match word.as_deref() {
            Some("d" | "t" | "ts") => {
                self.advance();
                let text = self.text_literal()?.value;
                let literal = match word.as_deref() {
                    Some("d") => Literal::Date(text),
                    Some("t") => Literal::Time(text),
                    _ => Literal::Timestamp(text),
                };
                Expr::new(ExprKind::Literal(literal), start)
            }
            Some("fn") => {
                self.advance();
                self.nested(Self::primary)?
            }
            _ => {
                self.expect(Expect::Thing("fn, d, t or ts"));
                return self.unexpected();
            }
        };
        self.note_tight();
        self.need(TokenKind::RightBrace)?;
        Ok(Expr { span: self.since(start), ..expr })
    }
}

/// A field of a name is a longer name.
fn field_of(base: Expr, field: Ident) -> Expr {
    let span = base.span.to(field.span);
    match base.kind {
        ExprKind::Column(ObjectName(mut parts)) => {
            parts.push(field);
            Expr::new(ExprKind::Column(ObjectName(parts)), span)
        }
        kind => Expr::new(ExprKind::Field { base: Box::new(Expr { kind, span: base.span }), field }, span),
    }
}

fn join(op: BinaryOp, left: Expr, right: Expr) -> Expr {
    let span = left.span.to(right.span);
    Expr::new(ExprKind::Binary { op, left: Box::new(left), right: Box::new(right) }, span)
}

fn left_deep(operands: Vec<Expr>, op: BinaryOp) -> Expr {
    let mut operands = operands.into_iter();
    let first = operands.next().unwrap_or_else(|| Expr::new(ExprKind::Literal(Literal::Null), data::Span::default()));
    operands.fold(first, |left, right| join(op, left, right))
}

fn balanced(mut operands: Vec<Expr>, op: BinaryOp) -> Expr {
    while operands.len() > 1 {
        let mut halved = Vec::with_capacity(operands.len() / 2 + 1);
        let mut rest = operands.into_iter();
        while let Some(left) = rest.next() {
            halved.push(match rest.next() {
                Some(right) => join(op, left, right),
                None => left,
            });
        }
        operands = halved;
    }
    left_deep(operands, op)
}
