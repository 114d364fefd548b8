//! Literals: numbers, strings in their spellings, binary strings, dates, times and intervals.

use super::{Expect, Parser, Read};
use crate::ast::{Expr, ExprKind, IntervalQualifier, Literal, TimeUnit};
use crate::keyword::Kw;
use crate::lexer::TokenKind;
use data::{Diagnostic, Span};

impl Parser<'_> {
    /// A literal of one of the token kinds that are nothing else.
    pub(super) fn token_literal(&mut self) -> Read<Expr> {
        let start = self.span();
        let literal = match self.kind() {
            TokenKind::Integer | TokenKind::Decimal => {
                self.advance();
                Literal::Exact(self.slice(start).to_string())
            }
            TokenKind::Approximate => {
                self.advance();
                Literal::Approximate(self.slice(start).to_ascii_uppercase())
            }
            TokenKind::Binary => self.binary()?,
            _ => {
                let (parts, charset, is_one) = self.string_parts()?;
                if !is_one {
                    return Ok(Expr::new(ExprKind::StringChain(parts), self.since(start)));
                }
                Literal::String { value: parts.concat(), charset }
            }
        };
        Ok(Expr::new(ExprKind::Literal(literal), self.since(start)))
    }

    /// The value of a string literal.
    pub(super) fn string_value(&mut self) -> Read<String> {
        let start = self.span();
        let (parts, _, is_one) = self.string_parts()?;
        if is_one {
            return Ok(parts.concat());
        }
        let span = self.since(start);
        self.fail(
            Diagnostic::parse("HW1006", span, "a string cannot be continued on the same line")
                .hint("write one string, or put the second on a line of its own"),
        )
    }

    /// The strings that follow one another, the character set, and whether they are one literal: they are when each stands
    /// on a line of its own.
    fn string_parts(&mut self) -> Read<(Vec<String>, Option<String>, bool)> {
        let token = self.advance();
        let text = self.slice(token.span);
        let (prefix, body) = text.split_at(text.find('\'').unwrap_or(0));
        let mut value = body_of(body);
        let mut charset = None;
        match prefix.as_bytes().first() {
            Some(b'u' | b'U') => {
                let escape = self.unicode_escape()?;
                value = self.decode_unicode(&value, escape, token.span)?;
            }
            Some(b'e' | b'E') => value = decode_backslashes(&value),
            Some(b'_') => charset = Some(prefix[1..].to_ascii_uppercase()),
            Some(b'n' | b'N') => charset = Some("ISO-8859-1".to_string()),
            _ => {}
        }
        let (mut parts, mut is_one) = (vec![value], true);
        let mut end = token.span.end as usize;
        while self.peek(TokenKind::String) {
            let span = self.span();
            is_one &= self.text[end..span.start as usize].contains('\n');
            parts.push(body_of(self.slice(span)));
            end = span.end as usize;
            self.advance();
        }
        Ok((parts, charset, is_one))
    }

    fn unicode_escape(&mut self) -> Read<char> {
        if !self.eat_kw(Kw::UESCAPE) {
            return Ok('\\');
        }
        let span = self.span();
        let text = self.text_literal()?;
        let mut chars = text.value.chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) if !c.is_ascii_hexdigit() && !"+'\" \t\n\r".contains(c) => Ok(c),
            _ => self.fail(
                Diagnostic::parse("HW1006", span, "the escape character is not a single character that can be one")
                    .hint("write a character such as '\\' or '!'"),
            ),
        }
    }

    fn decode_unicode(&mut self, value: &str, escape: char, span: Span) -> Read<String> {
        let mut out = String::with_capacity(value.len());
        let mut units: Vec<u16> = Vec::new();
        let mut rest = value.chars().peekable();
        let mut valid = true;
        while let Some(c) = rest.next() {
            if c != escape {
                flush(&mut units, &mut out);
                out.push(c);
            } else if rest.peek() == Some(&escape) {
                rest.next();
                flush(&mut units, &mut out);
                out.push(escape);
            } else {
                let digits: String = rest.by_ref().take(4).collect();
                match u16::from_str_radix(&digits, 16) {
                    Ok(unit) if digits.len() == 4 => units.push(unit),
                    _ => {
                        valid = false;
                        break;
                    }
                }
            }
        }
        flush(&mut units, &mut out);
        if !valid {
            return self.fail(
                Diagnostic::parse("HW1006", span, "a Unicode escape has four hexadecimal digits")
                    .hint(format!("write it as {escape}00e9, and {escape}{escape} for the escape character itself")),
            );
        }
        Ok(out)
    }

    fn binary(&mut self) -> Read<Literal> {
        let token = self.advance();
        let text = self.slice(token.span);
        let mut digits = body_of(&text[1..]);
        while self.peek(TokenKind::String) {
            let more = self.advance();
            digits.push_str(&body_of(self.slice(more.span)));
        }
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return self.fail(
                Diagnostic::parse("HW1006", token.span, "a binary string holds hexadecimal digits only")
                    .hint("write two hexadecimal digits per byte, for example X'0aff'"),
            );
        }
        if digits.len() % 2 == 1 {
            let mut diagnostic =
                Diagnostic::plan("HW1006", token.span, "a binary string has an even number of hexadecimal digits");
            diagnostic.hint = Some("write two hexadecimal digits per byte, for example X'0aff'".to_string());
            return self.fail(diagnostic);
        }
        let bytes = (0..digits.len()).step_by(2).filter_map(|at| u8::from_str_radix(&digits[at..at + 2], 16).ok());
        Ok(Literal::Binary(bytes.collect()))
    }

    /// `DATE '...'`, `TIME '...'`, `TIMESTAMP [WITH LOCAL TIME ZONE] '...'`; the keyword is next.
    pub(super) fn datetime_literal(&mut self) -> Read<Expr> {
        let start = self.span();
        let keyword = self.advance();
        let local = matches!(keyword.kind, TokenKind::Word(Some(Kw::TIMESTAMP))) && self.peek_kw(Kw::WITH);
        if local {
            self.need_kws(&[Kw::WITH, Kw::LOCAL, Kw::TIME, Kw::ZONE])?;
        }
        let text = self.text_literal()?;
        let literal = match keyword.kind {
            TokenKind::Word(Some(Kw::DATE)) => Literal::Date(text.value),
            TokenKind::Word(Some(Kw::TIME)) => Literal::Time(text.value),
            _ if local => Literal::TimestampLtz(text.value),
            _ => Literal::Timestamp(text.value),
        };
        Ok(Expr::new(ExprKind::Literal(literal), self.since(start)))
    }

    /// `DATETIME '...'`, which Flink reads and for which it has no type.
    pub(super) fn no_datetime(&mut self) -> Read<Option<Expr>> {
        let span = self.span();
        let mut diagnostic = Diagnostic::plan("HW1006", span, "there are no DATETIME literals").hint("write TIMESTAMP");
        diagnostic.fix.push(data::diagnostic::Fix { span, text: "TIMESTAMP".to_string() });
        self.fail(diagnostic)
    }

    /// `INTERVAL [-] '...' qualifier`, or an interval computed from an expression.
    pub(super) fn interval(&mut self) -> Read<Expr> {
        let start = self.need_kw(Kw::INTERVAL)?;
        let sign = match self.kind() {
            TokenKind::Minus | TokenKind::Plus
                if matches!(self.ahead(1), TokenKind::String | TokenKind::PrefixedString) =>
            {
                self.note_glued();
                Some(self.advance().kind)
            }
            _ => None,
        };
        if matches!(self.kind(), TokenKind::String | TokenKind::PrefixedString) {
            let text = self.text_literal()?;
            let qualifier = self.interval_qualifier()?;
            let mut negative = sign == Some(TokenKind::Minus);
            let mut value = text.value.trim();
            if let Some(rest) = value.strip_prefix('-') {
                negative = !negative;
                value = rest;
            } else if let Some(rest) = value.strip_prefix('+') {
                value = rest;
            }
            let literal = Literal::Interval { negative, value: value.to_string(), qualifier };
            return Ok(Expr::new(ExprKind::Literal(literal), self.since(start)));
        }
        let value = self.interval_operand()?;
        let qualifier = self.interval_qualifier()?;
        if let (Some(_), span) = (qualifier.end, qualifier.span) {
            return self.fail(
                Diagnostic::parse("HW1006", span, "an interval of an expression has a single unit")
                    .hint("write INTERVAL x SECOND, or a literal such as INTERVAL '1 02:03' DAY TO MINUTE"),
            );
        }
        Ok(Expr::new(ExprKind::Interval { value: Box::new(value), qualifier }, self.since(start)))
    }

    /// Between INTERVAL and the unit: a number, a name or something in parentheses, with a sign.
    fn interval_operand(&mut self) -> Read<Expr> {
        let start = self.span();
        let sign = match self.kind() {
            TokenKind::Minus | TokenKind::Plus => {
                self.note_glued();
                Some(self.advance().kind)
            }
            _ => None,
        };
        let operand = match self.kind() {
            TokenKind::Integer | TokenKind::Decimal | TokenKind::Approximate => self.token_literal()?,
            TokenKind::LeftParen => self.parenthesized()?,
            _ if self.at_ident() => {
                let name = self.object_name()?;
                let span = name.span();
                Expr::new(ExprKind::Column(name), span)
            }
            _ => {
                self.expect(Expect::Thing("a string literal"));
                self.expect(Expect::Thing("a number"));
                self.expect(Expect::Thing("a name"));
                return self.unexpected();
            }
        };
        Ok(match sign {
            Some(kind) => {
                let op = if kind == TokenKind::Minus { crate::ast::UnaryOp::Minus } else { crate::ast::UnaryOp::Plus };
                Expr::new(ExprKind::Unary { op, expr: Box::new(operand) }, self.since(start))
            }
            None => operand,
        })
    }

    pub(super) fn at_interval_unit(&self) -> bool {
        self.keyword().and_then(interval_unit).is_some()
    }

    /// `DAY(3) TO SECOND(6)`
    pub(super) fn interval_qualifier(&mut self) -> Read<IntervalQualifier> {
        let start = self.span();
        let Some(first) = self.keyword().and_then(interval_unit) else {
            self.expect(Expect::Thing("a unit of time (YEAR, MONTH, DAY, HOUR, MINUTE, SECOND)"));
            return self.unexpected();
        };
        self.advance();
        let mut qualifier =
            IntervalQualifier { start: first, precision: None, end: None, fraction: None, span: self.since(start) };
        if self.peek(TokenKind::LeftParen) {
            self.note_tight();
            self.advance();
            qualifier.precision = Some(self.integer()?);
            if first == TimeUnit::Second && self.eat(TokenKind::Comma) {
                qualifier.fraction = Some(self.integer()?);
            }
            self.need(TokenKind::RightParen)?;
        }
        if self.peek_kw(Kw::TO) && !matches!(first, TimeUnit::Month | TimeUnit::Second) {
            self.advance();
            let unit = self.keyword().and_then(interval_unit).filter(|&unit| can_end(first, unit));
            let Some(unit) = unit else {
                self.expect(Expect::Thing("a smaller unit of time"));
                return self.unexpected();
            };
            self.advance();
            qualifier.end = Some(unit);
            if unit == TimeUnit::Second && self.peek(TokenKind::LeftParen) {
                self.note_tight();
                self.advance();
                qualifier.fraction = Some(self.integer()?);
                self.need(TokenKind::RightParen)?;
            }
        }
        qualifier.span = self.since(start);
        Ok(qualifier)
    }

    /// A unit as an argument of EXTRACT, FLOOR, TIMESTAMPADD and their like.
    pub(super) fn time_unit(&mut self) -> Read<TimeUnit> {
        let span = self.span();
        let Some(word) = self.word() else {
            self.expect(Expect::Thing("a unit of time"));
            return self.unexpected();
        };
        match time_unit(word) {
            Some(unit) => {
                self.advance();
                Ok(unit)
            }
            None => {
                // Flink's parser takes any word here and refuses it later.
                let mut diagnostic = Diagnostic::plan("HW1007", span, format!("`{word}` is not a unit of time"));
                diagnostic.hint = Some("write YEAR, QUARTER, MONTH, WEEK, DAY, HOUR, MINUTE or SECOND".to_string());
                self.fail(diagnostic)
            }
        }
    }
}

