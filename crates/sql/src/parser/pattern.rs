//! MATCH_RECOGNIZE and row patterns.

use super::{Expect, Parser, Read};
use crate::ast::{
    AfterMatch, MatchRecognize, Measure, Pattern, PatternDefinition, PatternKind, PatternSubset, RowsPerMatch, TableRef,
};
use crate::keyword::Kw;
use crate::layout::GroupKind;
use crate::lexer::TokenKind;
use data::Span;

impl Parser<'_> {
    pub(super) fn match_recognize(&mut self, input: TableRef) -> Read<MatchRecognize> {
        let start = input.span;
        self.need_kw(Kw::MATCH_RECOGNIZE)?;
        self.note_forced(GroupKind::Paren);
        let open = self.need(TokenKind::LeftParen)?;
        let at = self.at;
        self.note_forced(GroupKind::Match);
        let partition_by =
            if self.eat_kws(&[Kw::PARTITION, Kw::BY]) { self.comma_list(Self::expr)? } else { Vec::new() };
        self.note_break(GroupKind::Match, 0);
        let order_by = self.order_by()?;
        self.note_break(GroupKind::Match, 0);
        let measures = if self.eat_kw(Kw::MEASURES) { self.clause_list(Self::measure)? } else { Vec::new() };
        self.note_break(GroupKind::Match, 0);
        let rows_per_match = self.rows_per_match()?;
        self.note_break(GroupKind::Match, 0);
        let after_match = self.after_match()?;
        self.note_break(GroupKind::Match, 0);
        self.need_kw(Kw::PATTERN)?;
        let pattern_open = self.need(TokenKind::LeftParen)?;
        let pattern = self.pattern()?;
        self.close(pattern_open)?;
        let within = if self.eat_kw(Kw::WITHIN) { Some(self.interval()?) } else { None };
        self.note_break(GroupKind::Match, 0);
        let subsets = if self.eat_kw(Kw::SUBSET) { self.clause_list(Self::subset)? } else { Vec::new() };
        self.note_break(GroupKind::Match, 0);
        self.need_kw(Kw::DEFINE)?;
        let define = self.clause_list(Self::definition)?;
        self.note_group(at, GroupKind::Match);
        self.close(open)?;
        let span = self.since(start);
        Ok(MatchRecognize {
            input,
            partition_by,
            order_by,
            measures,
            rows_per_match,
            after_match,
            pattern,
            within,
            subsets,
            define,
            span,
        })
    }

    fn measure(&mut self) -> Read<Measure> {
        let expr = self.expr()?;
        self.need_kw(Kw::AS)?;
        Ok(Measure { expr, alias: self.ident()? })
    }

    fn rows_per_match(&mut self) -> Read<Option<RowsPerMatch>> {
        let rows = if self.eat_kw(Kw::ONE) {
            self.need_kw(Kw::ROW)?;
            RowsPerMatch::One
        } else if self.eat_kw(Kw::ALL) {
            self.need_kw(Kw::ROWS)?;
            RowsPerMatch::All
        } else {
            return Ok(None);
        };
        self.need_kws(&[Kw::PER, Kw::MATCH])?;
        Ok(Some(rows))
    }

    fn after_match(&mut self) -> Read<Option<AfterMatch>> {
        if !self.eat_kw(Kw::AFTER) {
            return Ok(None);
        }
        self.need_kws(&[Kw::MATCH, Kw::SKIP])?;
        if self.eat_kw(Kw::PAST) {
            self.need_kws(&[Kw::LAST, Kw::ROW])?;
            return Ok(Some(AfterMatch::PastLastRow));
        }
        self.need_kw(Kw::TO)?;
        if self.eat_kws(&[Kw::NEXT, Kw::ROW]) {
            return Ok(Some(AfterMatch::ToNextRow));
        }
        let variable_follows = matches!(self.ahead(1), TokenKind::Quoted)
            || matches!(self.ahead(1), TokenKind::Word(keyword) if !keyword.is_some_and(Kw::is_reserved));
        if self.peek_kw(Kw::FIRST) && variable_follows {
            self.advance();
            return Ok(Some(AfterMatch::ToFirst(self.ident()?)));
        }
        if self.peek_kw(Kw::LAST) && variable_follows {
            self.advance();
        }
        Ok(Some(AfterMatch::ToLast(self.ident()?)))
    }

    fn subset(&mut self) -> Read<PatternSubset> {
        let name = self.ident()?;
        self.need(TokenKind::Equal)?;
        Ok(PatternSubset { name, members: self.ident_list()? })
    }

    fn definition(&mut self) -> Read<PatternDefinition> {
        let name = self.ident()?;
        self.need_kw(Kw::AS)?;
        Ok(PatternDefinition { name, condition: self.expr()? })
    }

    /// Alternatives of sequences, with `^` and `$` at the ends.
    fn pattern(&mut self) -> Read<Pattern> {
        self.nested(|parser| {
            let start = parser.span();
            let mut alternatives = vec![parser.pattern_sequence()?];
            while parser.eat(TokenKind::Pipe) {
                alternatives.push(parser.pattern_sequence()?);
            }
            Ok(one_or(alternatives, PatternKind::Alternation, parser.since(start)))
        })
    }

    fn pattern_sequence(&mut self) -> Read<Pattern> {
        let start = self.span();
        let mut factors = vec![self.pattern_factor()?];
        while self.at_pattern() {
            factors.push(self.pattern_factor()?);
        }
        Ok(one_or(factors, PatternKind::Concat, self.since(start)))
    }

    fn at_pattern(&self) -> bool {
        match self.kind() {
            TokenKind::LeftParen | TokenKind::Caret | TokenKind::LeftBrace => true,
            _ => self.at_ident() || self.peek_kw(Kw::PERMUTE),
        }
    }

    fn pattern_factor(&mut self) -> Read<Pattern> {
        let start = self.span();
        let pattern = self.pattern_primary()?;
        let Some((min, max)) = self.quantifier_of_pattern()? else {
            return Ok(pattern);
        };
        if self.peek(TokenKind::Question) {
            self.note_tight();
        }
        let reluctant = self.eat(TokenKind::Question);
        let kind = PatternKind::Repeat { pattern: Box::new(pattern), min, max, reluctant };
        Ok(Pattern { kind, span: self.since(start) })
    }

    fn quantifier_of_pattern(&mut self) -> Read<Option<(u32, Option<u32>)>> {
        if matches!(self.kind(), TokenKind::Star | TokenKind::Plus | TokenKind::Question) {
            self.note_tight();
        }
        if self.eat(TokenKind::Star) {
            return Ok(Some((0, None)));
        }
        if self.eat(TokenKind::Plus) {
            return Ok(Some((1, None)));
        }
        if self.eat(TokenKind::Question) {
            return Ok(Some((0, Some(1))));
        }
        // `{- ... -}` begins another factor.
        if !self.peek(TokenKind::LeftBrace) || self.ahead(1) == TokenKind::Minus {
            return Ok(None);
        }
        self.note_tight();
        self.note_glued();
        self.advance();
        let mut min = 0;
        if self.peek(TokenKind::Integer) {
            min = self.integer()?;
            if self.peek(TokenKind::RightBrace) {
                self.note_tight();
                self.advance();
                return Ok(Some((min, Some(min))));
            }
        }
        self.need(TokenKind::Comma)?;
        self.note_tight();
        let max = if self.peek(TokenKind::Integer) { Some(self.integer()?) } else { None };
        self.note_tight();
        self.need(TokenKind::RightBrace)?;
        Ok(Some((min, max)))
    }

    fn pattern_primary(&mut self) -> Read<Pattern> {
        let start = self.span();
        let kind = match self.kind() {
            TokenKind::Caret => {
                self.advance();
                PatternKind::Start
            }
            TokenKind::Word(None) if self.slice(start) == "$" => {
                self.advance();
                PatternKind::End
            }
            TokenKind::LeftParen => {
                self.advance();
                let inner = self.pattern()?;
                self.close(start)?;
                return Ok(inner);
            }
            TokenKind::LeftBrace => {
                self.note_glued();
                self.advance();
                self.need(TokenKind::Minus)?;
                let inner = self.pattern()?;
                self.note_glued();
                self.need(TokenKind::Minus)?;
                self.need(TokenKind::RightBrace)?;
                PatternKind::Exclude(Box::new(inner))
            }
            _ if self.peek_kw(Kw::PERMUTE) => {
                self.advance();
                PatternKind::Permute(self.paren_list(Self::pattern)?)
            }
            _ if self.at_ident() => PatternKind::Variable(self.ident()?),
            _ => {
                self.expect(Expect::Thing("a pattern variable"));
                self.expect(Expect::Token(TokenKind::LeftParen));
                return self.unexpected();
            }
        };
        Ok(Pattern { kind, span: self.since(start) })
    }
}

fn one_or(mut patterns: Vec<Pattern>, wrap: fn(Vec<Pattern>) -> PatternKind, span: Span) -> Pattern {
    match patterns.pop() {
        Some(only) if patterns.is_empty() => only,
        Some(last) => {
            patterns.push(last);
            Pattern { kind: wrap(patterns), span }
        }
        None => Pattern { kind: wrap(patterns), span },
    }
}
