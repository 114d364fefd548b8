//! Tokens to tree: recursive descent, expressions by precedence climbing.
//!
//! - *stop*: an error was recorded and the construct is given up; whoever can continue catches it.
//! - *recovery*: after a stop, tokens are skipped up to a place where reading makes sense again: the next element of a
//!   list, the next clause, the next statement. The tree of a statement with an error is not handed out.
//! - *expectation*: what would have been accepted at the current token; gathered as it is asked for.

mod alter;
mod call;
mod ddl;
mod expr;
mod foreign;
mod function;
mod json;
mod literal;
mod message;
mod pattern;
mod query;
mod script;
mod session;
mod statement;
mod table;
mod types;

use crate::ast::{Ident, ObjectName, Property, Text};
use crate::keyword::Kw;
use crate::layout::{Break, Group, GroupKind, INDENT, Layout};
use crate::lexer::{Lexer, Token, TokenKind};
use data::{Diagnostic, Span};
pub(crate) use expr::precedence;
pub use script::Parsed;
pub(crate) use script::Statements;

/// An error was recorded.
#[derive(Debug)]
pub(crate) struct Stop;
pub(crate) type Read<T> = Result<T, Stop>;

/// How deep constructs may be nested: bounded by the stack of the readers of the tree, too.
const MAX_DEPTH: u32 = 150;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expect {
    Kw(Kw),
    Token(TokenKind),
    Thing(&'static str),
}

pub(crate) struct Parser<'a> {
    text: &'a str,
    /// Holds the tokens, from a place before the statement being read on.
    lexer: Lexer<'a>,
    at: usize,
    depth: u32,
    parameters: u32,
    expected: Vec<Expect>,
    /// Of the statement being read; the lexer has its own.
    errors: Vec<Diagnostic>,
    /// Kept for the formatter only.
    layout: Option<Box<Layout>>,
}

impl<'a> Parser<'a> {
    pub(crate) fn new(text: &'a str, lexer: Lexer<'a>) -> Self {
        Self { text, lexer, at: 0, depth: 0, parameters: 0, expected: Vec::new(), errors: Vec::new(), layout: None }
    }

    /// The layout of a text, and its errors. All of the text is in memory: its length is the caller's business.
    pub(crate) fn layout(text: &'a str) -> (Layout, Vec<Diagnostic>) {
        // The layout speaks of tokens by their number in the whole text.
        let mut parser = Self::new(text, Lexer::whole(text));
        parser.layout = Some(Box::default());
        let mut statements = Statements::new(parser);
        let errors = statements.by_ref().flat_map(|parsed| parsed.errors).collect();
        (statements.into_layout(), errors)
    }

    // Notes for the formatter.

    /// The tokens from `start` to the last one read belong together.
    fn note_group(&mut self, start: usize, kind: GroupKind) {
        let end = self.at;
        if let Some(layout) = &mut self.layout {
            layout.groups.push(Group { start, end, kind });
        }
    }

    /// A line may begin at the next token.
    fn note_break(&mut self, kind: GroupKind, indent: usize) {
        let token = self.at;
        if let Some(layout) = &mut self.layout {
            layout.breaks.push(Break { token, kind, indent });
        }
    }

    /// No space before the next token.
    fn note_tight(&mut self) {
        let token = self.at;
        if let Some(layout) = &mut self.layout {
            layout.tight.push(token);
        }
    }

    /// No space behind the next token.
    fn note_glued(&mut self) {
        let token = self.at;
        if let Some(layout) = &mut self.layout {
            layout.glued.push(token);
        }
    }

    /// The group of this kind that begins with the next token always breaks.
    fn note_forced(&mut self, kind: GroupKind) {
        self.note_forced_from(self.at, kind);
    }

    fn note_forced_from(&mut self, token: usize, kind: GroupKind) {
        if let Some(layout) = &mut self.layout {
            layout.forced.push((token, kind));
        }
    }

