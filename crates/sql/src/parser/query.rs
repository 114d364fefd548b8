//! Queries: WITH, set operations, ORDER BY and limits, SELECT and its clauses.

use super::{Expect, Parser, Read, Stop};
use crate::ast::{
    Cte, Expr, ExprKind, GroupBy, GroupItem, Hint, HintArg, HintArgs, Ident, NamedWindow, NullOrder, ObjectName,
    OrderItem, Property, Query, QueryBody, QueryBodyKind, Select, SelectItem, SelectItemKind, SetOp, Text, ValuesRow,
    With,
};
use crate::keyword::Kw;
use crate::layout::GroupKind;
use crate::lexer::TokenKind;
use data::{Diagnostic, Span};

/// Where reading can go on after an error in a clause of SELECT.
const CLAUSES: &[Kw] = &[
    Kw::FROM,
    Kw::WHERE,
    Kw::GROUP,
    Kw::HAVING,
    Kw::WINDOW,
    Kw::QUALIFY,
    Kw::ORDER,
    Kw::LIMIT,
    Kw::OFFSET,
    Kw::FETCH,
    Kw::UNION,
    Kw::INTERSECT,
    Kw::EXCEPT,
];

/// More set operations in a row than this make a tree too deep.
const MAX_SET_OPS: usize = 500;

