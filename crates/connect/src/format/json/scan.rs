//! JSON text into tokens, without building a tree: a value is where it stands and what kind it is.

use memchr::memchr2;

/// Values may be nested so deep; deeper ones are refused instead of exhausting the stack.
const MAX_DEPTH: usize = 128;

/// One value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    start: u32,
    end: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// Not there at all.
    Missing,
    Null,
    True,
    False,
    Number,
    /// Text without its quotes, in the input.
    Text,
    /// Text with escapes resolved, in the scratch.
    Unescaped,
    /// An object or array, as it stands.
    Nested,
}

impl Token {
    pub(crate) const MISSING: Token = Token { kind: TokenKind::Missing, start: 0, end: 0 };

    fn new(kind: TokenKind, start: usize, end: usize) -> Self {
        Self { kind, start: start as u32, end: end as u32 }
    }

    /// Replaces the text by one that was appended to the scratch from `start` on.
    pub(crate) fn in_scratch(start: usize, end: usize) -> Self {
        Self::new(TokenKind::Unescaped, start, end)
    }

    pub(crate) fn text<'a>(&self, input: &'a [u8], scratch: &'a [u8]) -> &'a [u8] {
        let source = if self.kind == TokenKind::Unescaped { scratch } else { input };
        &source[self.start as usize..self.end as usize]
    }
}

/// Where a text is no JSON, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    pub(crate) at: usize,
    pub(crate) expected: &'static str,
}

