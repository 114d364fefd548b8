//! Statements of a script, and those that move rows: INSERT, DELETE, UPDATE, statement sets.

use super::{Expect, Parser, Read, Stop};
use crate::ast::{
    ConflictAction, Delete, Expr, ExprKind, Ident, Insert, Literal, OnConflict, PartitionValue, Statement,
    StatementKind, UnaryOp, Update,
};
use crate::keyword::Kw;
use crate::layout::{GroupKind, INDENT};
use crate::lexer::TokenKind;
use data::Diagnostic;

/// Words a statement can begin with.
pub(super) const STARTS: &[Kw] = &[
    Kw::SELECT,
    Kw::WITH,
    Kw::VALUES,
    Kw::VALUE,
    Kw::INSERT,
    Kw::UPSERT,
    Kw::MERGE,
    Kw::CREATE,
    Kw::ALTER,
    Kw::DROP,
    Kw::EXPLAIN,
    Kw::DESCRIBE,
    Kw::DESC,
    Kw::SHOW,
    Kw::USE,
    Kw::SET,
    Kw::RESET,
    Kw::EXECUTE,
    Kw::BEGIN,
    Kw::END,
    Kw::DELETE,
    Kw::UPDATE,
    Kw::TRUNCATE,
    Kw::ANALYZE,
    Kw::CALL,
    Kw::COMPILE,
    Kw::LOAD,
    Kw::UNLOAD,
    Kw::ADD,
    Kw::REMOVE,
    Kw::STOP,
    Kw::REPLACE,
    Kw::TABLE,
];

