//! Text to tokens.
//!
//! - *word*: a keyword or an unquoted identifier; letters, digits, `_` and `$`, beginning with no digit.
//! - *comment*: `-- ...`, `// ...`, `/* ... */`; kept apart from the tokens. `/*+` opens a hint and is a token.

use crate::keyword::Kw;
use data::{Diagnostic, Span};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Word(Option<Kw>),
    /// `` `name` ``
    Quoted,
    /// `'...'`
    String,
    /// `U&'...'`, `N'...'`, `_UTF8'...'`, `E'...'`: a prefix, then a string.
    PrefixedString,
    /// `X'...'`
    Binary,
    Integer,
    /// Digits with a point.
    Decimal,
    /// With an exponent.
    Approximate,
    LeftParen,
    RightParen,
    LeftBracket,
    RightBracket,
    LeftBrace,
    RightBrace,
    Comma,
    Semicolon,
    Dot,
    Star,
    Plus,
    Minus,
    Slash,
    Percent,
    Equal,
    NotEqual,
    /// `!=`
    BangEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    /// `||`
    Concat,
    /// `|`
    Pipe,
    /// `=>`
    Arrow,
    Colon,
    Question,
    Caret,
    /// `/*+`
    HintBegin,
    /// `*/` of a hint.
    HintEnd,
    /// A character outside the language; reported already.
    Unknown,
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) span: Span,
}

/// Tokens of a text, `End` last, with the comments and lexical errors found on the way.
#[derive(Debug, Default)]
pub(crate) struct Lexed {
    pub(crate) tokens: Vec<Token>,
    pub(crate) comments: Vec<Span>,
    pub(crate) errors: Vec<Diagnostic>,
    /// A literal, name or comment never ended: the end of the text says nothing.
    pub(crate) unclosed: bool,
}

/// Reads a text as far as it is asked to.
pub(crate) struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// Inside `/*+ ... */`.
    hint: bool,
    pub(crate) out: Lexed,
}

pub(crate) fn is_word_start(c: char) -> bool {
    c.is_alphabetic() || c == '_' || c == '$'
}