    /// The list in the parenthesis that is next has one element to a line.
    fn note_one_per_line(&mut self) {
        let open = self.at;
        if let Some(layout) = &mut self.layout {
            layout.forced.push((open, GroupKind::Paren));
            layout.forced.push((open + 1, GroupKind::List));
        }
    }

    // Looking.

    /// Never empty; the last one is `End`.
    fn tokens(&self) -> &[Token] {
        &self.lexer.out.tokens
    }

    fn token(&self) -> Token {
        let tokens = self.tokens();
        tokens[self.at.min(tokens.len() - 1)]
    }

    fn kind(&self) -> TokenKind {
        self.token().kind
    }

    fn span(&self) -> Span {
        self.token().span
    }

    fn ahead(&self, distance: usize) -> TokenKind {
        self.tokens().get(self.at + distance).map_or(TokenKind::End, |token| token.kind)
    }

    fn slice(&self, span: Span) -> &'a str {
        span.slice(self.text)
    }

    /// Span of the token read last.
    fn previous(&self) -> Span {
        self.at.checked_sub(1).and_then(|at| self.tokens().get(at)).map_or(Span::default(), |token| token.span)
    }

    /// From `start` to the end of the token read last.
    fn since(&self, start: Span) -> Span {
        if self.previous().end <= start.start {
            Span { start: start.start, end: start.start }
        } else {
            start.to(self.previous())
        }
    }

    fn keyword(&self) -> Option<Kw> {
        match self.kind() {
            TokenKind::Word(keyword) => keyword,
            _ => None,
        }
    }

    fn keyword_ahead(&self, distance: usize) -> Option<Kw> {
        match self.ahead(distance) {
            TokenKind::Word(keyword) => keyword,
            _ => None,
        }
    }

    /// Whether the next token is this keyword; not noted as an expectation.
    fn peek_kw(&self, keyword: Kw) -> bool {
        self.keyword() == Some(keyword)
    }

    fn peek_kws(&self, keywords: &[Kw]) -> bool {
        keywords.iter().enumerate().all(|(distance, &keyword)| self.keyword_ahead(distance) == Some(keyword))
    }

    fn peek(&self, kind: TokenKind) -> bool {
        self.kind() == kind
    }

    /// The text of the next token when it is a word.
    fn word(&self) -> Option<&'a str> {
        matches!(self.kind(), TokenKind::Word(_)).then(|| self.slice(self.span()))
    }

    // Taking.

    fn advance(&mut self) -> Token {
        let token = self.token();
        if self.at < self.tokens().len() - 1 {
            self.at += 1;
        }
        self.expected.clear();
        token
    }

    fn expect(&mut self, expectation: Expect) {
        if !self.expected.contains(&expectation) {
            self.expected.push(expectation);
        }
    }

    fn at_kw(&mut self, keyword: Kw) -> bool {
        self.expect(Expect::Kw(keyword));
        self.peek_kw(keyword)
    }

    fn eat_kw(&mut self, keyword: Kw) -> bool {
        let found = self.at_kw(keyword);
        if found {
            self.advance();
        }
        found
    }

    /// Takes a keyword that nobody misses, so that no message names it.
    fn skip_kw(&mut self, keyword: Kw) -> bool {
        let found = self.peek_kw(keyword);
        if found {
            self.advance();
        }
        found
    }

    /// Takes all of the keywords or none.
    fn eat_kws(&mut self, keywords: &[Kw]) -> bool {
        let found = self.peek_kws(keywords);
        if found {
            for _ in keywords {
                self.advance();
            }
        } else if let Some(&first) = keywords.first() {
            self.expect(Expect::Kw(first));
        }
        found
    }

    fn eat(&mut self, kind: TokenKind) -> bool {
        let found = self.peek(kind);
        if found {
            self.advance();
        } else {
            self.expect(Expect::Token(kind));
        }
        found
    }

    fn need_kw(&mut self, keyword: Kw) -> Read<Span> {
        let span = self.span();
        if self.eat_kw(keyword) { Ok(span) } else { self.unexpected() }
    }

    fn need_kws(&mut self, keywords: &[Kw]) -> Read<()> {
        for &keyword in keywords {
            self.need_kw(keyword)?;
        }
        Ok(())
    }

    fn need(&mut self, kind: TokenKind) -> Read<Span> {
        let span = self.span();
        if self.eat(kind) { Ok(span) } else { self.unexpected() }
    }

    // Lists.

    /// One or more, separated by commas. An element that fails is skipped, so that the next one is still read.
    fn comma_list<T>(&mut self, mut element: impl FnMut(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        let start = self.at;
        let mut list = Vec::new();
        loop {
            list.push(element(self)?);
            if !self.eat(TokenKind::Comma) {
                self.note_group(start, GroupKind::List);
                return Ok(list);
            }
            self.note_break(GroupKind::List, 0);
        }
    }

    /// The list of a clause: laid out one element to a line, below its keyword, when it is long.
    fn clause_list<T>(&mut self, mut element: impl FnMut(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        let start = self.at;
        let mut list = Vec::new();
        loop {
            self.note_break(GroupKind::Clause, INDENT);
            list.push(element(self)?);
            if !self.eat(TokenKind::Comma) {
                self.note_group(start, GroupKind::Clause);
                return Ok(list);
            }
        }
    }

    /// `( a, b )`; after an error in an element reading goes on behind the next comma or at the closing parenthesis.
    fn paren_list<T>(&mut self, mut element: impl FnMut(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        let open = self.need(TokenKind::LeftParen)?;
        let start = self.at;
        let mut list = Vec::new();
        loop {
            match element(self) {
                Ok(item) => list.push(item),
                Err(Stop) => self.skip_to(&[TokenKind::Comma], &[])?,
            }
            if self.eat(TokenKind::Comma) {
                self.note_break(GroupKind::List, 0);
                continue;
            }
            if self.peek(TokenKind::RightParen) {
                self.note_group(start, GroupKind::List);
                self.advance();
                return Ok(list);
            }
            self.expect(Expect::Token(TokenKind::RightParen));
            self.unexpected_in::<()>(open).ok();
            self.skip_to(&[TokenKind::Comma], &[])?;
            if !self.eat(TokenKind::Comma) {
                self.close(open)?;
                return Ok(list);
            }
        }
    }

    /// The parenthesis that closes `open`.
    fn close(&mut self, open: Span) -> Read<Span> {
        let span = self.span();
        if self.eat(TokenKind::RightParen) { Ok(span) } else { self.unexpected_in(open) }
    }

    /// Skips tokens up to one of these at the same depth of parentheses, or to the parenthesis that closes this depth.
    /// The end of the statement stops.
    fn skip_to(&mut self, kinds: &[TokenKind], keywords: &[Kw]) -> Read<()> {
        let mut depth = 0usize;
        loop {
            match self.kind() {
                TokenKind::End | TokenKind::Semicolon => return Err(Stop),
                kind if depth == 0 && kinds.contains(&kind) => return Ok(()),
                TokenKind::Word(Some(keyword)) if depth == 0 && keywords.contains(&keyword) => return Ok(()),
                TokenKind::LeftParen | TokenKind::LeftBracket => depth += 1,
                TokenKind::RightParen | TokenKind::RightBracket if depth == 0 => return Ok(()),
                TokenKind::RightParen | TokenKind::RightBracket => depth -= 1,
                _ => {}
            }
            self.advance();
        }
    }

    /// Runs a reader one level deeper.
    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        self.check_depth(0)?;
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// Refuses a construct `more` levels below this one when that is too deep.
    fn check_depth(&mut self, more: u32) -> Read<()> {
        if self.depth + more < MAX_DEPTH {
            return Ok(());
        }
        let span = self.span();
        self.fail(
            Diagnostic::parse("HW1005", span, "this is nested too deeply")
                .detail(format!("more than {MAX_DEPTH} levels"))
                .hint("split the expression, for example with a view or a WITH query"),
        )
    }

    // Small things every grammar rule needs.

    fn ident(&mut self) -> Read<Ident> {
        let token = self.token();
        let value = match token.kind {
            TokenKind::Word(keyword) if !keyword.is_some_and(Kw::is_reserved) => self.slice(token.span).to_string(),
            TokenKind::Quoted => unquote(self.slice(token.span)),
            _ => {
                self.expect(Expect::Thing("a name"));
                return self.unexpected();
            }
        };
        let at = self.at;
        if let Some(layout) = &mut self.layout {
            layout.names.push(at);
        }
        self.advance();
        Ok(Ident { value, quoted: token.kind == TokenKind::Quoted, span: token.span })
    }

    /// Whether a name can begin here.
    fn at_ident(&self) -> bool {
        match self.kind() {
            TokenKind::Word(keyword) => !keyword.is_some_and(Kw::is_reserved),
            TokenKind::Quoted => true,
            _ => false,
        }
    }

    fn object_name(&mut self) -> Read<ObjectName> {
        let mut parts = vec![self.ident()?];
        while self.peek(TokenKind::Dot) {
            self.advance();
            parts.push(self.ident()?);
        }
        Ok(ObjectName(parts))
    }

    fn ident_list(&mut self) -> Read<Vec<Ident>> {
        self.paren_list(Self::ident)
    }

    fn text_literal(&mut self) -> Read<Text> {
        let start = self.span();
        match self.kind() {
            TokenKind::String | TokenKind::PrefixedString => {
                let value = self.string_value()?;
                Ok(Text { value, span: self.since(start) })
            }
            _ => {
                self.expect(Expect::Thing("a string literal"));
                self.unexpected()
            }
        }
    }

    fn integer<T: std::str::FromStr>(&mut self) -> Read<T> {
        let token = self.token();
        if token.kind != TokenKind::Integer {
            self.expect(Expect::Thing("a whole number"));
            return self.unexpected();
        }
        match self.slice(token.span).parse() {
            Ok(value) => {
                self.advance();
                Ok(value)
            }
            Err(_) => self.fail(
                Diagnostic::parse("HW1006", token.span, "this number is too large here").hint("write a smaller number"),
            ),
        }
    }

    fn property(&mut self) -> Read<Property> {
        let key = self.text_literal()?;
        self.need(TokenKind::Equal)?;
        let value = self.text_literal()?;
        Ok(Property { key, value })
    }

    /// `('key' = 'value', ...)`, possibly empty.
    fn properties(&mut self) -> Read<Vec<Property>> {
        if self.peek(TokenKind::LeftParen) && self.ahead(1) == TokenKind::RightParen {
            self.advance();
            self.advance();
            return Ok(Vec::new());
        }
        self.paren_list(Self::property)
    }

    fn with_properties(&mut self) -> Read<Vec<Property>> {
        if self.eat_kw(Kw::WITH) { self.properties() } else { Ok(Vec::new()) }
    }

    fn comment_clause(&mut self) -> Read<Option<Text>> {
        if self.eat_kw(Kw::COMMENT) { Ok(Some(self.text_literal()?)) } else { Ok(None) }
    }

    fn if_not_exists(&mut self) -> Read<bool> {
        if !self.eat_kw(Kw::IF) {
            return Ok(false);
        }
        self.need_kws(&[Kw::NOT, Kw::EXISTS])?;
        Ok(true)
    }

    fn if_exists(&mut self) -> Read<bool> {
        if !self.eat_kw(Kw::IF) {
            return Ok(false);
        }
        self.need_kw(Kw::EXISTS)?;
        Ok(true)
    }
}

/// The name inside back quotes.
pub(crate) fn unquote(quoted: &str) -> String {
    let inner = quoted.strip_prefix('`').unwrap_or(quoted);
    inner.strip_suffix('`').unwrap_or(inner).replace("``", "`")
}
