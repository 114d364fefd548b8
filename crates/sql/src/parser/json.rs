//! The SQL/JSON functions with their clauses.

use super::{Expect, Parser, Read};
use crate::ast::{
    Expr, ExprKind, JsonCall, JsonEntry, JsonExistsOnError, JsonItem, JsonOnNull, JsonQueryOn, JsonValueOn,
    JsonWrapper, TypeName,
};
use crate::keyword::Kw;
use crate::lexer::TokenKind;

impl Parser<'_> {
    pub(super) fn json_call(&mut self, keyword: Kw) -> Read<Option<Expr>> {
        let start = self.span();
        let read = match keyword {
            Kw::JSON_EXISTS => Self::json_exists,
            Kw::JSON_VALUE => Self::json_value,
            Kw::JSON_QUERY => Self::json_query,
            Kw::JSON_OBJECT => Self::json_object,
            Kw::JSON_ARRAY => Self::json_array,
            Kw::JSON_OBJECTAGG => Self::json_object_agg,
            Kw::JSON_ARRAYAGG => Self::json_array_agg,
            _ => return Ok(None),
        };
        self.advance();
        let call = read(self)?;
        Ok(Some(Expr::new(ExprKind::Json(Box::new(call)), self.since(start))))
    }

    /// `(input, path`
    fn json_input(&mut self) -> Read<(Expr, Expr)> {
        let input = self.json_text()?;
        self.need(TokenKind::Comma)?;
        let path = self.json_text()?;
        Ok((input, path))
    }

    /// `FORMAT JSON [ENCODING UTF8]`
    fn format_json(&mut self) -> Read<bool> {
        if !self.eat_kws(&[Kw::FORMAT, Kw::JSON]) {
            return Ok(false);
        }
        if self.eat_kw(Kw::ENCODING) {
            let known = [Kw::UTF8, Kw::UTF16, Kw::UTF32];
            if !known.into_iter().any(|encoding| self.eat_kw(encoding)) {
                return self.unexpected();
            }
        }
        Ok(true)
    }

    /// An input or path; FORMAT JSON says of it what the function assumes anyway.
    fn json_text(&mut self) -> Read<Expr> {
        let expr = self.expr()?;
        if !self.format_json()? {
            return Ok(expr);
        }
        let span = self.since(expr.span);
        Ok(Expr::new(ExprKind::FormatJson(Box::new(expr)), span))
    }

    fn json_exists(&mut self) -> Read<JsonCall> {
        let open = self.need(TokenKind::LeftParen)?;
        let (input, path) = self.json_input()?;
        let on_error = match self.keyword() {
            Some(Kw::TRUE) => Some(JsonExistsOnError::True),
            Some(Kw::FALSE) => Some(JsonExistsOnError::False),
            Some(Kw::UNKNOWN) => Some(JsonExistsOnError::Unknown),
            Some(Kw::ERROR) => Some(JsonExistsOnError::Error),
            _ => None,
        };
        if on_error.is_some() {
            self.advance();
            self.need_kws(&[Kw::ON, Kw::ERROR])?;
        }
        self.close(open)?;
        Ok(JsonCall::Exists { input, path, on_error })
    }

    fn returning(&mut self) -> Read<Option<TypeName>> {
        if self.eat_kw(Kw::RETURNING) { Ok(Some(self.cast_type()?)) } else { Ok(None) }
    }

    fn json_value(&mut self) -> Read<JsonCall> {
        let open = self.need(TokenKind::LeftParen)?;
        let (input, path) = self.json_input()?;
        let returning = self.returning()?;
        let (mut on_empty, mut on_error) = (None, None);
        while self.at_kw(Kw::NULL) || self.at_kw(Kw::ERROR) || self.at_kw(Kw::DEFAULT) {
            let start = self.span();
            let behavior = match self.advance().kind {
                TokenKind::Word(Some(Kw::NULL)) => JsonValueOn::Null,
                TokenKind::Word(Some(Kw::ERROR)) => JsonValueOn::Error,
                _ => JsonValueOn::Default(self.expr()?),
            };
            let empty = self.on_empty_or_error()?;
            let slot = if empty { &mut on_empty } else { &mut on_error };
            if slot.replace(behavior).is_some() {
                return self.repeated(start);
            }
        }
        self.close(open)?;
        Ok(JsonCall::Value { input, path, returning, on_empty, on_error })
    }

    /// `ON EMPTY` is true, `ON ERROR` false.
    fn on_empty_or_error(&mut self) -> Read<bool> {
        self.need_kw(Kw::ON)?;
        if self.eat_kw(Kw::EMPTY) {
            return Ok(true);
        }
        self.need_kw(Kw::ERROR)?;
        Ok(false)
    }

    fn repeated<T>(&mut self, start: data::Span) -> Read<T> {
        let span = self.since(start);
        self.fail(data::Diagnostic::parse("HW1009", span, "this clause is given twice").hint("remove one of the two"))
    }

    fn json_query(&mut self) -> Read<JsonCall> {
        let open = self.need(TokenKind::LeftParen)?;
        let (input, path) = self.json_input()?;
        let returning = self.returning()?;
        let wrapper = self.json_wrapper()?;
        let (mut on_empty, mut on_error) = (None, None);
        while self.at_kw(Kw::NULL) || self.at_kw(Kw::ERROR) || self.at_kw(Kw::EMPTY) {
            let start = self.span();
            let behavior = match self.advance().kind {
                TokenKind::Word(Some(Kw::NULL)) => JsonQueryOn::Null,
                TokenKind::Word(Some(Kw::ERROR)) => JsonQueryOn::Error,
                _ if self.eat_kw(Kw::OBJECT) => JsonQueryOn::EmptyObject,
                _ => {
                    self.need_kw(Kw::ARRAY)?;
                    JsonQueryOn::EmptyArray
                }
            };
            let empty = self.on_empty_or_error()?;
            let slot = if empty { &mut on_empty } else { &mut on_error };
            if slot.replace(behavior).is_some() {
                return self.repeated(start);
            }
        }
        self.close(open)?;
        Ok(JsonCall::Query { input, path, returning, wrapper, on_empty, on_error })
    }

    fn json_wrapper(&mut self) -> Read<Option<JsonWrapper>> {
        let wrapper = if self.eat_kw(Kw::WITHOUT) {
            JsonWrapper::Without
        } else if self.eat_kw(Kw::WITH) {
            if self.eat_kw(Kw::CONDITIONAL) {
                JsonWrapper::Conditional
            } else {
                self.eat_kw(Kw::UNCONDITIONAL);
                JsonWrapper::Unconditional
            }
        } else {
            return Ok(None);
        };
        self.eat_kw(Kw::ARRAY);
        self.need_kw(Kw::WRAPPER)?;
        Ok(Some(wrapper))
    }

    fn json_object(&mut self) -> Read<JsonCall> {
        let open = self.need(TokenKind::LeftParen)?;
        let mut entries = Vec::new();
        if !self.peek(TokenKind::RightParen) && !self.at_on_null() {
            entries = self.comma_list(Self::json_entry)?;
        }
        let on_null = self.on_null()?;
        self.close(open)?;
        Ok(JsonCall::Object { entries, on_null })
    }

    fn json_array(&mut self) -> Read<JsonCall> {
        let open = self.need(TokenKind::LeftParen)?;
        let mut items = Vec::new();
        if !self.peek(TokenKind::RightParen) && !self.at_on_null() {
            items = self.comma_list(Self::json_item)?;
        }
        let on_null = self.on_null()?;
        self.close(open)?;
        Ok(JsonCall::Array { items, on_null })
    }

    fn json_object_agg(&mut self) -> Read<JsonCall> {
        let open = self.need(TokenKind::LeftParen)?;
        let entry = self.json_entry()?;
        let on_null = self.on_null()?;
        self.close(open)?;
        Ok(JsonCall::ObjectAgg { entry, on_null })
    }

    fn json_array_agg(&mut self) -> Read<JsonCall> {
        let open = self.need(TokenKind::LeftParen)?;
        let item = self.json_item()?;
        let mut order_by = self.order_by()?;
        let on_null = self.on_null()?;
        self.close(open)?;
        if order_by.is_empty() && self.eat_kws(&[Kw::WITHIN, Kw::GROUP]) {
            order_by = self.within_group()?;
        }
        Ok(JsonCall::ArrayAgg { item, order_by, on_null })
    }

    /// `[KEY] k VALUE v`, `k : v`
    fn json_entry(&mut self) -> Read<JsonEntry> {
        let key_word = self.peek_kw(Kw::KEY)
            && !matches!(self.ahead(1), TokenKind::Dot | TokenKind::Colon)
            && self.keyword_ahead(1) != Some(Kw::VALUE);
        if key_word {
            self.advance();
        }
        let key = self.expr()?;
        if !self.eat(TokenKind::Colon) {
            self.need_kw(Kw::VALUE)?;
        }
        Ok(JsonEntry { key, value: self.json_item()? })
    }

    fn json_item(&mut self) -> Read<JsonItem> {
        let expr = self.expr()?;
        Ok(JsonItem { expr, format_json: self.format_json()? })
    }

    fn at_on_null(&self) -> bool {
        self.peek_kws(&[Kw::NULL, Kw::ON, Kw::NULL]) || self.peek_kws(&[Kw::ABSENT, Kw::ON, Kw::NULL])
    }

    fn on_null(&mut self) -> Read<Option<JsonOnNull>> {
        let on_null = match self.keyword() {
            Some(Kw::NULL) => JsonOnNull::Null,
            Some(Kw::ABSENT) => JsonOnNull::Absent,
            _ => {
                self.expect(Expect::Kw(Kw::NULL));
                self.expect(Expect::Kw(Kw::ABSENT));
                return Ok(None);
            }
        };
        self.advance();
        self.need_kws(&[Kw::ON, Kw::NULL])?;
        Ok(Some(on_null))
    }
}