impl Parser<'_> {
    /// Whether a query begins here without a parenthesis.
    pub(super) fn at_query(&self) -> bool {
        match self.keyword() {
            Some(Kw::SELECT | Kw::WITH | Kw::VALUES | Kw::VALUE) => true,
            Some(Kw::TABLE) => self.ahead(1) != TokenKind::LeftParen,
            _ => false,
        }
    }

    /// Whether what follows a query in parentheses makes the whole a query.
    pub(super) fn at_query_tail(&self) -> bool {
        matches!(
            self.keyword(),
            Some(Kw::UNION | Kw::INTERSECT | Kw::EXCEPT | Kw::MINUS | Kw::ORDER | Kw::LIMIT | Kw::OFFSET | Kw::FETCH)
        )
    }

    pub(crate) fn query(&mut self) -> Read<Query> {
        self.nested(|parser| {
            let start = parser.span();
            let at = parser.at;
            let with = if parser.peek_kw(Kw::WITH) { Some(parser.with()?) } else { None };
            if with.is_some() {
                parser.note_break(GroupKind::Query, 0);
            }
            let first = parser.query_operand()?;
            let query = parser.query_rest(with, first, start)?;
            parser.note_group(at, GroupKind::Query);
            Ok(query)
        })
    }

    /// Goes on behind a query that stood in parentheses.
    pub(super) fn query_from(&mut self, first: Query, span: Span) -> Read<Query> {
        let body = unwrap_query(first, span);
        self.query_rest(None, body, span)
    }

    fn query_rest(&mut self, with: Option<With>, first: QueryBody, start: Span) -> Read<Query> {
        let body = self.set_operations(first)?;
        if self.peek_kw(Kw::ORDER) {
            self.note_break(GroupKind::Query, 0);
        }
        let order_by = self.order_by()?;
        if matches!(self.keyword(), Some(Kw::LIMIT | Kw::OFFSET | Kw::FETCH)) {
            self.note_break(GroupKind::Query, 0);
        }
        let (limit, offset) = self.limits()?;
        let bare = with.is_none() && order_by.is_empty() && limit.is_none() && offset.is_none();
        let body = match body.kind {
            // Parentheses around the whole of a query mean nothing.
            QueryBodyKind::Query(query) if bare => return Ok(*query),
            kind => QueryBody { kind, span: body.span },
        };
        Ok(Query { with, body, order_by, offset, limit, span: self.since(start) })
    }

    fn with(&mut self) -> Read<With> {
        let start = self.need_kw(Kw::WITH)?;
        let recursive = self.eat_kw(Kw::RECURSIVE);
        let ctes = self.comma_list(Self::cte)?;
        Ok(With { recursive, ctes, span: self.since(start) })
    }

    fn cte(&mut self) -> Read<Cte> {
        let name = self.ident()?;
        let columns = if self.peek(TokenKind::LeftParen) { self.ident_list()? } else { Vec::new() };
        self.need_kw(Kw::AS)?;
        let query = Box::new(self.parenthesized_query()?);
        let span = self.since(name.span);
        Ok(Cte { name, columns, query, span })
    }

    // Set operations.

    /// INTERSECT binds more strongly than UNION and EXCEPT.
    fn set_operations(&mut self, first: QueryBody) -> Read<QueryBody> {
        let mut left = self.intersections(first)?;
        let mut count = 0;
        loop {
            if matches!(self.keyword(), Some(Kw::UNION | Kw::EXCEPT)) {
                self.note_break(GroupKind::Query, 0);
            }
            let op = if self.eat_kw(Kw::UNION) {
                SetOp::Union
            } else if self.eat_kw(Kw::EXCEPT) {
                SetOp::Except
            } else if self.peek_kw(Kw::MINUS) {
                return self.minus();
            } else {
                return Ok(left);
            };
            count += 1;
            self.check_set_ops(count)?;
            let all = self.set_quantifier();
            self.note_break(GroupKind::Query, 0);
            let right = self.query_operand()?;
            let right = self.intersections(right)?;
            left = set_op(op, all, left, right);
        }
    }

    fn intersections(&mut self, first: QueryBody) -> Read<QueryBody> {
        let mut left = first;
        let mut count = 0;
        while self.at_kw(Kw::INTERSECT) {
            self.note_break(GroupKind::Query, 0);
            self.advance();
            count += 1;
            self.check_set_ops(count)?;
            let all = self.set_quantifier();
            self.note_break(GroupKind::Query, 0);
            let right = self.query_operand()?;
            left = set_op(SetOp::Intersect, all, left, right);
        }
        Ok(left)
    }

    fn check_set_ops(&mut self, count: usize) -> Read<()> {
        if count <= MAX_SET_OPS {
            return Ok(());
        }
        let span = self.span();
        self.fail(
            Diagnostic::parse("HW1005", span, "this chain of set operations is too long")
                .detail(format!("more than {MAX_SET_OPS} follow one another"))
                .hint("group them in views, or write one VALUES"),
        )
    }

    fn minus(&mut self) -> Read<QueryBody> {
        let span = self.span();
        let mut diagnostic = Diagnostic::parse("HW1008", span, "MINUS is not an operator between queries in Flink SQL")
            .hint("write EXCEPT");
        diagnostic.fix.push(data::diagnostic::Fix { span, text: "EXCEPT".to_string() });
        self.fail(diagnostic)
    }

    fn set_quantifier(&mut self) -> bool {
        if self.eat_kw(Kw::ALL) {
            return true;
        }
        self.eat_kw(Kw::DISTINCT);
        false
    }

    /// One side of a set operation.
    fn query_operand(&mut self) -> Read<QueryBody> {
        let start = self.span();
        match self.keyword() {
            Some(Kw::SELECT) => {
                let select = Box::new(self.nested(Self::select)?);
                Ok(QueryBody { kind: QueryBodyKind::Select(select), span: self.since(start) })
            }
            Some(Kw::VALUES | Kw::VALUE) => {
                self.advance();
                let rows = self.clause_list(Self::values_row)?;
                Ok(QueryBody { kind: QueryBodyKind::Values(rows), span: self.since(start) })
            }
            Some(Kw::TABLE) => {
                self.advance();
                let name = self.object_name()?;
                Ok(QueryBody { kind: QueryBodyKind::Table(name), span: self.since(start) })
            }
            _ if self.peek(TokenKind::LeftParen) => {
                let query = self.parenthesized_query()?;
                let span = self.since(start);
                Ok(unwrap_query(query, span))
            }
            _ => {
                self.expect(Expect::Kw(Kw::SELECT));
                self.expect(Expect::Kw(Kw::VALUES));
                self.expect(Expect::Token(TokenKind::LeftParen));
                self.unexpected()
            }
        }
    }

    pub(super) fn values_row(&mut self) -> Read<ValuesRow> {
        let start = self.span();
        if self.at_row_with_defaults() {
            let items = self.row_with_defaults()?;
            return Ok(ValuesRow { items, span: self.since(start) });
        }
        let expr = self.expr()?;
        let items = match expr.kind {
            ExprKind::Row(items) => items,
            kind => vec![Expr { kind, span: expr.span }],
        };
        Ok(ValuesRow { items, span: self.since(start) })
    }

    // ORDER BY and limits.

    pub(super) fn order_by(&mut self) -> Read<Vec<OrderItem>> {
        if !self.eat_kw(Kw::ORDER) {
            return Ok(Vec::new());
        }
        self.need_kw(Kw::BY)?;
        self.clause_list(Self::order_item)
    }

    pub(super) fn order_item(&mut self) -> Read<OrderItem> {
        let expr = self.expr()?;
        let descending = self.eat_kw(Kw::DESC);
        if !descending {
            self.eat_kw(Kw::ASC);
        }
        let nulls = if self.eat_kws(&[Kw::NULLS, Kw::FIRST]) {
            Some(NullOrder::First)
        } else if self.eat_kws(&[Kw::NULLS, Kw::LAST]) {
            Some(NullOrder::Last)
        } else {
            None
        };
        let span = self.since(expr.span);
        Ok(OrderItem { expr, descending, nulls, span })
    }

    /// `LIMIT n [OFFSET m]`, `[OFFSET m ROWS] [FETCH FIRST n ROWS ONLY]`
    fn limits(&mut self) -> Read<(Option<Expr>, Option<Expr>)> {
        let mut limit = None;
        let limited = self.eat_kw(Kw::LIMIT);
        if limited && !self.eat_kw(Kw::ALL) {
            limit = Some(self.count()?);
        }
        let mut offset = None;
        if self.eat_kw(Kw::OFFSET) {
            offset = Some(self.count()?);
            if !self.eat_kw(Kw::ROWS) {
                self.eat_kw(Kw::ROW);
            }
        }
        if !limited && self.eat_kw(Kw::FETCH) {
            if !self.eat_kw(Kw::FIRST) {
                self.need_kw(Kw::NEXT)?;
            }
            limit = Some(self.count()?);
            if !self.eat_kw(Kw::ROWS) {
                self.need_kw(Kw::ROW)?;
            }
            self.need_kw(Kw::ONLY)?;
        }
        if limited && self.peek(TokenKind::Comma) {
            let span = self.span();
            return self.fail(
                Diagnostic::parse("HW1008", span, "LIMIT takes one number").hint("write LIMIT count OFFSET start"),
            );
        }
        if !limited && self.peek_kw(Kw::LIMIT) {
            let span = self.span();
            return self.fail(
                Diagnostic::parse("HW1008", span, "LIMIT stands before OFFSET").hint("write LIMIT count OFFSET start"),
            );
        }
        Ok((limit, offset))
    }

    fn count(&mut self) -> Read<Expr> {
        match self.kind() {
            TokenKind::Integer | TokenKind::Decimal | TokenKind::Approximate => self.token_literal(),
            TokenKind::Question => self.expr(),
            _ => {
                self.expect(Expect::Thing("a number of rows"));
                self.unexpected()
            }
        }
    }

    // SELECT.

    fn select(&mut self) -> Read<Select> {
        let start = self.need_kw(Kw::SELECT)?;
        let hints = self.hints()?;
        let stream = self.skip_kw(Kw::STREAM);
        let distinct = self.skip_kw(Kw::DISTINCT);
        if !distinct {
            self.skip_kw(Kw::ALL);
        }
        let before = self.errors.len();
        let items = self.clause(|parser| parser.clause_list(Self::select_item))?;
        let without_from = !self.at_kw(Kw::FROM);
        let from = self.optional_clause(Kw::FROM, Self::table_list)?;
        if without_from {
            self.no_clause_without_from()?;
        }
        let filter = self.optional_clause(Kw::WHERE, Self::expr)?;
        let group_by = if self.at_kw(Kw::GROUP) { self.clause(Self::group_by)? } else { None };
        let having = self.optional_clause(Kw::HAVING, Self::expr)?;
        let windows = self.optional_clause(Kw::WINDOW, |parser| parser.clause_list(Self::named_window))?;
        let qualify = self.optional_clause(Kw::QUALIFY, Self::expr)?;
        self.clause_order()?;
        if self.errors.len() > before {
            return Err(Stop);
        }
        Ok(Select {
            hints,
            distinct,
            stream,
            items: items.unwrap_or_default(),
            from,
            filter,
            group_by,
            having,
            windows: windows.unwrap_or_default(),
            qualify,
            span: self.since(start),
        })
    }

    /// Reads a clause; after an error reading goes on at the next one. `None` when there was an error.
    fn clause<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<Option<T>> {
        match read(self) {
            Ok(value) => Ok(Some(value)),
            Err(Stop) => {
                self.skip_to(&[], CLAUSES)?;
                if self.peek(TokenKind::RightParen) { Err(Stop) } else { Ok(None) }
            }
        }
    }

    fn optional_clause<T>(&mut self, keyword: Kw, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<Option<T>> {
        if !self.at_kw(keyword) {
            return Ok(None);
        }
        self.note_break(GroupKind::Query, 0);
        self.advance();
        self.clause(read)
    }

    fn no_clause_without_from(&mut self) -> Read<()> {
        let clause =
            [Kw::WHERE, Kw::GROUP, Kw::HAVING, Kw::WINDOW, Kw::QUALIFY].into_iter().find(|&it| self.peek_kw(it));
        let Some(clause) = clause else { return Ok(()) };
        let diagnostic = self.describe().detail(format!("{} stands behind FROM only", clause.text()));
        self.fail(diagnostic)
    }

    /// A clause that comes too late is better reported as such than as an unexpected word.
    fn clause_order(&mut self) -> Read<()> {
        let late = match self.keyword() {
            Some(Kw::FROM) => "FROM",
            Some(Kw::WHERE) => "WHERE",
            Some(Kw::GROUP) => "GROUP BY",
            Some(Kw::HAVING) => "HAVING",
            Some(Kw::WINDOW) => "WINDOW",
            _ => return Ok(()),
        };
        let span = self.span();
        self.fail(
            Diagnostic::parse("HW1001", span, format!("{late} stands too late"))
                .detail("the clauses of SELECT have a fixed order")
                .hint("the order is FROM, WHERE, GROUP BY, HAVING, WINDOW, QUALIFY, ORDER BY, LIMIT"),
        )
    }

    fn select_item(&mut self) -> Read<SelectItem> {
        let start = self.span();
        if self.peek(TokenKind::Star) {
            self.advance();
            return Ok(SelectItem { kind: SelectItemKind::Star, span: start });
        }
        let expr = self.expr()?;
        if self.peek(TokenKind::Dot) && self.ahead(1) == TokenKind::Star {
            let ExprKind::Column(name) = expr.kind else {
                return self.star_of_expression(expr.span);
            };
            self.advance();
            self.advance();
            return Ok(SelectItem { kind: SelectItemKind::QualifiedStar(name), span: self.since(start) });
        }
        let alias = self.alias()?;
        Ok(SelectItem { kind: SelectItemKind::Expr { expr, alias }, span: self.since(start) })
    }

    fn star_of_expression<T>(&mut self, span: Span) -> Read<T> {
        self.fail(
            Diagnostic::parse("HW1008", span, "`.*` may follow a name only")
                .hint("select the fields of the row one by one"),
        )
    }

    /// `[AS] name`
    pub(super) fn alias(&mut self) -> Read<Option<Ident>> {
        let written = self.eat_kw(Kw::AS);
        if matches!(self.kind(), TokenKind::String) {
            let span = self.span();
            let text = self.slice(span).trim_matches('\'').to_string();
            let mut diagnostic = Diagnostic::parse("HW1003", span, "an alias is a name, not a string")
                .hint(format!("write it in back quotes: `{text}`"));
            diagnostic.fix.push(data::diagnostic::Fix { span, text: format!("`{}`", text.replace('`', "``")) });
            return self.fail(diagnostic);
        }
        if written || self.at_ident() { Ok(Some(self.ident()?)) } else { Ok(None) }
    }

    fn group_by(&mut self) -> Read<GroupBy> {
        self.note_break(GroupKind::Query, 0);
        let start = self.need_kw(Kw::GROUP)?;
        self.need_kw(Kw::BY)?;
        let distinct = self.eat_kw(Kw::DISTINCT);
        if !distinct {
            self.eat_kw(Kw::ALL);
        }
        let items = self.clause_list(Self::group_item)?;
        Ok(GroupBy { distinct, items, span: self.since(start) })
    }

    fn group_item(&mut self) -> Read<GroupItem> {
        if self.peek_kws(&[Kw::GROUPING, Kw::SETS]) {
            self.advance();
            self.advance();
            return Ok(GroupItem::GroupingSets(self.nested(|parser| parser.paren_list(Self::group_item))?));
        }
        if self.eat_kw(Kw::ROLLUP) {
            return Ok(GroupItem::Rollup(self.paren_list(Self::grouping_element)?));
        }
        if self.eat_kw(Kw::CUBE) {
            return Ok(GroupItem::Cube(self.paren_list(Self::grouping_element)?));
        }
        if self.peek(TokenKind::LeftParen) && self.ahead(1) == TokenKind::RightParen {
            self.advance();
            self.advance();
            return Ok(GroupItem::Set(Vec::new()));
        }
        let expr = self.expr()?;
        Ok(match expr.kind {
            ExprKind::Row(items) => GroupItem::Set(items),
            kind => GroupItem::Expr(Expr { kind, span: expr.span }),
        })
    }

    /// An element of ROLLUP or CUBE: one expression or several in parentheses.
    fn grouping_element(&mut self) -> Read<Vec<Expr>> {
        let expr = self.expr()?;
        Ok(match expr.kind {
            ExprKind::Row(items) => items,
            kind => vec![Expr { kind, span: expr.span }],
        })
    }

    fn named_window(&mut self) -> Read<NamedWindow> {
        let name = self.ident()?;
        self.need_kw(Kw::AS)?;
        Ok(NamedWindow { name, spec: self.window_spec()? })
    }

    // Hints.

    /// `/*+ A(x), B */`
    pub(super) fn hints(&mut self) -> Read<Vec<Hint>> {
        if !self.peek(TokenKind::HintBegin) {
            return Ok(Vec::new());
        }
        self.advance();
        let hints = self.comma_list(Self::hint)?;
        self.need(TokenKind::HintEnd)?;
        Ok(hints)
    }

    fn hint(&mut self) -> Read<Hint> {
        let name = self.ident()?;
        let mut args = HintArgs::None;
        if self.peek(TokenKind::LeftParen) {
            args = if self.ahead(2) == TokenKind::Equal {
                HintArgs::Options(self.paren_list(Self::hint_option)?)
            } else if self.ahead(1) == TokenKind::RightParen {
                self.advance();
                self.advance();
                HintArgs::List(Vec::new())
            } else {
                HintArgs::List(self.paren_list(Self::hint_arg)?)
            };
        }
        let span = self.since(name.span);
        Ok(Hint { name, args, span })
    }

    fn hint_option(&mut self) -> Read<Property> {
        if matches!(self.kind(), TokenKind::String | TokenKind::PrefixedString) {
            return self.property();
        }
        let key = self.ident()?;
        self.need(TokenKind::Equal)?;
        let value = self.text_literal()?;
        Ok(Property { key: Text { value: key.value, span: key.span }, value })
    }

    fn hint_arg(&mut self) -> Read<HintArg> {
        let token = self.token();
        match token.kind {
            TokenKind::String | TokenKind::PrefixedString => Ok(HintArg::Text(self.text_literal()?)),
            TokenKind::Integer | TokenKind::Decimal | TokenKind::Approximate => {
                self.advance();
                Ok(HintArg::Number(Text { value: self.slice(token.span).to_string(), span: token.span }))
            }
            _ => Ok(HintArg::Name(ObjectName(vec![self.ident()?]))),
        }
    }
}

/// A query in parentheses as an operand: without clauses of its own it is its body.
fn unwrap_query(query: Query, span: Span) -> QueryBody {
    let plain = query.with.is_none() && query.order_by.is_empty() && query.limit.is_none() && query.offset.is_none();
    if plain { query.body } else { QueryBody { kind: QueryBodyKind::Query(Box::new(query)), span } }
}

fn set_op(op: SetOp, all: bool, left: QueryBody, right: QueryBody) -> QueryBody {
    let span = left.span.to(right.span);
    QueryBody { kind: QueryBodyKind::SetOp { op, all, left: Box::new(left), right: Box::new(right) }, span }
}
