//! Functions and constructors with a syntax of their own: CAST, EXTRACT, TRIM, ARRAY[...], ROW(...), ...

use super::{Parser, Read};
use crate::ast::{Arg, ArgValue, Call, Expr, ExprKind, Ident, ObjectName, SpecialCall, TrimSide, TypeName};
use crate::keyword::Kw;
use crate::lexer::TokenKind;
use data::Span;

impl Parser<'_> {
    /// A call or constructor that begins with this keyword and is not an ordinary one.
    pub(super) fn special_call(&mut self, keyword: Kw) -> Read<Option<Expr>> {
        let start = self.span();
        let next = self.ahead(1);
        let paren = next == TokenKind::LeftParen;
        let bracket = next == TokenKind::LeftBracket;
        if paren && let Some(layout) = &mut self.layout {
            layout.tight.push(self.at + 1);
        }
        let kind = match keyword {
            Kw::CAST | Kw::TRY_CAST | Kw::SAFE_CAST if paren => self.cast(keyword != Kw::CAST)?,
            Kw::ROW | Kw::PERIOD if paren => {
                self.advance();
                ExprKind::Row(self.paren_list(Self::expr)?)
            }
            Kw::ARRAY | Kw::MAP | Kw::MULTISET if bracket => self.bracket_constructor(keyword)?,
            Kw::ARRAY | Kw::MAP | Kw::MULTISET if paren => match self.paren_constructor(keyword)? {
                Some(kind) => kind,
                None => return self.keyword_call().map(Some),
            },
            _ if paren => match self.special_function(keyword)? {
                Some(kind) => kind,
                None => return self.json_call(keyword),
            },
            _ => return Ok(None),
        };
        Ok(Some(Expr::new(kind, self.since(start))))
    }

    fn special_function(&mut self, keyword: Kw) -> Read<Option<ExprKind>> {
        let special = match keyword {
            Kw::EXTRACT => self.extract()?,
            Kw::FLOOR | Kw::CEIL | Kw::CEILING => return self.floor_or_ceil(keyword).map(Some),
            Kw::TIMESTAMPADD => {
                let (unit, count, timestamp) = self.unit_and_two()?;
                SpecialCall::TimestampAdd { unit, count, timestamp }
            }
            Kw::TIMESTAMPDIFF => {
                let (unit, from, to) = self.unit_and_two()?;
                SpecialCall::TimestampDiff { unit, from, to }
            }
            Kw::TRIM => self.trim()?,
            Kw::POSITION => self.position()?,
            Kw::SUBSTRING => self.substring()?,
            Kw::OVERLAY => self.overlay()?,
            Kw::CONVERT | Kw::TRANSLATE => return self.convert(keyword).map(Some),
            _ => return Ok(None),
        };
        Ok(Some(ExprKind::Special(Box::new(special))))
    }

    /// `KEYWORD(args)` as an ordinary call although the keyword is none of the function keywords.
    fn keyword_call(&mut self) -> Read<Expr> {
        let span = self.advance().span;
        self.call(ObjectName(vec![Ident::new(self.slice(span), span)]))
    }

    fn cast(&mut self, safe: bool) -> Read<ExprKind> {
        self.advance();
        let open = self.need(TokenKind::LeftParen)?;
        let expr = Box::new(self.expr()?);
        self.need_kw(Kw::AS)?;
        let to: TypeName = self.cast_type()?;
        if self.peek_kw(Kw::NULL) || self.peek_kw(Kw::NOT) {
            let span = self.span();
            let diagnostic = data::Diagnostic::parse("HW1008", span, "the target of a cast has no nullability")
                .detail("it follows from the value that is cast")
                .hint("remove `NOT NULL` or `NULL`");
            return self.fail(diagnostic);
        }
        self.close(open)?;
        Ok(ExprKind::Cast { expr, to, safe })
    }

    fn bracket_constructor(&mut self, keyword: Kw) -> Read<ExprKind> {
        self.advance();
        self.need(TokenKind::LeftBracket)?;
        let mut items = Vec::new();
        let start = self.span();
        if keyword == Kw::MULTISET || !self.peek(TokenKind::RightBracket) {
            items = self.comma_list(Self::expr)?;
        }
        let end = self.need(TokenKind::RightBracket)?;
        Ok(match keyword {
            Kw::ARRAY => ExprKind::Array(items),
            Kw::MULTISET => ExprKind::Multiset(items),
            _ => ExprKind::Map(self.pairs(items, start.to(end))?),
        })
    }

    fn pairs(&mut self, items: Vec<Expr>, span: Span) -> Read<Vec<(Expr, Expr)>> {
        if items.len() % 2 == 1 {
            let mut diagnostic = data::Diagnostic::plan("HW1006", span, "a MAP has a value for every key")
                .detail(format!("{} elements cannot be pairs", items.len()));
            diagnostic.hint = Some("write MAP['k1', v1, 'k2', v2]".to_string());
            return self.fail(diagnostic);
        }
        let mut pairs = Vec::with_capacity(items.len() / 2);
        let mut rest = items.into_iter();
        while let (Some(key), Some(value)) = (rest.next(), rest.next()) {
            pairs.push((key, value));
        }
        Ok(pairs)
    }

    /// `ARRAY(SELECT ...)` and such; `None` when it is a call `ARRAY(a, b)`.
    fn paren_constructor(&mut self, keyword: Kw) -> Read<Option<ExprKind>> {
        let query_next = matches!(self.keyword_ahead(2), Some(Kw::SELECT | Kw::WITH | Kw::VALUES));
        if !query_next {
            return Ok(None);
        }
        self.advance();
        let query = Box::new(self.parenthesized_query()?);
        Ok(Some(match keyword {
            Kw::ARRAY => ExprKind::ArrayQuery(query),
            Kw::MAP => ExprKind::MapQuery(query),
            _ => ExprKind::MultisetQuery(query),
        }))
    }

    fn extract(&mut self) -> Read<SpecialCall> {
        self.advance();
        let open = self.need(TokenKind::LeftParen)?;
        let unit = self.time_unit()?;
        self.need_kw(Kw::FROM)?;
        let from = self.expr()?;
        self.close(open)?;
        Ok(SpecialCall::Extract { unit, from })
    }

    /// `FLOOR(x)` is a call, `FLOOR(x TO unit)` is not. CEILING is CEIL.
    fn floor_or_ceil(&mut self, keyword: Kw) -> Read<ExprKind> {
        let span = self.advance().span;
        let open = self.need(TokenKind::LeftParen)?;
        let expr = self.expr()?;
        let ceil = keyword != Kw::FLOOR;
        if self.eat_kw(Kw::TO) {
            let unit = self.time_unit()?;
            self.close(open)?;
            let call = if ceil { SpecialCall::Ceil { expr, unit } } else { SpecialCall::Floor { expr, unit } };
            return Ok(ExprKind::Special(Box::new(call)));
        }
        self.close(open)?;
        let name = Ident::new(if ceil { "CEIL" } else { "FLOOR" }, span);
        let arg = Arg { name: None, span: expr.span, value: ArgValue::Expr(expr) };
        Ok(ExprKind::Call(Box::new(Call::new(ObjectName(vec![name]), vec![arg]))))
    }

    fn unit_and_two(&mut self) -> Read<(crate::ast::TimeUnit, Expr, Expr)> {
        self.advance();
        let open = self.need(TokenKind::LeftParen)?;
        let unit = self.time_unit()?;
        self.need(TokenKind::Comma)?;
        let first = self.expr()?;
        self.need(TokenKind::Comma)?;
        let second = self.expr()?;
        self.close(open)?;
        Ok((unit, first, second))
    }

    fn trim(&mut self) -> Read<SpecialCall> {
        self.advance();
        let open = self.need(TokenKind::LeftParen)?;
        let side = match self.keyword() {
            Some(Kw::BOTH) => Some(TrimSide::Both),
            Some(Kw::LEADING) => Some(TrimSide::Leading),
            Some(Kw::TRAILING) => Some(TrimSide::Trailing),
            _ => None,
        };
        if side.is_some() {
            self.advance();
        }
        let first = if side.is_some() && self.peek_kw(Kw::FROM) { None } else { Some(self.expr()?) };
        let more = if side.is_some() {
            self.need_kw(Kw::FROM)?;
            true
        } else {
            self.eat_kw(Kw::FROM)
        };
        let side = side.unwrap_or(TrimSide::Both);
        let call = match first {
            Some(from) if !more => SpecialCall::Trim { side, what: None, from },
            what => SpecialCall::Trim { side, what, from: self.expr()? },
        };
        self.close(open)?;
        Ok(call)
    }

    fn position(&mut self) -> Read<SpecialCall> {
        self.advance();
        let open = self.need(TokenKind::LeftParen)?;
        // IN separates the arguments here, so the needle stops before it.
        let needle = self.expr_above(super::expr::precedence::RANGE)?;
        self.need_kw(Kw::IN)?;
        let haystack = self.expr()?;
        let from = if self.eat_kw(Kw::FROM) { Some(self.expr()?) } else { None };
        self.close(open)?;
        Ok(SpecialCall::Position { needle, haystack, from })
    }

    fn substring(&mut self) -> Read<SpecialCall> {
        self.advance();
        let open = self.need(TokenKind::LeftParen)?;
        let expr = self.expr()?;
        let from = self.eat_kw(Kw::FROM);
        if !from {
            self.need(TokenKind::Comma)?;
        }
        let start = self.expr()?;
        let more = if from { self.eat_kw(Kw::FOR) } else { self.eat(TokenKind::Comma) };
        let length = if more { Some(self.expr()?) } else { None };
        self.close(open)?;
        Ok(SpecialCall::Substring { expr, start, length })
    }

    fn overlay(&mut self) -> Read<SpecialCall> {
        self.advance();
        let open = self.need(TokenKind::LeftParen)?;
        let expr = self.expr()?;
        self.need_kw(Kw::PLACING)?;
        let new = self.expr()?;
        self.need_kw(Kw::FROM)?;
        let start = self.expr()?;
        let length = if self.eat_kw(Kw::FOR) { Some(self.expr()?) } else { None };
        self.close(open)?;
        Ok(SpecialCall::Overlay { expr, new, start, length })
    }

    /// `CONVERT(x USING charset)`, `TRANSLATE(x USING charset)`, `TRANSLATE(x, from, to)`.
    fn convert(&mut self, keyword: Kw) -> Read<ExprKind> {
        let span = self.advance().span;
        let open = self.need(TokenKind::LeftParen)?;
        let expr = self.expr()?;
        if self.eat_kw(Kw::USING) {
            let charset = self.ident()?;
            self.close(open)?;
            let call = SpecialCall::TranslateUsing { expr, charset };
            return Ok(ExprKind::Special(Box::new(call)));
        }
        let mut args = vec![Arg { name: None, span: expr.span, value: ArgValue::Expr(expr) }];
        while self.eat(TokenKind::Comma) {
            let expr = self.expr()?;
            args.push(Arg { name: None, span: expr.span, value: ArgValue::Expr(expr) });
        }
        self.close(open)?;
        let name = Ident::new(keyword.text(), span);
        Ok(ExprKind::Call(Box::new(Call::new(ObjectName(vec![name]), args))))
    }
}
