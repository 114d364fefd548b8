//! Calls: arguments, and what may follow the closing parenthesis.

use super::{Expect, Parser, Read};
use crate::ast::{
    Arg, ArgValue, Call, Expr, ExprKind, Frame, FrameBound, FrameUnit, NullTreatment, ObjectName, OrderItem, Over,
    TableArg, TableArgSource, WindowSpec,
};
use crate::keyword::Kw;
use crate::layout::GroupKind;
use crate::lexer::TokenKind;
use data::Span;

/// Aggregates whose argument may carry an ORDER BY.
const ORDERED_AGGREGATES: &[&str] = &["ARRAY_AGG", "ARRAY_CONCAT_AGG", "STRING_AGG", "GROUP_CONCAT"];

impl Parser<'_> {
    /// A call whose name has been read; a parenthesis is next.
    pub(super) fn call(&mut self, name: ObjectName) -> Read<Expr> {
        let start = name.span();
        let mut call = self.call_arguments(name)?;
        self.call_suffixes(&mut call)?;
        Ok(Expr::new(ExprKind::Call(Box::new(call)), self.since(start)))
    }

    /// `(args)`
    pub(super) fn call_arguments(&mut self, name: ObjectName) -> Read<Call> {
        let mut call = Call::new(name, Vec::new());
        self.note_tight();
        self.note_function_name(&call.name);
        let open = self.need(TokenKind::LeftParen)?;
        if self.eat(TokenKind::RightParen) {
            return Ok(call);
        }
        if self.peek(TokenKind::Star) {
            let span = self.advance().span;
            call.args.push(Arg { name: None, value: ArgValue::Star, span });
            self.close(open)?;
            return Ok(call);
        }
        call.distinct = self.skip_kw(Kw::DISTINCT);
        if !call.distinct {
            self.skip_kw(Kw::ALL);
        }
        call.args = self.comma_list(|parser| parser.nested(Self::argument))?;
        let ordered = call.name.0.len() == 1
            && ORDERED_AGGREGATES.iter().any(|known| call.name.last().eq_ignore_ascii_case(known));
        if ordered {
            call.null_treatment = self.null_treatment();
            call.order_by = self.order_by()?;
        }
        self.close(open)?;
        Ok(call)
    }

    /// A function's name that is a word of the language is written like one.
    fn note_function_name(&mut self, name: &ObjectName) {
        let keyword = match name.0.as_slice() {
            [only] if !only.quoted => Kw::lookup(&only.value),
            _ => None,
        };
        if keyword.is_some_and(Kw::is_call_name)
            && let Some(layout) = &mut self.layout
        {
            layout.names.pop_if(|last| *last + 1 == self.at);
        }
    }

    fn argument(&mut self) -> Read<Arg> {
        let start = self.span();
        let name = if self.at_ident() && self.ahead(1) == TokenKind::Arrow {
            let name = self.ident()?;
            self.advance();
            Some(name)
        } else {
            None
        };
        let value = self.argument_value()?;
        Ok(Arg { name, value, span: self.since(start) })
    }

    fn argument_value(&mut self) -> Read<ArgValue> {
        let name_next = matches!(self.ahead(1), TokenKind::Quoted)
            || matches!(self.ahead(1), TokenKind::Word(keyword) if !keyword.is_some_and(Kw::is_reserved));
        match self.keyword() {
            Some(Kw::DEFAULT) => {
                self.advance();
                Ok(ArgValue::Default)
            }
            Some(Kw::TABLE) => self.table_argument(),
            Some(Kw::DESCRIPTOR) if self.ahead(1) == TokenKind::LeftParen => {
                self.advance();
                self.note_tight();
                Ok(ArgValue::Descriptor(self.ident_list()?))
            }
            Some(Kw::MODEL) if name_next => {
                self.advance();
                Ok(ArgValue::Model(self.object_name()?))
            }
            _ if self.at_query() => self.query_argument(),
            _ => {
                let expr = self.expr()?;
                if let ExprKind::Subquery(_) = expr.kind
                    && (self.peek_kw(Kw::PARTITION) || self.peek_kw(Kw::ORDER))
                {
                    return self.table_argument_from(expr);
                }
                Ok(ArgValue::Expr(expr))
            }
        }
    }

    /// A query without parentheses of its own: `f(SELECT ...)`.
    fn query_argument(&mut self) -> Read<ArgValue> {
        let start = self.span();
        let query = Box::new(self.query()?);
        Ok(ArgValue::Expr(Expr::new(ExprKind::Subquery(query), self.since(start))))
    }

    fn table_argument(&mut self) -> Read<ArgValue> {
        let start = self.need_kw(Kw::TABLE)?;
        let source = TableArgSource::Table(self.object_name()?);
        self.table_argument_rest(source, start)
    }

    fn table_argument_from(&mut self, expr: Expr) -> Read<ArgValue> {
        let span = expr.span;
        match expr.kind {
            ExprKind::Subquery(query) => self.table_argument_rest(TableArgSource::Query(query), span),
            kind => Ok(ArgValue::Expr(Expr::new(kind, span))),
        }
    }

    fn table_argument_rest(&mut self, source: TableArgSource, start: Span) -> Read<ArgValue> {
        let partition_by = if self.eat_kws(&[Kw::PARTITION, Kw::BY]) { self.table_partition()? } else { Vec::new() };
        let order_by = if self.eat_kws(&[Kw::ORDER, Kw::BY]) { self.table_order()? } else { Vec::new() };
        Ok(ArgValue::Table(Box::new(TableArg { source, partition_by, order_by, span: self.since(start) })))
    }

    /// `(a, b)`, or one column without parentheses.
    fn table_partition(&mut self) -> Read<Vec<Expr>> {
        if self.peek(TokenKind::LeftParen) {
            return self.paren_list(Self::expr);
        }
        Ok(vec![self.expr()?])
    }

    /// `(a, b DESC)`, or one column without parentheses.
    fn table_order(&mut self) -> Read<Vec<OrderItem>> {
        if self.peek(TokenKind::LeftParen) {
            return self.paren_list(Self::order_item);
        }
        Ok(vec![self.order_item()?])
    }

    fn null_treatment(&mut self) -> Option<NullTreatment> {
        if self.eat_kws(&[Kw::RESPECT, Kw::NULLS]) {
            return Some(NullTreatment::Respect);
        }
        self.eat_kws(&[Kw::IGNORE, Kw::NULLS]).then_some(NullTreatment::Ignore)
    }

    fn call_suffixes(&mut self, call: &mut Call) -> Read<()> {
        if call.null_treatment.is_none() {
            call.null_treatment = self.null_treatment();
        }
        if self.eat_kws(&[Kw::WITHIN, Kw::DISTINCT]) {
            call.within_distinct = self.paren_list(Self::expr)?;
        }
        if self.eat_kws(&[Kw::WITHIN, Kw::GROUP]) {
            call.within_group = self.within_group()?;
        }
        if self.peek_kw(Kw::FILTER) && self.ahead(1) == TokenKind::LeftParen {
            self.advance();
            let open = self.need(TokenKind::LeftParen)?;
            self.need_kw(Kw::WHERE)?;
            call.filter = Some(self.expr()?);
            self.close(open)?;
        }
        if self.eat_kw(Kw::OVER) {
            call.over = Some(self.over()?);
        }
        Ok(())
    }

    /// `(ORDER BY ...)`
    pub(super) fn within_group(&mut self) -> Read<Vec<OrderItem>> {
        let open = self.need(TokenKind::LeftParen)?;
        if !self.at_kw(Kw::ORDER) {
            return self.unexpected();
        }
        let order = self.order_by()?;
        self.close(open)?;
        Ok(order)
    }

    fn over(&mut self) -> Read<Over> {
        if self.peek(TokenKind::LeftParen) {
            return Ok(Over::Spec(self.nested(Self::window_spec)?));
        }
        if !self.at_ident() {
            self.expect(Expect::Token(TokenKind::LeftParen));
        }
        Ok(Over::Name(self.ident()?))
    }

    /// `([base] [PARTITION BY ...] [ORDER BY ...] [frame])`
    pub(super) fn window_spec(&mut self) -> Read<WindowSpec> {
        let open = self.need(TokenKind::LeftParen)?;
        let start = self.at;
        let named = self.at_ident() && !self.peek_kws(&[Kw::PARTITION, Kw::BY]);
        let base = if named { Some(self.ident()?) } else { None };
        let partition_by =
            if self.eat_kws(&[Kw::PARTITION, Kw::BY]) { self.comma_list(Self::expr)? } else { Vec::new() };
        if self.peek_kw(Kw::ORDER) {
            self.note_break(GroupKind::Window, 0);
        }
        let order_by = self.order_by()?;
        if self.peek_kw(Kw::ROWS) || self.peek_kw(Kw::RANGE) {
            self.note_break(GroupKind::Window, 0);
        }
        let frame = self.frame()?;
        self.note_group(start, GroupKind::Window);
        self.close(open)?;
        Ok(WindowSpec { base, partition_by, order_by, frame, span: self.since(open) })
    }

    fn frame(&mut self) -> Read<Option<Frame>> {
        let start = self.span();
        let unit = if self.eat_kw(Kw::ROWS) {
            FrameUnit::Rows
        } else if self.eat_kw(Kw::RANGE) {
            FrameUnit::Range
        } else {
            return Ok(None);
        };
        let (first, last) = if self.eat_kw(Kw::BETWEEN) {
            let first = self.frame_bound()?;
            self.need_kw(Kw::AND)?;
            (first, self.frame_bound()?)
        } else {
            (self.frame_bound()?, FrameBound::CurrentRow)
        };
        let disallow_partial = self.eat_kws(&[Kw::DISALLOW, Kw::PARTIAL]);
        if !disallow_partial {
            self.eat_kws(&[Kw::ALLOW, Kw::PARTIAL]);
        }
        Ok(Some(Frame { unit, start: first, end: last, disallow_partial, span: self.since(start) }))
    }

    fn frame_bound(&mut self) -> Read<FrameBound> {
        if self.eat_kws(&[Kw::CURRENT, Kw::ROW]) {
            return Ok(FrameBound::CurrentRow);
        }
        if self.eat_kw(Kw::UNBOUNDED) {
            if self.eat_kw(Kw::PRECEDING) {
                return Ok(FrameBound::UnboundedPreceding);
            }
            self.need_kw(Kw::FOLLOWING)?;
            return Ok(FrameBound::UnboundedFollowing);
        }
        let offset = self.expr()?;
        if self.eat_kw(Kw::PRECEDING) {
            return Ok(FrameBound::Preceding(offset));
        }
        self.need_kw(Kw::FOLLOWING)?;
        Ok(FrameBound::Following(offset))
    }
}
