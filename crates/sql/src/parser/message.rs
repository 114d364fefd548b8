//! What to say when a token does not fit: what was expected, what stands there, and what was probably meant.

use super::{Expect, Parser, Read, Stop};
use crate::keyword::Kw;
use crate::lexer::TokenKind;
use data::diagnostic::{Fix, Related};
use data::{Diagnostic, Span};

/// More alternatives than this say nothing any more.
const MAX_SHOWN: usize = 6;
/// More errors of one statement help nobody; a hostile text could have millions.
const MAX_ERRORS: usize = 1_000;
/// No keyword is as long.
const MAX_WORD: usize = 40;

impl Parser<'_> {
    /// Records a diagnostic and stops. A second one at the same place is an echo and is dropped.
    pub(super) fn fail<T>(&mut self, diagnostic: Diagnostic) -> Read<T> {
        let echo = self.errors.iter().rev().take(2).any(|last| {
            last.level == diagnostic.level && last.span.map(|span| span.start) == diagnostic.span.map(|span| span.start)
        });
        let cut_off =
            self.lexer.out.unclosed && diagnostic.span.is_some_and(|span| span.start as usize >= self.text.len());
        // The lexer has said what is wrong with it.
        let said = self.peek(TokenKind::Unknown) && diagnostic.span == Some(self.span());
        if !echo && !cut_off && !said {
            match self.errors.len() {
                ..MAX_ERRORS => self.errors.push(diagnostic),
                MAX_ERRORS => self.errors.push(too_many(diagnostic.span.unwrap_or_default())),
                _ => {}
            }
        }
        Err(Stop)
    }

    /// Fails at the current token, with what was asked for here as expectations.
    pub(super) fn unexpected<T>(&mut self) -> Read<T> {
        let diagnostic = self.describe();
        self.fail(diagnostic)
    }

    /// As `unexpected`, inside a parenthesis opened at `open`.
    pub(super) fn unexpected_in<T>(&mut self, open: Span) -> Read<T> {
        let mut diagnostic = self.describe();
        if matches!(self.kind(), TokenKind::End | TokenKind::Semicolon) {
            diagnostic.code = "HW1002";
            diagnostic.message = "this parenthesis is never closed".to_string();
            diagnostic.detail = Some(format!("the statement ends before a `)`; {}", self.expectation_text()));
            diagnostic.hint = Some("close it with `)`".to_string());
            diagnostic.span = Some(open);
        } else {
            diagnostic.related.push(Related {
                message: "the parenthesis opened here".to_string(),
                span: Some(open),
                file: None,
            });
        }
        self.fail(diagnostic)
    }

    pub(super) fn describe(&mut self) -> Diagnostic {
        let token = self.token();
        if token.kind == TokenKind::Unknown {
            // The lexer has said what is wrong with it.
            return Diagnostic::parse("HW1004", token.span, "this is not part of the language")
                .hint("remove it, or put it into a string or a back-quoted name");
        }
        let wants_name = self.expected.iter().any(|expected| matches!(expected, Expect::Thing("a name")));
        if let TokenKind::Word(Some(keyword)) = token.kind
            && keyword.is_reserved()
            && wants_name
            && self.looks_like_name(keyword)
        {
            return self.reserved(token.span);
        }
        let mut diagnostic =
            Diagnostic::parse("HW1001", token.span, format!("{}, found {}", self.expectation_text(), self.found()));
        if let Some((hint, fix)) = self.guess() {
            diagnostic.hint = Some(hint);
            diagnostic.fix.extend(fix);
        } else {
            diagnostic.hint = Some(self.what_to_write());
        }
        diagnostic
    }

    /// The hint when nothing better is known.
    fn what_to_write(&self) -> String {
        let ends = matches!(self.kind(), TokenKind::End | TokenKind::Semicolon);
        match (self.expected.as_slice(), ends) {
            ([], _) => "end the statement with `;` before this, or remove it".to_owned(),
            ([only], _) => format!("write {} here", expected_name(*only)),
            (_, true) => "the statement is not finished: go on with one of these".to_owned(),
            (_, false) => format!("write one of these before or in place of {}", self.found()),
        }
    }

    /// A reserved word in the place of a name, and not one that begins the next clause.
    fn looks_like_name(&self, keyword: Kw) -> bool {
        let clause = matches!(
            keyword,
            Kw::PARTITION
                | Kw::FROM
                | Kw::SELECT
                | Kw::WHERE
                | Kw::GROUP
                | Kw::ORDER
                | Kw::AS
                | Kw::ON
                | Kw::WITH
                | Kw::VALUES
                | Kw::SET
        );
        !clause
    }

    fn reserved(&self, span: Span) -> Diagnostic {
        let word = self.slice(span);
        let mut diagnostic = Diagnostic::parse("HW1003", span, format!("`{word}` is a reserved word"))
            .detail("it cannot be a name as it stands")
            .hint(format!("write it in back quotes: `{word}`"));
        diagnostic.fix.push(Fix { span, text: format!("`{word}`") });
        diagnostic
    }

    /// `expected a, b or c`
    fn expectation_text(&self) -> String {
        // A name is one form of these.
        let covered = [Expect::Thing("an expression"), Expect::Thing("a table")];
        let covered = self.expected.iter().any(|expected| covered.contains(expected));
        let mut names: Vec<String> = Vec::new();
        let rank = |expected: &Expect| match expected {
            Expect::Thing(_) => 0,
            Expect::Token(_) => 1,
            Expect::Kw(_) => 2,
        };
        let mut ordered = self.expected.clone();
        ordered.sort_by_key(rank);
        for expected in ordered {
            if covered && expected == Expect::Thing("a name") {
                continue;
            }
            let name = expected_name(expected);
            if !names.contains(&name) {
                names.push(name);
            }
        }
        if names.len() > MAX_SHOWN {
            names.truncate(MAX_SHOWN);
            names.push("another word".to_string());
        }
        match names.split_last() {
            None => "expected the end of the statement".to_string(),
            Some((only, [])) => format!("expected {only}"),
            Some((last, rest)) => format!("expected {} or {last}", rest.join(", ")),
        }
    }

    fn found(&self) -> String {
        match self.kind() {
            TokenKind::End => "the end of the text".to_string(),
            TokenKind::Semicolon => "the end of the statement".to_string(),
            TokenKind::String => "a string".to_string(),
            _ => {
                let text = self.slice(self.span());
                let shown: String = text.chars().take(40).collect();
                format!("`{}`", shown.replace('`', "'"))
            }
        }
    }

    /// What was probably meant.
    fn guess(&self) -> Option<(String, Option<Fix>)> {
        let span = self.span();
        if let Some(word) = self.word()
            && let Some(keyword) = self.near_miss(word)
        {
            return Some((format!("did you mean `{keyword}`?"), Some(Fix { span, text: keyword.to_string() })));
        }
        let previous = self.at.checked_sub(1).and_then(|at| self.tokens().get(at)).copied();
        if let Some(previous) = previous
            && matches!(previous.kind, TokenKind::Word(keyword) if !keyword.is_some_and(Kw::is_reserved))
        {
            let word = self.slice(previous.span);
            if let Some(keyword) = self.near_miss(word) {
                let fix = Fix { span: previous.span, text: keyword.to_string() };
                return Some((format!("did you mean `{keyword}` instead of `{word}`?"), Some(fix)));
            }
        }
        self.guess_from_token(previous.map(|token| token.kind))
    }

    fn guess_from_token(&self, previous: Option<TokenKind>) -> Option<(String, Option<Fix>)> {
        let span = self.span();
        let here = Span { start: span.start, end: span.start };
        let replace = |text: &str| Some(Fix { span, text: text.to_string() });
        let wants = |kind: TokenKind| self.expected.contains(&Expect::Token(kind));
        let reserved = self.keyword().is_some_and(Kw::is_reserved);
        match self.kind() {
            TokenKind::Equal if previous == Some(TokenKind::Equal) => {
                Some(("write a single `=`".to_string(), replace("")))
            }
            TokenKind::BangEqual => Some(("write `<>`".to_string(), replace("<>"))),
            TokenKind::LeftBrace if self.previous().slice(self.text) == "$" => {
                Some(("variables are replaced inside string literals and back-quoted names only".to_string(), None))
            }
            TokenKind::Colon => Some(("there is no `::`; write CAST(x AS type)".to_string(), None)),
            TokenKind::Word(Some(Kw::DEFAULT)) => {
                Some(("a column has no default; write COALESCE(column, value) in the query".to_string(), None))
            }
            TokenKind::Word(_) if self.expected == [Expect::Thing("a string literal")] => {
                let quoted = format!("'{}'", self.slice(span));
                Some((format!("write it in single quotes: {quoted}"), replace(&quoted)))
            }
            _ if previous == Some(TokenKind::Comma) && (reserved || self.peek(TokenKind::RightParen)) => {
                Some(("remove the comma before it, or write the missing element".to_string(), None))
            }
            TokenKind::Word(_) if reserved && wants(TokenKind::RightParen) => {
                Some(("a `)` may be missing before it".to_string(), None))
            }
            TokenKind::Word(_) | TokenKind::Quoted | TokenKind::String | TokenKind::Integer | TokenKind::Decimal
                if wants(TokenKind::Comma) && !reserved =>
            {
                Some(("a comma may be missing before it".to_string(), Some(Fix { span: here, text: ", ".to_string() })))
            }
            TokenKind::RightParen if !self.inside_parens() => {
                Some(("there is no parenthesis to close here".to_string(), None))
            }
            _ => None,
        }
    }

    /// Whether a parenthesis of this statement is open at the current token, as far as a look back tells.
    fn inside_parens(&self) -> bool {
        const FAR: usize = 10_000;
        let mut closed = 0usize;
        for token in self.tokens()[..self.at].iter().rev().take(FAR) {
            match token.kind {
                TokenKind::Semicolon => return false,
                TokenKind::RightParen => closed += 1,
                TokenKind::LeftParen if closed == 0 => return true,
                TokenKind::LeftParen => closed -= 1,
                _ => {}
            }
        }
        false
    }

    /// The expected keyword that a word resembles.
    pub(super) fn near_miss(&self, word: &str) -> Option<&'static str> {
        if word.len() < 3 || word.len() > MAX_WORD {
            return None;
        }
        let word = word.to_ascii_uppercase();
        let allowed = if word.len() < 6 { 1 } else { 2 };
        self.expected
            .iter()
            .filter_map(|expected| match expected {
                Expect::Kw(keyword) => Some(keyword.text()),
                _ => None,
            })
            .map(|keyword| (distance(&word, keyword), keyword))
            .filter(|&(distance, _)| distance > 0 && distance <= allowed)
            .min()
            .map(|(_, keyword)| keyword)
    }
}

