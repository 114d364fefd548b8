//! Statements of a script, and those that move rows: INSERT, DELETE, UPDATE, statement sets.

use super::{Expect, Parser, Read, Stop};
use crate::ast::{
    ConflictAction, Delete, Expr, ExprKind, Ident, Insert, Literal, OnConflict, PartitionValue, Statement,
    StatementKind, UnaryOp, Update,
};
use crate::keyword::Kw;
use crate::layout::GroupKind;
use crate::lexer::TokenKind;
use data::{Diagnostic, Span};

/// What one statement of a script came to.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// `None` when it has an error.
    pub statement: Option<Statement>,
    /// From its first to its last word.
    pub span: Span,
    /// In the order of the text. Never empty without a statement.
    pub errors: Vec<Diagnostic>,
}

/// Words a statement can begin with.
const STARTS: &[Kw] = &[
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
    /// Every statement up to the end of the text.
    pub(crate) fn script(mut self) -> Vec<Parsed> {
        self.statements()
    }

    pub(super) fn statements(&mut self) -> Vec<Parsed> {
        let mut parsed = Vec::new();
        loop {
            while self.peek(TokenKind::Semicolon) {
                self.advance();
            }
            if self.peek(TokenKind::End) {
                break;
            }
            let start = self.span();
            let at = self.at;
            let statement = self.statement();
            self.note_group(at, GroupKind::Statement);
            let complete = statement.is_ok();
            let statement = match statement {
                Ok(statement) if self.at_statement_end() => Some(statement),
                Ok(_) => {
                    self.unfinished();
                    None
                }
                Err(Stop) => None,
            };
            if statement.is_none() {
                self.skip_statement(complete, at);
            }
            self.depth = 0;
            self.parameters = 0;
            self.expected.clear();
            parsed.push(Parsed { statement, span: self.since(start), errors: Vec::new() });
        }
        let errors = self.take_errors();
        assign(&mut parsed, errors);
        parsed
    }

    /// Runs a reader over the whole text.
    pub(crate) fn whole<T>(mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Result<T, Vec<Diagnostic>> {
        let value = read(&mut self).and_then(|value| {
            self.eat(TokenKind::Semicolon);
            if self.peek(TokenKind::End) { Ok(value) } else { self.unexpected() }
        });
        match value {
            Ok(value) if self.errors.is_empty() => Ok(value),
            _ => Err(self.take_errors()),
        }
    }

    fn at_statement_end(&self) -> bool {
        matches!(self.kind(), TokenKind::Semicolon | TokenKind::End)
    }

    fn at_line_start(&self) -> bool {
        let (before, here) = (self.previous().end as usize, self.span().start as usize);
        self.text.get(before..here).is_some_and(|gap| gap.contains('\n'))
    }

    fn at_next_statement(&self) -> bool {
        self.at_line_start() && self.keyword().is_some_and(|keyword| STARTS.contains(&keyword))
    }

    /// A statement was read and something else than its end follows.
    fn unfinished(&mut self) {
        if self.at_next_statement() {
            let end = self.previous().end;
            let mut diagnostic = Diagnostic::parse("HW1001", self.span(), "the statement before this one has no end")
                .hint("write `;` between two statements");
            diagnostic.fix.push(data::diagnostic::Fix { span: Span { start: end, end }, text: ";".to_string() });
            self.fail::<()>(diagnostic).ok();
        } else {
            self.unexpected::<()>().ok();
        }
    }

    /// Skips to the end of a broken statement: its `;`, or a line that begins the next one.
    fn skip_statement(&mut self, complete: bool, started_at: usize) {
        if complete && self.at_next_statement() {
            return;
        }
        let mut depth = 0usize;
        while !self.at_statement_end() {
            match self.kind() {
                TokenKind::LeftParen => depth += 1,
                TokenKind::RightParen => depth = depth.saturating_sub(1),
                TokenKind::Word(Some(Kw::INSERT | Kw::CREATE | Kw::DROP | Kw::EXPLAIN | Kw::EXECUTE))
                    if depth == 0 && self.at > started_at && self.at_line_start() =>
                {
                    return;
                }
                _ => {}
            }
            self.advance();
        }
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
            self.note_break(GroupKind::StatementSet, 4);
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

/// Gives every error to the statement it lies in; one behind the last statement goes to that one.
fn assign(parsed: &mut Vec<Parsed>, errors: Vec<Diagnostic>) {
    let mut at = 0;
    for error in errors {
        let start = error.span.map_or(0, |span| span.start);
        while at + 1 < parsed.len() && parsed[at + 1].span.start <= start {
            at += 1;
        }
        match parsed.get_mut(at) {
            Some(statement) => {
                statement.statement = None;
                statement.errors.push(error);
            }
            None => {
                let span = error.span.unwrap_or_default();
                parsed.push(Parsed { statement: None, span, errors: vec![error] });
            }
        }
    }
}
