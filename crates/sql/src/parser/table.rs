//! What stands in FROM: tables, subqueries, table functions, joins.

use super::{Expect, Parser, Read};
use crate::ast::{
    ExprKind, Join, JoinCondition, JoinKind, Pivot, Query, TableAlias, TableRef, TableRefKind, TableSample, Text,
    Unpivot,
};
use crate::keyword::Kw;
use crate::layout::{GroupKind, INDENT};
use crate::lexer::TokenKind;
use data::{Diagnostic, Span};

/// Longer chains of joins make a tree too deep.
const MAX_JOINS: usize = 500;

/// What was in parentheses: both may go on.
enum Parenthesized {
    Query(Query),
    Table(TableRef),
}

impl Parser<'_> {
    /// `a, b JOIN c ON ...`: the comma binds weakest.
    pub(super) fn table_list(&mut self) -> Read<TableRef> {
        let start = self.at;
        let first = self.nested(Self::table_factor)?;
        let all = self.rest_of_list(first)?;
        self.note_group(start, GroupKind::From);
        if matches!(&all.kind, TableRefKind::Join(join) if join.kind != JoinKind::Cross) {
            self.note_forced_from(start, GroupKind::From);
        }
        Ok(all)
    }

    fn check_joins(&mut self, count: usize) -> Read<()> {
        if count <= MAX_JOINS {
            return Ok(());
        }
        let span = self.span();
        self.fail(
            Diagnostic::parse("HW1005", span, "too many tables are joined")
                .detail(format!("more than {MAX_JOINS} joins follow one another"))
                .hint("group them in views"),
        )
    }

    fn joined(&mut self) -> Read<TableRef> {
        let first = self.nested(Self::table_factor)?;
        self.joins(first)
    }

    fn joins(&mut self, mut left: TableRef) -> Read<TableRef> {
        let mut count = 0;
        loop {
            let start = self.at;
            let Some((kind, natural)) = self.join_operator()? else { return Ok(left) };
            count += 1;
            self.check_joins(count)?;
            let right = self.nested(Self::table_factor)?;
            let condition = if kind == JoinKind::Cross { self.no_condition()? } else { self.join_condition()? };
            self.note_group(start, GroupKind::Join);
            left = join(kind, natural, left, right, condition);
        }
    }

    fn join_operator(&mut self) -> Read<Option<(JoinKind, bool)>> {
        let begins = matches!(
            self.keyword(),
            Some(Kw::NATURAL | Kw::JOIN | Kw::INNER | Kw::CROSS | Kw::LEFT | Kw::RIGHT | Kw::FULL)
        );
        if begins {
            self.note_break(GroupKind::From, 0);
        }
        let natural = self.eat_kw(Kw::NATURAL);
        let kind = match self.keyword() {
            Some(Kw::JOIN) => JoinKind::Inner,
            Some(Kw::INNER) => JoinKind::Inner,
            Some(Kw::CROSS) => JoinKind::Cross,
            Some(Kw::LEFT) => JoinKind::Left,
            Some(Kw::RIGHT) => JoinKind::Right,
            Some(Kw::FULL) => JoinKind::Full,
            _ if natural => {
                self.expect(Expect::Kw(Kw::JOIN));
                return self.unexpected();
            }
            _ => {
                self.expect(Expect::Kw(Kw::JOIN));
                return Ok(None);
            }
        };
        if !self.peek_kw(Kw::JOIN) {
            self.advance();
        }
        if matches!(kind, JoinKind::Left | JoinKind::Right | JoinKind::Full) {
            self.eat_kw(Kw::OUTER);
        }
        self.need_kw(Kw::JOIN)?;
        Ok(Some((kind, natural)))
    }

    /// Flink reads a condition behind CROSS JOIN and refuses it later.
    fn no_condition(&mut self) -> Read<Option<JoinCondition>> {
        if !self.peek_kw(Kw::ON) && !self.peek_kw(Kw::USING) {
            return Ok(None);
        }
        let span = self.span();
        self.fail(
            Diagnostic::plan("HW1008", span, "a CROSS JOIN has no condition")
                .hint("write JOIN ... ON, or WHERE behind it"),
        )
    }

    fn join_condition(&mut self) -> Read<Option<JoinCondition>> {
        if self.peek_kw(Kw::ON) || self.peek_kw(Kw::USING) {
            self.note_break(GroupKind::Join, INDENT);
        }
        if self.eat_kw(Kw::ON) {
            return Ok(Some(JoinCondition::On(self.expr()?)));
        }
        if self.eat_kw(Kw::USING) {
            return Ok(Some(JoinCondition::Using(self.ident_list()?)));
        }
        Ok(None)
    }

    pub(super) fn table_factor(&mut self) -> Read<TableRef> {
        let start = self.span();
        let lateral = self.eat_kw(Kw::LATERAL);
        let mut table = match self.keyword() {
            Some(Kw::TABLE) if self.ahead(1) == TokenKind::LeftParen => self.table_function(lateral)?,
            Some(Kw::UNNEST) => self.unnest(lateral)?,
            _ if self.peek(TokenKind::LeftParen) => match self.parenthesized_table()? {
                Parenthesized::Query(query) => TableRefKind::Derived { lateral, query: Box::new(query) },
                Parenthesized::Table(table) => {
                    // Parentheses around joins; nothing of a table factor can follow them.
                    return Ok(table);
                }
            },
            _ if lateral => {
                self.expect(Expect::Kw(Kw::TABLE));
                self.expect(Expect::Kw(Kw::UNNEST));
                self.expect(Expect::Token(TokenKind::LeftParen));
                return self.unexpected();
            }
            _ => self.named_table()?,
        };
        let mut wrapped = false;
        if self.match_recognize_follows() {
            table = self.wrap_match(table, start)?;
            wrapped = true;
        }
        let mut table = TableRef { kind: table, alias: None, sample: None, span: self.since(start) };
        table.alias = self.table_alias()?;
        table.span = self.since(start);
        self.table_tail(table, start, wrapped)
    }

    /// What may follow the alias: MATCH_RECOGNIZE, PIVOT, UNPIVOT with an alias of their own, TABLESAMPLE.
    fn table_tail(&mut self, mut table: TableRef, start: Span, wrapped: bool) -> Read<TableRef> {
        let kind = if self.match_recognize_follows() && !wrapped {
            TableRefKind::MatchRecognize(Box::new(self.match_recognize(table)?))
        } else if self.peek_kw(Kw::PIVOT) && !wrapped {
            TableRefKind::Pivot(Box::new(self.pivot(table)?))
        } else if self.peek_kw(Kw::UNPIVOT) && !wrapped {
            TableRefKind::Unpivot(Box::new(self.unpivot(table)?))
        } else {
            if self.eat_kw(Kw::TABLESAMPLE) {
                table.sample = Some(self.sample()?);
                table.span = self.since(start);
            }
            return Ok(table);
        };
        let mut table = TableRef { kind, alias: None, sample: None, span: self.since(start) };
        table.alias = self.table_alias()?;
        table.span = self.since(start);
        self.table_tail(table, start, true)
    }

    fn match_recognize_follows(&self) -> bool {
        self.peek_kw(Kw::MATCH_RECOGNIZE)
    }

    fn wrap_match(&mut self, kind: TableRefKind, start: Span) -> Read<TableRefKind> {
        let input = TableRef { kind, alias: None, sample: None, span: self.since(start) };
        Ok(TableRefKind::MatchRecognize(Box::new(self.match_recognize(input)?)))
    }

    /// `[AS] name [(columns)]`
    fn table_alias(&mut self) -> Read<Option<TableAlias>> {
        let start = self.span();
        if !self.eat_kw(Kw::AS) && !self.at_ident() {
            return Ok(None);
        }
        let name = self.ident()?;
        let columns = if self.peek(TokenKind::LeftParen) { self.ident_list()? } else { Vec::new() };
        Ok(Some(TableAlias { name, columns, span: self.since(start) }))
    }

    /// A table, or a function called without TABLE.
    fn named_table(&mut self) -> Read<TableRefKind> {
        let start = self.span();
        if !self.at_ident() {
            self.expect(Expect::Thing("a table"));
            self.expect(Expect::Token(TokenKind::LeftParen));
            if self.keyword().is_some() {
                self.expect(Expect::Thing("a name"));
            }
            return self.unexpected();
        }
        let name = self.object_name()?;
        if self.peek(TokenKind::LeftParen) {
            let call = Box::new(self.call_arguments(name)?);
            return Ok(TableRefKind::Function { lateral: false, call, call_span: self.since(start) });
        }
        let hints = self.hints()?;
        let mut system_time = None;
        if self.eat_kws(&[Kw::FOR, Kw::SYSTEM_TIME]) {
            self.need_kws(&[Kw::AS, Kw::OF])?;
            system_time = Some(Box::new(self.expr()?));
        }
        Ok(TableRefKind::Table { name, hints, system_time })
    }

    /// `TABLE(f(...))`
    fn table_function(&mut self, lateral: bool) -> Read<TableRefKind> {
        self.need_kw(Kw::TABLE)?;
        self.note_tight();
        let open = self.need(TokenKind::LeftParen)?;
        let start = self.span();
        let expr = self.expr()?;
        let ExprKind::Call(call) = expr.kind else {
            return self.fail(
                Diagnostic::parse("HW1001", expr.span, "expected a call of a table function")
                    .hint("write TABLE(function(arguments)), or TABLE name in a query of its own"),
            );
        };
        let call_span = self.since(start);
        self.close(open)?;
        Ok(TableRefKind::Function { lateral, call, call_span })
    }

    fn unnest(&mut self, lateral: bool) -> Read<TableRefKind> {
        self.need_kw(Kw::UNNEST)?;
        self.note_tight();
        let items = self.paren_list(Self::expr)?;
        let ordinality = self.eat_kws(&[Kw::WITH, Kw::ORDINALITY]);
        Ok(TableRefKind::Unnest { lateral, items, ordinality })
    }

    /// `(query)` or `(joins)`. Which of them, only the end of an inner parenthesis may tell.
    fn parenthesized_table(&mut self) -> Read<Parenthesized> {
        self.nested(|parser| {
            let open = parser.need(TokenKind::LeftParen)?;
            let inner = if parser.at_query() {
                Parenthesized::Query(parser.query()?)
            } else if parser.peek(TokenKind::LeftParen) {
                parser.double_parenthesis()?
            } else {
                let table = parser.table_list()?;
                if !matches!(table.kind, TableRefKind::Join(_)) {
                    return parser.fail(
                        Diagnostic::parse("HW1001", table.span, "parentheses hold a query or a join here")
                            .hint("remove the parentheses around the table"),
                    );
                }
                Parenthesized::Table(table)
            };
            parser.close(open)?;
            Ok(inner)
        })
    }

    fn double_parenthesis(&mut self) -> Read<Parenthesized> {
        let start = self.span();
        match self.parenthesized_table()? {
            Parenthesized::Query(query) if self.at_query_tail() => {
                let span = self.since(start);
                Ok(Parenthesized::Query(self.query_from(query, span)?))
            }
            Parenthesized::Query(query) if self.peek(TokenKind::RightParen) => Ok(Parenthesized::Query(query)),
            Parenthesized::Query(query) => {
                let kind = TableRefKind::Derived { lateral: false, query: Box::new(query) };
                let mut table = TableRef { kind, alias: None, sample: None, span: self.since(start) };
                table.alias = self.table_alias()?;
                table.span = self.since(start);
                let table = self.table_tail(table, start, false)?;
                self.rest_of_list(table).map(Parenthesized::Table)
            }
            Parenthesized::Table(table) => self.rest_of_list(table).map(Parenthesized::Table),
        }
    }

    fn rest_of_list(&mut self, first: TableRef) -> Read<TableRef> {
        let mut left = self.joins(first)?;
        let mut count = 0;
        while self.eat(TokenKind::Comma) {
            self.note_break(GroupKind::From, INDENT);
            count += 1;
            self.check_joins(count)?;
            let right = self.joined()?;
            left = join(JoinKind::Cross, false, left, right, None);
        }
        Ok(left)
    }

    /// `BERNOULLI(10) REPEATABLE(3)`
    fn sample(&mut self) -> Read<TableSample> {
        let start = self.span();
        let mut sample =
            TableSample { substitute: None, bernoulli: false, percentage: None, repeatable: None, span: start };
        if self.eat_kw(Kw::SUBSTITUTE) {
            let open = self.need(TokenKind::LeftParen)?;
            sample.substitute = Some(self.text_literal()?);
            self.close(open)?;
        } else {
            sample.bernoulli = self.eat_kw(Kw::BERNOULLI);
            if !sample.bernoulli {
                self.need_kw(Kw::SYSTEM)?;
            }
            sample.percentage = Some(self.number_in_parens()?);
            if self.eat_kw(Kw::REPEATABLE) {
                sample.repeatable = Some(self.number_in_parens()?);
            }
        }
        sample.span = self.since(start);
        Ok(sample)
    }

    fn number_in_parens(&mut self) -> Read<Text> {
        self.note_tight();
        let open = self.need(TokenKind::LeftParen)?;
        let token = self.token();
        if !matches!(token.kind, TokenKind::Integer | TokenKind::Decimal) {
            self.expect(Expect::Thing("a number"));
            return self.unexpected();
        }
        self.advance();
        self.close(open)?;
        Ok(Text { value: self.slice(token.span).to_string(), span: token.span })
    }

    /// `PIVOT (SUM(x) AS s FOR y IN (1 AS a, 2 AS b))`
    fn pivot(&mut self, input: TableRef) -> Read<Pivot> {
        self.need_kw(Kw::PIVOT)?;
        let open = self.need(TokenKind::LeftParen)?;
        let aggregates = self.comma_list(|parser| {
            let expr = parser.expr()?;
            Ok((expr, parser.alias()?))
        })?;
        let axes = self.axes()?;
        let values = self.paren_list(|parser| {
            let expr = parser.expr()?;
            let items = match expr.kind {
                ExprKind::Row(items) => items,
                kind => vec![crate::ast::Expr { kind, span: expr.span }],
            };
            Ok((items, parser.alias()?))
        })?;
        self.close(open)?;
        Ok(Pivot { input, aggregates, axes, values })
    }

    /// `FOR a IN`, `FOR (a, b) IN`
    fn axes(&mut self) -> Read<Vec<crate::ast::Ident>> {
        self.need_kw(Kw::FOR)?;
        let axes = self.names()?;
        self.need_kw(Kw::IN)?;
        Ok(axes)
    }

    /// One name, or several in parentheses.
    fn names(&mut self) -> Read<Vec<crate::ast::Ident>> {
        if self.peek(TokenKind::LeftParen) { self.ident_list() } else { Ok(vec![self.ident()?]) }
    }

    fn unpivot(&mut self, input: TableRef) -> Read<Unpivot> {
        self.need_kw(Kw::UNPIVOT)?;
        let include_nulls = self.eat_kws(&[Kw::INCLUDE, Kw::NULLS]);
        if !include_nulls {
            self.eat_kws(&[Kw::EXCLUDE, Kw::NULLS]);
        }
        let open = self.need(TokenKind::LeftParen)?;
        let measures = self.names()?;
        let axes = self.axes()?;
        let columns = self.paren_list(|parser| {
            let names = parser.names()?;
            if !parser.eat_kw(Kw::AS) {
                return Ok((names, None));
            }
            let expr = parser.expr()?;
            Ok((
                names,
                Some(match expr.kind {
                    ExprKind::Row(items) => items,
                    kind => vec![crate::ast::Expr { kind, span: expr.span }],
                }),
            ))
        })?;
        self.close(open)?;
        Ok(Unpivot { input, include_nulls, measures, axes, columns })
    }
}

fn join(kind: JoinKind, natural: bool, left: TableRef, right: TableRef, condition: Option<JoinCondition>) -> TableRef {
    let end = match &condition {
        Some(JoinCondition::On(expr)) => expr.span,
        Some(JoinCondition::Using(columns)) => columns.last().map_or(right.span, |last| last.span),
        None => right.span,
    };
    let span = left.span.to(right.span).to(end);
    let kind = TableRefKind::Join(Box::new(Join { kind, natural, left, right, condition }));
    TableRef { kind, alias: None, sample: None, span }
}