fn too_many(span: Span) -> Diagnostic {
    Diagnostic::parse("HW1001", span, "this statement has more errors than are shown")
        .hint("mend those before this one first")
}

fn expected_name(expected: Expect) -> String {
    match expected {
        Expect::Kw(keyword) => format!("`{}`", keyword.text()),
        Expect::Thing(thing) => thing.to_string(),
        Expect::Token(kind) => symbol(kind).map_or("the end of the statement".to_string(), |text| format!("`{text}`")),
    }
}

/// How a token of fixed text is written.
pub(crate) fn symbol(kind: TokenKind) -> Option<&'static str> {
    use TokenKind::*;
    Some(match kind {
        LeftParen => "(",
        RightParen => ")",
        LeftBracket => "[",
        RightBracket => "]",
        LeftBrace => "{",
        RightBrace => "}",
        Comma => ",",
        Semicolon => ";",
        Dot => ".",
        Star => "*",
        Plus => "+",
        Minus => "-",
        Slash => "/",
        Percent => "%",
        Equal => "=",
        NotEqual => "<>",
        BangEqual => "!=",
        Less => "<",
        LessEqual => "<=",
        Greater => ">",
        GreaterEqual => ">=",
        Concat => "||",
        Pipe => "|",
        Arrow => "=>",
        Colon => ":",
        Question => "?",
        Caret => "^",
        HintBegin => "/*+",
        HintEnd => "*/",
        _ => return None,
    })
}

/// Edits between two short words; two swapped neighbours are one edit.
pub(crate) fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    if left.len().abs_diff(right.len()) > 2 {
        return usize::MAX;
    }
    let mut rows = vec![vec![0usize; right.len() + 1]; left.len() + 1];
    for i in 0..=left.len() {
        for j in 0..=right.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let change = usize::from(left[i - 1] != right[j - 1]);
                let mut best = (rows[i - 1][j] + 1).min(rows[i][j - 1] + 1).min(rows[i - 1][j - 1] + change);
                if i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1] {
                    best = best.min(rows[i - 2][j - 2] + 1);
                }
                best
            };
        }
    }
    rows[left.len()][right.len()]
}