/// A string between single quotes, decoded; the closing quote may be missing in a broken text.
fn body_of(quoted: &str) -> String {
    let inner = quoted.strip_prefix('\'').unwrap_or(quoted);
    let inner = inner.strip_suffix('\'').unwrap_or(inner);
    inner.replace("''", "'")
}

fn flush(units: &mut Vec<u16>, out: &mut String) {
    out.extend(char::decode_utf16(units.drain(..)).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)));
}

fn decode_backslashes(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('b') => out.push('\u{8}'),
            Some('f') => out.push('\u{c}'),
            Some(other) => out.push(other),
            None => {}
        }
    }
    out
}

fn interval_unit(keyword: Kw) -> Option<TimeUnit> {
    Some(match keyword {
        Kw::YEAR | Kw::YEARS => TimeUnit::Year,
        Kw::QUARTER | Kw::QUARTERS => TimeUnit::Quarter,
        Kw::MONTH | Kw::MONTHS => TimeUnit::Month,
        Kw::WEEK | Kw::WEEKS => TimeUnit::Week,
        Kw::DAY | Kw::DAYS => TimeUnit::Day,
        Kw::HOUR | Kw::HOURS => TimeUnit::Hour,
        Kw::MINUTE | Kw::MINUTES => TimeUnit::Minute,
        Kw::SECOND | Kw::SECONDS => TimeUnit::Second,
        _ => return None,
    })
}