impl Parser<'_> {
    pub(super) fn at_statement_end(&self) -> bool {
        matches!(self.kind(), TokenKind::Semicolon | TokenKind::End)
    }

    /// One statement, without the `;` behind it.
    pub(crate) fn statement(&mut self) -> Read<Statement> {
        self.nested(|parser| {
            let start = parser.span();
            let before = parser.errors.len();
            let kind = parser.statement_kind()?;
            if parser.errors.len() > before {
                return Err(Stop);
            }
            Ok(Statement { kind, span: parser.since(start) })
        })
    }

    fn statement_kind(&mut self) -> Read<StatementKind> {
        if let Some(order) = self.client_order() {
            return Ok(order);
        }
        let Some(keyword) = self.keyword() else {
            if self.peek(TokenKind::LeftParen) {
                return Ok(StatementKind::Query(Box::new(self.query()?)));
            }
            return self.no_statement();
        };
        match keyword {
            Kw::SELECT | Kw::WITH | Kw::VALUES | Kw::VALUE | Kw::TABLE => {
                Ok(StatementKind::Query(Box::new(self.query()?)))
            }
            Kw::INSERT | Kw::UPSERT => Ok(StatementKind::Insert(Box::new(self.insert()?))),
            Kw::EXECUTE => self.execute(),
            Kw::BEGIN => {
                self.advance();
                self.need_kws(&[Kw::STATEMENT, Kw::SET])?;
                Ok(StatementKind::BeginStatementSet)
            }
            Kw::END => {
                self.advance();
                Ok(StatementKind::End)
            }
            Kw::DELETE => self.delete(),
            Kw::UPDATE => self.update(),
            Kw::MERGE => self.merge(),
            Kw::TRUNCATE => {
                self.advance();
                self.need_kw(Kw::TABLE)?;
                Ok(StatementKind::Truncate(self.object_name()?))
            }
            Kw::CREATE | Kw::REPLACE => self.create(),
            Kw::DROP => self.drop_statement(),
            Kw::ALTER => self.alter(),
            _ => match self.session_statement(keyword)? {
                Some(kind) => Ok(kind),
                None => self.no_statement(),
            },
        }
    }

    fn no_statement<T>(&mut self) -> Read<T> {
        for &keyword in STARTS {
            self.expect(Expect::Kw(keyword));
        }
        let span = self.span();
        let near = self.word().and_then(|word| self.near_miss(word));
        let shown: String = self.slice(span).chars().take(40).collect();
        let message = match self.kind() {
            TokenKind::Unknown => return self.unexpected(),
            TokenKind::End => "expected a statement".to_string(),
            _ => format!("no statement begins with `{}`", shown.replace('`', "'")),
        };
        let mut diagnostic = Diagnostic::parse("HW1001", span, message);
        match near {
            Some(keyword) => {
                diagnostic.hint = Some(format!("did you mean `{keyword}`?"));
                diagnostic.fix.push(data::diagnostic::Fix { span, text: keyword.to_string() });
            }
            None => {
                diagnostic.hint = Some("begin with SELECT, INSERT, CREATE, ALTER, DROP, SET, SHOW or such".to_string());
            }
        }
        self.fail(diagnostic)
    }

    // INSERT.

    pub(super) fn insert(&mut self) -> Read<Insert> {
        let start = self.span();
        let upsert = self.skip_kw(Kw::UPSERT);
        if !upsert {
            self.need_kw(Kw::INSERT)?;
        }
        let overwrite = !upsert && self.eat_kw(Kw::OVERWRITE);
        if !overwrite {
            self.need_kw(Kw::INTO)?;
        }
        let table = self.object_name()?;
        let hints = self.hints()?;
        let partition = if self.eat_kw(Kw::PARTITION) { self.partition_values(true)? } else { Vec::new() };
        let columns = if self.at_column_list() { self.paren_list(Self::object_name)? } else { Vec::new() };
        self.note_break(GroupKind::Statement, 0);
        let query = Box::new(self.query()?);
        if self.peek_kws(&[Kw::ON, Kw::CONFLICT]) {
            self.note_break(GroupKind::Statement, 0);
        }
        let on_conflict = self.on_conflict()?;
        Ok(Insert { overwrite, upsert, table, hints, partition, columns, query, on_conflict, span: self.since(start) })
    }

    /// A parenthesis that holds names, not a query.
    pub(super) fn at_column_list(&self) -> bool {
        self.peek(TokenKind::LeftParen)
            && matches!(self.ahead(1), TokenKind::Quoted | TokenKind::Word(_))
            && !matches!(self.keyword_ahead(1), Some(Kw::SELECT | Kw::WITH | Kw::VALUES | Kw::VALUE | Kw::TABLE))
    }

    fn on_conflict(&mut self) -> Read<Option<OnConflict>> {
        let start = self.span();
        if !self.eat_kws(&[Kw::ON, Kw::CONFLICT]) {
            return Ok(None);
        }
        self.need_kw(Kw::DO)?;
        let action = if self.eat_kw(Kw::DEDUPLICATE) {
            ConflictAction::Deduplicate
        } else if self.eat_kw(Kw::ERROR) {
            ConflictAction::Error
        } else {
            self.need_kw(Kw::NOTHING)?;
            ConflictAction::Nothing
        };
        Ok(Some(OnConflict { action, span: self.since(start) }))
    }

    /// `(key = value, ...)`; where `complete` is not asked for, a key may stand alone.
    pub(super) fn partition_values(&mut self, complete: bool) -> Read<Vec<PartitionValue>> {
        self.paren_list(|parser| {
            let key = parser.ident()?;
            if !complete && !parser.peek(TokenKind::Equal) {
                return Ok(PartitionValue { key, value: None });
            }
            parser.need(TokenKind::Equal)?;
            Ok(PartitionValue { key, value: Some(parser.literal()?) })
        })
    }

    pub(super) fn literal(&mut self) -> Read<Expr> {
        let start = self.span();
        if self.peek(TokenKind::Minus) {
            self.advance();
            let expr = Box::new(self.literal()?);
            return Ok(Expr::new(ExprKind::Unary { op: UnaryOp::Minus, expr }, self.since(start)));
        }
        let literal = matches!(
            self.kind(),
            TokenKind::Integer | TokenKind::Decimal | TokenKind::Approximate | TokenKind::String | TokenKind::Binary
        ) || matches!(
            self.keyword(),
            Some(Kw::NULL | Kw::TRUE | Kw::FALSE | Kw::DATE | Kw::TIME | Kw::TIMESTAMP | Kw::INTERVAL)
        );
        if !literal {
            self.expect(Expect::Thing("a literal"));
            return self.unexpected();
        }
        let expr = self.expr_above(super::expr::precedence::SIGN)?;
        match expr.kind {
            ExprKind::Literal(Literal::Boolean(None)) => self.unexpected(),
            _ => Ok(expr),
        }
    }

    // Statement sets.

    /// `EXECUTE STATEMENT SET ...`, `EXECUTE PLAN`; before a query or an INSERT the word changes nothing.
    pub(super) fn execute(&mut self) -> Read<StatementKind> {
        self.need_kw(Kw::EXECUTE)?;
        if self.eat_kw(Kw::PLAN) {
            return Ok(StatementKind::ExecutePlan(self.text_literal()?));
        }
        if self.at_kw(Kw::STATEMENT) {
            return self.statement_set();
        }
        if self.at_kw(Kw::INSERT) || self.peek_kw(Kw::UPSERT) {
            return Ok(StatementKind::Insert(Box::new(self.insert()?)));
        }
        if self.at_query() || self.peek(TokenKind::LeftParen) {
            return Ok(StatementKind::Query(Box::new(self.query()?)));
        }
        self.expect(Expect::Kw(Kw::SELECT));
        self.unexpected()
    }

    /// `STATEMENT SET BEGIN insert; insert; END`
    pub(super) fn statement_set(&mut self) -> Read<StatementKind> {
        self.need_kws(&[Kw::STATEMENT, Kw::SET, Kw::BEGIN])?;
        let start = self.at;
        self.note_forced(GroupKind::StatementSet);
        let mut inserts = Vec::new();
        loop {
            self.note_break(GroupKind::StatementSet, INDENT);
            let insert_start = self.at;
            match self.insert().and_then(|insert| self.need(TokenKind::Semicolon).map(|_| insert)) {
                Ok(insert) => {
                    self.note_group(insert_start, GroupKind::Statement);
                    inserts.push(insert);
                }
                Err(Stop) => {
                    while !self.at_statement_end() {
                        self.advance();
                    }
                    if !self.eat(TokenKind::Semicolon) {
                        return Err(Stop);
                    }
                }
            }
            if self.at_kw(Kw::END) {
                self.note_break(GroupKind::StatementSet, 0);
                self.advance();
                self.note_group(start, GroupKind::StatementSet);
                return Ok(StatementKind::StatementSet(inserts));
            }
            if self.peek(TokenKind::End) {
                return self.unexpected();
            }
        }
    }

    // DELETE, UPDATE.

    pub(super) fn target_alias(&mut self) -> Read<Option<Ident>> {
        if self.eat_kw(Kw::AS) || self.at_ident() { Ok(Some(self.ident()?)) } else { Ok(None) }
    }

    fn delete(&mut self) -> Read<StatementKind> {
        self.need_kws(&[Kw::DELETE, Kw::FROM])?;
        let table = self.object_name()?;
        let hints = self.hints()?;
        let alias = self.target_alias()?;
        let filter = if self.eat_kw(Kw::WHERE) { Some(self.expr()?) } else { None };
        Ok(StatementKind::Delete(Box::new(Delete { table, hints, alias, filter })))
    }

    fn update(&mut self) -> Read<StatementKind> {
        self.need_kw(Kw::UPDATE)?;
        let table = self.object_name()?;
        let hints = self.hints()?;
        let alias = self.target_alias()?;
        self.need_kw(Kw::SET)?;
        let assignments = self.comma_list(|parser| {
            let column = parser.ident()?;
            parser.need(TokenKind::Equal)?;
            Ok((column, parser.expr()?))
        })?;
        let filter = if self.eat_kw(Kw::WHERE) { Some(self.expr()?) } else { None };
        Ok(StatementKind::Update(Box::new(Update { table, hints, alias, assignments, filter })))
    }
}