pub(crate) fn is_word_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, bytes: text.as_bytes(), at: 0, hint: false, out: Lexed::default() }
    }

    /// All of the text.
    pub(crate) fn whole(text: &'a str) -> Self {
        let mut lexer = Self::new(text);
        lexer.fill(usize::MAX);
        lexer
    }

    /// Whether the text is read to its end.
    pub(crate) fn is_done(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// Reads on until there are `count` tokens, or to the end of the text. `End` stands behind them in any case.
    pub(crate) fn fill(&mut self, count: usize) {
        self.out.tokens.pop_if(|last| last.kind == TokenKind::End);
        while self.out.tokens.len() < count
            && let Some(&byte) = self.bytes.get(self.at)
        {
            let start = self.at;
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' | 0x0c => self.at += 1,
                b'-' if self.peek(1) == Some(b'-') => self.line_comment(),
                b'/' if self.peek(1) == Some(b'/') => self.line_comment(),
                b'/' if self.peek(1) == Some(b'*') => self.block_comment(),
                b'\'' => self.string(start, TokenKind::String),
                b'`' => self.back_quoted(),
                b'"' => self.double_quoted(),
                b'0'..=b'9' => self.number(),
                b'.' if self.peek(1).is_some_and(|next| next.is_ascii_digit()) && !self.after_name() => self.number(),
                _ => match self.text[start..].chars().next() {
                    Some(c) if is_word_start(c) => self.word(),
                    Some(c) if c.is_whitespace() || c == '\u{feff}' => self.at += c.len_utf8(),
                    Some(c) => self.symbol(c),
                    None => break,
                },
            }
        }
        let end = Span::new(self.at, self.at);
        self.out.tokens.push(Token { kind: TokenKind::End, span: end });
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn push(&mut self, kind: TokenKind, start: usize) {
        self.out.tokens.push(Token { kind, span: Span::new(start, self.at) });
    }

    /// Whether the last token touches this place and ends a name: `t.1` is no number.
    fn after_name(&self) -> bool {
        self.out.tokens.last().is_some_and(|last| {
            last.span.end as usize == self.at && matches!(last.kind, TokenKind::Word(_) | TokenKind::Quoted)
        })
    }

    fn line_comment(&mut self) {
        let start = self.at;
        while self.bytes.get(self.at).is_some_and(|&byte| byte != b'\n') {
            self.at += 1;
        }
        let end = if self.bytes[..self.at].ends_with(b"\r") { self.at - 1 } else { self.at };
        self.out.comments.push(Span::new(start, end));
    }

    fn block_comment(&mut self) {
        let start = self.at;
        if self.peek(2) == Some(b'+') {
            self.at += 3;
            self.hint = true;
            return self.push(TokenKind::HintBegin, start);
        }
        match self.text[start + 2..].find("*/") {
            Some(length) => self.at = start + 2 + length + 2,
            None => {
                self.at = self.bytes.len();
                self.unclosed(start, 2, "comment", "*/");
            }
        }
        self.out.comments.push(Span::new(start, self.at));
    }

    fn unclosed(&mut self, start: usize, width: usize, what: &str, close: &str) {
        self.out.unclosed = true;
        let span = Span::new(start, start + width);
        let diagnostic = Diagnostic::parse("HW1002", span, format!("this {what} is never closed"))
            .detail("it goes on to the end of the text")
            .hint(format!("close the {what} with {close}"));
        self.out.errors.push(diagnostic);
    }

    /// Reads a string whose opening quote is the next byte; `start` is where its prefix begins.
    fn string(&mut self, start: usize, kind: TokenKind) {
        let open = self.at;
        self.at += 1;
        let backslash = kind == TokenKind::PrefixedString && matches!(self.bytes[start], b'e' | b'E');
        loop {
            match self.bytes.get(self.at) {
                None => {
                    self.unclosed(open, 1, "string literal", "'");
                    break;
                }
                Some(b'\\') if backslash => self.at = (self.at + 2).min(self.bytes.len()),
                Some(b'\'') if self.peek(1) == Some(b'\'') => self.at += 2,
                Some(b'\'') => {
                    self.at += 1;
                    break;
                }
                Some(_) => self.at += 1,
            }
        }
        while !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
        self.push(kind, start);
    }

    fn back_quoted(&mut self) {
        let start = self.at;
        self.at += 1;
        loop {
            match self.bytes.get(self.at) {
                None => {
                    self.unclosed(start, 1, "back-quoted name", "`");
                    break;
                }
                Some(b'`') if self.peek(1) == Some(b'`') => self.at += 2,
                Some(b'`') => {
                    self.at += 1;
                    break;
                }
                Some(_) => self.at += 1,
            }
        }
        if self.at - start == 2 {
            let diagnostic = Diagnostic::parse("HW1002", Span::new(start, self.at), "this back-quoted name is empty")
                .hint("write a name between the back quotes");
            self.out.errors.push(diagnostic);
        }
        self.push(TokenKind::Quoted, start);
    }

    /// Double quotes are no quotes in this dialect; the whole quoted text is one unknown token, so it is reported once.
    fn double_quoted(&mut self) {
        let start = self.at;
        let length = self.text[start + 1..].find(['"', '\n']).filter(|&at| self.bytes[start + 1 + at] == b'"');
        self.at = length.map_or(start + 1, |length| start + 1 + length + 1);
        let inner = length.map_or("", |length| &self.text[start + 1..start + 1 + length]);
        let hint = match length {
            Some(_) => format!("write `{inner}` in back quotes for a name, '{inner}' for a string"),
            None => "write a name in back quotes, a string in single quotes".to_string(),
        };
        let diagnostic =
            Diagnostic::parse("HW1004", Span::new(start, self.at), "double quotes are not used in Flink SQL")
                .detail("names are quoted with back quotes, strings with single quotes")
                .hint(hint);
        self.out.errors.push(diagnostic);
        self.push(TokenKind::Unknown, start);
    }

    fn digits(&mut self) {
        while self.peek(0).is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
    }

    fn number(&mut self) {
        let start = self.at;
        let mut kind = TokenKind::Integer;
        self.digits();
        if self.peek(0) == Some(b'.') && self.peek(1) != Some(b'.') {
            kind = TokenKind::Decimal;
            self.at += 1;
            self.digits();
        }
        if matches!(self.peek(0), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(self.peek(1), Some(b'+' | b'-')));
            if self.peek(1 + sign).is_some_and(|byte| byte.is_ascii_digit()) {
                kind = TokenKind::Approximate;
                self.at += 1 + sign;
                self.digits();
            }
        }
        self.push(kind, start);
    }

    fn word(&mut self) {
        let start = self.at;
        let rest = &self.text[start..];
        let length = rest.find(|c: char| !is_word_part(c)).unwrap_or(rest.len());
        self.at = start + length;
        let word = &rest[..length];
        match (word, self.peek(0)) {
            ("x" | "X", Some(b'\'')) => self.string(start, TokenKind::Binary),
            ("n" | "N" | "e" | "E", Some(b'\'')) => self.string(start, TokenKind::PrefixedString),
            ("u" | "U", Some(b'&')) if self.peek(1) == Some(b'\'') => {
                self.at += 1;
                self.string(start, TokenKind::PrefixedString);
            }
            (_, Some(b'\'')) if word.starts_with('_') && word.len() > 1 => {
                self.string(start, TokenKind::PrefixedString);
            }
            _ => self.push(TokenKind::Word(Kw::lookup(word)), start),
        }
    }

    fn symbol(&mut self, c: char) {
        use TokenKind::*;
        let start = self.at;
        let next = self.peek(1);
        let (kind, width) = match (c, next) {
            ('*', Some(b'/')) if self.hint => {
                self.hint = false;
                (HintEnd, 2)
            }
            ('<', Some(b'>')) => (NotEqual, 2),
            ('<', Some(b'=')) => (LessEqual, 2),
            ('>', Some(b'=')) => (GreaterEqual, 2),
            ('!', Some(b'=')) => (BangEqual, 2),
            ('=', Some(b'>')) => (Arrow, 2),
            ('|', Some(b'|')) => (Concat, 2),
            ('(', _) => (LeftParen, 1),
            (')', _) => (RightParen, 1),
            ('[', _) => (LeftBracket, 1),
            (']', _) => (RightBracket, 1),
            ('{', _) => (LeftBrace, 1),
            ('}', _) => (RightBrace, 1),
            (',', _) => (Comma, 1),
            (';', _) => (Semicolon, 1),
            ('.', _) => (Dot, 1),
            ('*', _) => (Star, 1),
            ('+', _) => (Plus, 1),
            ('-', _) => (Minus, 1),
            ('/', _) => (Slash, 1),
            ('%', _) => (Percent, 1),
            ('=', _) => (Equal, 1),
            ('<', _) => (Less, 1),
            ('>', _) => (Greater, 1),
            ('|', _) => (Pipe, 1),
            (':', _) => (Colon, 1),
            ('?', _) => (Question, 1),
            ('^', _) => (Caret, 1),
            _ => return self.illegal(c),
        };
        self.at += width;
        self.push(kind, start);
    }

    fn illegal(&mut self, c: char) {
        let start = self.at;
        self.at += c.len_utf8();
        let hint = match c {
            '\u{2018}' | '\u{2019}' => "write a straight quote `'`",
            '\u{201c}' | '\u{201d}' => "write straight single quotes for a string, back quotes for a name",
            '@' | '#' => "write a name with such a character in back quotes",
            '&' | '~' => "there are no bit operators; use a function",
            _ => "remove it, or put it into a string or a back-quoted name",
        };
        let last = self.out.errors.last().and_then(|error| error.span);
        if self.out.tokens.last().is_some_and(|token| token.kind == TokenKind::Unknown && last == Some(token.span)) {
            // A run of foreign characters is one mistake.
            return self.push(TokenKind::Unknown, start);
        }
        let shown = if c.is_control() { c.escape_unicode().to_string() } else { c.to_string() };
        let diagnostic = Diagnostic::parse(
            "HW1004",
            Span::new(start, self.at),
            format!("the character `{shown}` is not part of the language"),
        );
        self.out.errors.push(diagnostic.hint(hint));
        self.push(TokenKind::Unknown, start);
    }
}