fn can_end(start: TimeUnit, end: TimeUnit) -> bool {
    use TimeUnit::*;
    matches!((start, end), (Year, Month) | (Day, Hour | Minute | Second) | (Hour, Minute | Second) | (Minute, Second))
}

fn time_unit(word: &str) -> Option<TimeUnit> {
    let word = word.to_ascii_uppercase();
    Some(match word.strip_prefix("SQL_TSI_").unwrap_or(&word) {
        "YEAR" => TimeUnit::Year,
        "QUARTER" => TimeUnit::Quarter,
        "MONTH" => TimeUnit::Month,
        "WEEK" => TimeUnit::Week,
        "DAY" => TimeUnit::Day,
        "HOUR" => TimeUnit::Hour,
        "MINUTE" => TimeUnit::Minute,
        "SECOND" => TimeUnit::Second,
        "MILLISECOND" => TimeUnit::Millisecond,
        "MICROSECOND" | "FRAC_SECOND" => TimeUnit::Microsecond,
        "NANOSECOND" => TimeUnit::Nanosecond,
        "DOW" | "DAYOFWEEK" => TimeUnit::DayOfWeek,
        "DOY" | "DAYOFYEAR" => TimeUnit::DayOfYear,
        "ISODOW" => TimeUnit::IsoDayOfWeek,
        "ISOYEAR" => TimeUnit::IsoYear,
        "EPOCH" => TimeUnit::Epoch,
        "DECADE" => TimeUnit::Decade,
        "CENTURY" => TimeUnit::Century,
        "MILLENNIUM" => TimeUnit::Millennium,
        _ => return None,
    })
}
