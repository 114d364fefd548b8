//! The statements of a text, one after another: what is read of a text at a time is little more than a statement.
//!
//! - *window*: the tokens that are there. When a statement reaches the end of the window and the text goes on behind it, the
//!   window grows and the statement is read again.

use super::statement::STARTS;
use super::{Parser, Read, Stop};
use crate::ast::Statement;
use crate::keyword::Kw;
use crate::layout::{GroupKind, Layout};
use crate::lexer::TokenKind;
use data::{Diagnostic, Span};

/// Tokens that are there when a statement begins.
const WINDOW_TOKENS: usize = 1 << 16;
/// A longer statement is refused: its tree takes some hundred bytes a token.
const STATEMENT_TOKENS_MAX: usize = 1 << 22;
/// A statement whose window has more faults of spelling does not get a larger one.
const WINDOW_ERRORS_MAX: usize = 10_000;
/// The farthest that a reader looks ahead.
const LOOK_AHEAD: usize = 4;

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

/// Reads statement by statement; what was handed out is not kept.
pub(crate) struct Statements<'a> {
    parser: Parser<'a>,
}

impl<'a> Statements<'a> {
    pub(crate) fn new(parser: Parser<'a>) -> Self {
        let mut this = Self { parser };
        this.parser.widen(WINDOW_TOKENS);
        this
    }

    pub(super) fn into_layout(self) -> Layout {
        self.parser.layout.map(|layout| *layout).unwrap_or_default()
    }
}

impl Iterator for Statements<'_> {
    type Item = Parsed;

    fn next(&mut self) -> Option<Parsed> {
        self.parser.skip_semicolons();
        if self.parser.peek(TokenKind::End) {
            // Without any statement to go to.
            let errors = self.parser.take_errors(None);
            let span = errors.first().and_then(|error| error.span)?;
            return Some(Parsed { statement: None, span, errors });
        }
        let start = self.parser.span();
        let statement = self.parser.next_statement();
        let span = self.parser.since(start);
        // An error behind the last statement goes to that one.
        self.parser.skip_semicolons();
        let end = (!self.parser.peek(TokenKind::End)).then(|| self.parser.span().start);
        let mut errors = self.parser.take_errors(end);
        if statement.is_none() && errors.is_empty() {
            // The lexer's word on it went down with those of a statement that was passed over.
            errors.push(
                Diagnostic::parse("HW1004", span, "this is not part of the language")
                    .hint("mend the statements before it first"),
            );
        }
        Some(Parsed { statement: statement.filter(|_| errors.is_empty()), span, errors })
    }
}

impl Parser<'_> {
    /// Lets the window have `count` tokens from the current one on, as far as the text has them.
    fn widen(&mut self, count: usize) {
        if self.lexer.is_done() && !self.tokens().is_empty() {
            return;
        }
        // The token before this one is looked back at.
        let over = self.at.saturating_sub(1);
        self.lexer.out.tokens.drain(..over);
        self.lexer.out.comments.clear();
        self.at -= over;
        self.lexer.fill(self.at + count);
    }

    /// Whether what was read might have been read otherwise with more of the text.
    fn is_cut_short(&self) -> bool {
        self.at + LOOK_AHEAD >= self.tokens().len() && !self.lexer.is_done()
    }

    fn skip_semicolons(&mut self) {
        loop {
            while self.peek(TokenKind::Semicolon) {
                self.advance();
            }
            if !self.peek(TokenKind::End) || self.lexer.is_done() {
                return;
            }
            self.widen(WINDOW_TOKENS);
        }
    }

    /// The next statement; without one there are errors, here or with the lexer.
    fn next_statement(&mut self) -> Option<Statement> {
        if self.tokens().len() - self.at < WINDOW_TOKENS / 2 {
            self.widen(WINDOW_TOKENS);
        }
        let mut window = WINDOW_TOKENS;
        loop {
            let at = self.at;
            let statement = self.read_statement();
            self.depth = 0;
            self.parameters = 0;
            self.expected.clear();
            if !self.is_cut_short() {
                return statement;
            }
            self.at = at;
            self.errors.clear();
            window *= 4;
            if window > STATEMENT_TOKENS_MAX || self.lexer.out.errors.len() > WINDOW_ERRORS_MAX {
                self.pass_over();
                return None;
            }
            self.widen(window);
        }
    }

    fn read_statement(&mut self) -> Option<Statement> {
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
        statement
    }

    /// Goes to the `;` of a statement that is too large to be read.
    fn pass_over(&mut self) {
        let span = self.span();
        self.fail::<()>(
            Diagnostic::parse("HW1005", span, "this statement is too long")
                .detail(format!("it has more than {STATEMENT_TOKENS_MAX} words and signs, or very many errors"))
                .hint("split it into several statements, or keep rows in a file and read that"),
        )
        .ok();
        loop {
            while !self.at_statement_end() {
                self.advance();
            }
            if self.peek(TokenKind::Semicolon) || self.lexer.is_done() {
                return;
            }
            self.lexer.out.errors.truncate(WINDOW_ERRORS_MAX);
            self.widen(WINDOW_TOKENS);
        }
    }

    /// The errors of the statement before `end`, the lexer's among them, in the order of the text.
    fn take_errors(&mut self, end: Option<u32>) -> Vec<Diagnostic> {
        let is_here = |error: &Diagnostic| {
            let start = error.span.map_or(0, |span| span.start);
            end.is_none_or(|end| start < end)
        };
        let lexical = &mut self.lexer.out.errors;
        let here = lexical.iter().take_while(|error| is_here(error)).count();
        let mut errors: Vec<Diagnostic> = lexical.drain(..here).collect();
        errors.append(&mut self.errors);
        errors.sort_by_key(|error| error.span.map_or(0, |span| span.start));
        errors
    }

    /// Runs a reader over the whole text.
    pub(crate) fn whole<T>(mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Result<T, Vec<Diagnostic>> {
        let value = read(&mut self).and_then(|value| {
            self.eat(TokenKind::Semicolon);
            if self.peek(TokenKind::End) { Ok(value) } else { self.unexpected() }
        });
        let errors = self.take_errors(None);
        match value {
            Ok(value) if errors.is_empty() => Ok(value),
            _ => Err(errors),
        }
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
}
