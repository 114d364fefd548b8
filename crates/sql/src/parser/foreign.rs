//! Statements of the language that no planner of Flink takes: MERGE, ALTER SESSION and SYSTEM, orders to Flink's client.
//! They are read so that a text is understood as a whole, and refused by name.

use super::{Expect, Parser, Read};
use crate::ast::{AlterScope, ClientOrder, Expr, ExprKind, Literal, Merge, MergeInsert, ScopeSetting, StatementKind};
use crate::keyword::Kw;
use crate::layout::{GroupKind, INDENT};
use crate::lexer::TokenKind;

impl Parser<'_> {
    pub(super) fn merge(&mut self) -> Read<StatementKind> {
        self.need_kws(&[Kw::MERGE, Kw::INTO])?;
        let table = self.object_name()?;
        let hints = self.hints()?;
        let alias = self.target_alias()?;
        self.note_break(GroupKind::Statement, 0);
        self.need_kw(Kw::USING)?;
        let source = self.nested(Self::table_factor)?;
        self.note_break(GroupKind::Statement, INDENT);
        self.need_kw(Kw::ON)?;
        let on = self.expr()?;
        let mut merge = Merge { table, hints, alias, source, on, update: None, insert: None };
        self.note_break(GroupKind::Statement, 0);
        self.need_kw(Kw::WHEN)?;
        if self.eat_kw(Kw::MATCHED) {
            self.need_kws(&[Kw::THEN, Kw::UPDATE, Kw::SET])?;
            merge.update = Some(self.comma_list(|parser| {
                let column = parser.object_name()?;
                parser.need(TokenKind::Equal)?;
                Ok((column, parser.expr()?))
            })?);
            if !self.at_kw(Kw::WHEN) {
                return Ok(StatementKind::Merge(Box::new(merge)));
            }
            self.note_break(GroupKind::Statement, 0);
            self.advance();
        }
        self.need_kws(&[Kw::NOT, Kw::MATCHED, Kw::THEN, Kw::INSERT])?;
        merge.insert = Some(self.merge_insert()?);
        Ok(StatementKind::Merge(Box::new(merge)))
    }

    /// `[(columns)] VALUES row`, the latter possibly in parentheses.
    fn merge_insert(&mut self) -> Read<MergeInsert> {
        let columns = if self.at_column_list() { self.paren_list(Self::object_name)? } else { Vec::new() };
        let open = if self.peek(TokenKind::LeftParen) { Some(self.advance().span) } else { None };
        if !self.eat_kw(Kw::VALUES) {
            self.need_kw(Kw::VALUE)?;
        }
        let row = self.values_row()?;
        if let Some(open) = open {
            self.close(open)?;
        }
        Ok(MergeInsert { columns, row })
    }

    /// `ALTER SESSION SET a.b = 1`, `ALTER SYSTEM RESET ALL`; ALTER has been read.
    pub(super) fn alter_scope(&mut self) -> Read<StatementKind> {
        let system = self.eat_kw(Kw::SYSTEM);
        if !system {
            self.need_kw(Kw::SESSION)?;
        }
        let setting = if self.eat_kw(Kw::RESET) {
            if self.eat_kw(Kw::ALL) { ScopeSetting::ResetAll } else { ScopeSetting::Reset(self.object_name()?) }
        } else {
            self.need_kw(Kw::SET)?;
            let name = self.object_name()?;
            self.need(TokenKind::Equal)?;
            ScopeSetting::Set { name, value: self.scope_value()? }
        };
        Ok(StatementKind::AlterScope(Box::new(AlterScope { system, setting })))
    }

    fn scope_value(&mut self) -> Read<Expr> {
        let span = self.span();
        if self.eat_kw(Kw::ON) {
            return Ok(Expr::new(ExprKind::Literal(Literal::String { value: "ON".to_owned(), charset: None }), span));
        }
        if self.at_ident() {
            let name = crate::ast::ObjectName(vec![self.ident()?]);
            return Ok(Expr::new(ExprKind::Column(name), span));
        }
        self.literal()
    }

    /// One word that is a statement of Flink's client.
    pub(super) fn client_order(&mut self) -> Option<StatementKind> {
        let word = self.word()?;
        let order = ClientOrder::ALL.into_iter().find(|order| order.word().eq_ignore_ascii_case(word))?;
        if !matches!(self.ahead(1), TokenKind::Semicolon | TokenKind::End) {
            return None;
        }
        self.advance();
        Some(StatementKind::Client(order))
    }

    /// `NEXT VALUE FOR s`, `CURRENT VALUE FOR s`; its first word is next.
    pub(super) fn sequence_value(&mut self, next: bool) -> Read<Expr> {
        let start = self.advance().span;
        self.need_kws(&[Kw::VALUE, Kw::FOR])?;
        let name = self.object_name()?;
        Ok(Expr::new(ExprKind::Sequence { next, name }, self.since(start)))
    }

    /// `(1, DEFAULT)`, `ROW(1, DEFAULT)`: DEFAULT is allowed as an item of a row only.
    pub(super) fn row_with_defaults(&mut self) -> Read<Vec<Expr>> {
        self.skip_kw(Kw::ROW);
        self.paren_list(|parser| {
            let span = parser.span();
            if parser.skip_kw(Kw::DEFAULT) {
                return Ok(Expr::new(ExprKind::Default, span));
            }
            parser.expr()
        })
    }

    /// Whether a row is next in which DEFAULT is an item.
    pub(super) fn at_row_with_defaults(&self) -> bool {
        let open = usize::from(self.peek_kw(Kw::ROW));
        if self.ahead(open) != TokenKind::LeftParen {
            return false;
        }
        let (mut depth, mut at) = (0usize, open);
        loop {
            match self.ahead(at) {
                TokenKind::LeftParen | TokenKind::LeftBracket => depth += 1,
                TokenKind::RightParen | TokenKind::RightBracket => depth -= 1,
                TokenKind::Word(Some(Kw::DEFAULT))
                    if depth == 1
                        && matches!(self.ahead(at - 1), TokenKind::LeftParen | TokenKind::Comma)
                        && matches!(self.ahead(at + 1), TokenKind::RightParen | TokenKind::Comma) =>
                {
                    return true;
                }
                TokenKind::End | TokenKind::Semicolon => return false,
                _ => {}
            }
            if depth == 0 {
                return false;
            }
            at += 1;
        }
    }

    /// `DESCRIBE TABLE t [column]`, `DESCRIBE [STATEMENT] ...`; the first word is next.
    pub(super) fn describe_other(&mut self) -> Read<Option<crate::ast::Describe>> {
        use crate::ast::Describe;
        if self.peek_kw(Kw::TABLE) {
            self.advance();
            let name = self.object_name()?;
            let column = if self.at_ident() { Some(self.ident()?) } else { None };
            return Ok(Some(Describe::TableColumn { name, column }));
        }
        let statement = self.skip_kw(Kw::STATEMENT);
        let begins = matches!(self.keyword(), Some(Kw::INSERT | Kw::UPSERT | Kw::DELETE | Kw::UPDATE | Kw::MERGE))
            || self.at_query()
            || self.peek(TokenKind::LeftParen);
        if begins {
            return Ok(Some(Describe::Statement(Box::new(self.statement()?))));
        }
        if statement {
            self.expect(Expect::Kw(Kw::SELECT));
            return self.unexpected();
        }
        Ok(None)
    }
}