/// Walks through values of `input` from `at` on.
pub(crate) struct Scanner<'a> {
    pub(crate) input: &'a [u8],
    pub(crate) at: usize,
    pub(crate) scratch: &'a mut Vec<u8>,
    depth: usize,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(input: &'a [u8], at: usize, scratch: &'a mut Vec<u8>) -> Self {
        Self { input, at, scratch, depth: 0 }
    }

    fn fail<T>(&self, expected: &'static str) -> Result<T, Malformed> {
        Err(Malformed { at: self.at, expected })
    }

    fn peek(&mut self) -> Option<u8> {
        while let Some(byte) = self.input.get(self.at) {
            if !matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    fn take(&mut self, byte: u8, expected: &'static str) -> Result<(), Malformed> {
        if self.peek() != Some(byte) {
            return self.fail(expected);
        }
        self.at += 1;
        Ok(())
    }

    /// Nothing but blanks may follow.
    pub(crate) fn end(&mut self) -> Result<(), Malformed> {
        if self.peek().is_some() { self.fail("the end of the line") } else { Ok(()) }
    }

    /// The next value, whatever it is.
    pub(crate) fn value(&mut self) -> Result<Token, Malformed> {
        let Some(byte) = self.peek() else { return self.fail("a value") };
        let start = self.at;
        match byte {
            b'"' => self.string(),
            b'{' => {
                self.object(|_, _| ())?;
                Ok(Token::new(TokenKind::Nested, start, self.at))
            }
            b'[' => {
                self.array(|_| ())?;
                Ok(Token::new(TokenKind::Nested, start, self.at))
            }
            b't' => self.word(b"true", TokenKind::True),
            b'f' => self.word(b"false", TokenKind::False),
            b'n' => self.word(b"null", TokenKind::Null),
            b'-' | b'0'..=b'9' => self.number(),
            _ => self.fail("a value"),
        }
    }

    fn word(&mut self, word: &'static [u8], kind: TokenKind) -> Result<Token, Malformed> {
        if !self.input[self.at..].starts_with(word) {
            return self.fail("true, false or null");
        }
        let start = self.at;
        self.at += word.len();
        Ok(Token::new(kind, start, self.at))
    }

    fn number(&mut self) -> Result<Token, Malformed> {
        let start = self.at;
        let digits = |scanner: &mut Self| {
            let first = scanner.at;
            while scanner.input.get(scanner.at).is_some_and(u8::is_ascii_digit) {
                scanner.at += 1;
            }
            if scanner.at == first { scanner.fail("a digit") } else { Ok(()) }
        };
        self.at += usize::from(self.input[self.at] == b'-');
        digits(self)?;
        if self.input.get(self.at) == Some(&b'.') {
            self.at += 1;
            digits(self)?;
        }
        if matches!(self.input.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.input.get(self.at), Some(b'+' | b'-')));
            digits(self)?;
        }
        Ok(Token::new(TokenKind::Number, start, self.at))
    }

    fn string(&mut self) -> Result<Token, Malformed> {
        let start = self.at + 1;
        let Some(found) = memchr2(b'"', b'\\', &self.input[start..]) else { return self.fail("a closing quote") };
        if self.input[start + found] == b'"' {
            self.at = start + found + 1;
            return Ok(Token::new(TokenKind::Text, start, start + found));
        }
        let begin = self.scratch.len();
        self.at = start;
        loop {
            let rest = &self.input[self.at..];
            let Some(found) = memchr2(b'"', b'\\', rest) else { return self.fail("a closing quote") };
            self.scratch.extend_from_slice(&rest[..found]);
            self.at += found + 1;
            if rest[found] == b'"' {
                return Ok(Token::in_scratch(begin, self.scratch.len()));
            }
            self.escape()?;
        }
    }

    fn escape(&mut self) -> Result<(), Malformed> {
        let byte = match self.input.get(self.at) {
            Some(byte @ (b'"' | b'\\' | b'/')) => *byte,
            Some(b'b') => 8,
            Some(b'f') => 12,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'u') => {
                self.at += 1;
                return self.unicode();
            }
            _ => return self.fail("an escape"),
        };
        self.scratch.push(byte);
        self.at += 1;
        Ok(())
    }

    fn unit(&mut self) -> Result<u32, Malformed> {
        let hex = self.input.get(self.at..self.at + 4).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u32::from_str_radix(hex, 16).ok()) {
            Some(unit) => {
                self.at += 4;
                Ok(unit)
            }
            None => self.fail("four hexadecimal digits"),
        }
    }

    /// A character written in UTF-16; half of a pair stands for none.
    fn unicode(&mut self) -> Result<(), Malformed> {
        let mut code = self.unit()?;
        if (0xd800..0xdc00).contains(&code) && self.input[self.at..].starts_with(b"\\u") {
            self.at += 2;
            let low = self.unit()?;
            if (0xdc00..0xe000).contains(&low) {
                code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            }
        }
        let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
        self.scratch.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        Ok(())
    }

    /// An object: gives each key (in the input or the scratch) with its value.
    pub(crate) fn object(&mut self, mut field: impl FnMut(&[u8], Token)) -> Result<(), Malformed> {
        self.take(b'{', "an object")?;
        self.enter()?;
        if self.peek() == Some(b'}') {
            self.at += 1;
            self.depth -= 1;
            return Ok(());
        }
        loop {
            if self.peek() != Some(b'"') {
                return self.fail("a key in quotes");
            }
            let key = self.string()?;
            self.take(b':', "a colon")?;
            let value = self.value()?;
            field(key.text(self.input, self.scratch), value);
            if self.more(b'}', "a comma or the end of the object")? {
                return Ok(());
            }
        }
    }

    pub(crate) fn array(&mut self, mut item: impl FnMut(Token)) -> Result<(), Malformed> {
        self.take(b'[', "an array")?;
        self.enter()?;
        if self.peek() == Some(b']') {
            self.at += 1;
            self.depth -= 1;
            return Ok(());
        }
        loop {
            let value = self.value()?;
            item(value);
            if self.more(b']', "a comma or the end of the array")? {
                return Ok(());
            }
        }
    }

    fn enter(&mut self) -> Result<(), Malformed> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { self.fail("less nesting") } else { Ok(()) }
    }

    /// After an element: whether the container ends here.
    fn more(&mut self, close: u8, expected: &'static str) -> Result<bool, Malformed> {
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                Ok(false)
            }
            Some(byte) if byte == close => {
                self.at += 1;
                self.depth -= 1;
                Ok(true)
            }
            _ => self.fail(expected),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(text: &str) -> Result<(TokenKind, String), Malformed> {
        let mut scratch = Vec::new();
        let mut scanner = Scanner::new(text.as_bytes(), 0, &mut scratch);
        let token = scanner.value()?;
        scanner.end()?;
        let text = String::from_utf8_lossy(token.text(text.as_bytes(), &scratch)).into_owned();
        Ok((token.kind, text))
    }

    #[test]
    fn values_are_found_where_they_stand() {
        let check = |text: &str, kind, expect: &str| assert_eq!(scan(text), Ok((kind, expect.to_owned())), "{text}");
        check(" 1.50e+3 ", TokenKind::Number, "1.50e+3");
        check("-0", TokenKind::Number, "-0");
        check("true", TokenKind::True, "true");
        check(r#""abc""#, TokenKind::Text, "abc");
        check(r#""a\"b\\\n\u00e5\ud83d\ude00\ud800""#, TokenKind::Unescaped, "a\"b\\\nå😀\u{fffd}");
        check(r#"{"a": [1, {"b": "]"}]}"#, TokenKind::Nested, r#"{"a": [1, {"b": "]"}]}"#);
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in
            ["", "{", "[1", "{\"a\" 1}", "{a:1}", "tru", "1.", "-", "\"a", "\"\\x\"", "\"\\u12\"", "1 2", "[1,]"]
        {
            assert!(scan(text).is_err(), "{text}");
        }
        assert!(scan(&"[".repeat(100_000)).is_err());
    }
}
