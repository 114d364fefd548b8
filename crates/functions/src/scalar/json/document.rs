//! JSON texts read and written as Jackson does it: the first value of a text counts, names of an object are sorted when
//! it is written, the last of equal names stands.

use super::number::normalized;

/// Deepest nesting that is read.
const MAX_DEPTH: usize = 1_000;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    Null,
    Boolean(bool),
    Integer(String),
    Decimal(String),
    Text(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// The first value of a text. The error says what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader { text, at: 0 };
        let value = reader.value(0)?;
        let number = matches!(value, Self::Integer(_) | Self::Decimal(_));
        match reader.peek() {
            Some(byte) if number && !byte.is_ascii_whitespace() => Err(reader.unexpected()),
            _ => Ok(value),
        }
    }

    /// Adds an entry, or changes that of the same name where it stands.
    pub(crate) fn insert(entries: &mut Vec<(String, Json)>, name: String, value: Json) {
        match entries.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => entries.push((name, value)),
        }
    }

    pub(super) fn is_scalar(&self) -> bool {
        !matches!(self, Self::Null | Self::Array(_) | Self::Object(_))
    }

    /// A scalar as text without quotes, anything else as JSON.
    pub(super) fn append_plain(&self, out: &mut String) {
        match self {
            Self::Text(text) => out.push_str(text),
            _ => self.append(out),
        }
    }

    pub(crate) fn append(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Boolean(flag) => out.push_str(if *flag { "true" } else { "false" }),
            Self::Integer(number) | Self::Decimal(number) => out.push_str(number),
            Self::Text(text) => append_quoted(out, text),
            Self::Array(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    item.append(out);
                }
                out.push(']');
            }
            Self::Object(entries) => {
                let mut sorted: Vec<&(String, Json)> = entries.iter().collect();
                sorted.sort_by(|(left, _), (right, _)| left.encode_utf16().cmp(right.encode_utf16()));
                out.push('{');
                for (index, (name, value)) in sorted.into_iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    append_quoted(out, name);
                    out.push(':');
                    value.append(out);
                }
                out.push('}');
            }
        }
    }
}

fn append_quoted(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            control if control < ' ' => out.push_str(&format!("\\u{:04X}", u32::from(control))),
            other => out.push(other),
        }
    }
    out.push('"');
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn unexpected(&self) -> String {
        match self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            Some(character) => format!("the JSON text has an unexpected `{character}` at byte {}", self.at),
            None => "the JSON text ends too early".to_owned(),
        }
    }

    fn eat(&mut self, byte: u8) -> Result<(), String> {
        if self.peek() == Some(byte) {
            self.at += 1;
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    fn value(&mut self, depth: usize) -> Result<Json, String> {
        if depth > MAX_DEPTH {
            return Err(format!("the JSON text is nested more than {MAX_DEPTH} levels deep"));
        }
        self.skip_space();
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string().map(Json::Text),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => {
                for (word, value) in
                    [("null", Json::Null), ("true", Json::Boolean(true)), ("false", Json::Boolean(false))]
                {
                    let rest = &self.text[self.at..];
                    let ends = |rest: &str| !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_');
                    if rest.strip_prefix(word).is_some_and(ends) {
                        self.at += word.len();
                        return Ok(value);
                    }
                }
                Err(self.unexpected())
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json, String> {
        self.at += 1;
        let mut entries = Vec::new();
        self.skip_space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Json::Object(entries));
        }
        loop {
            self.skip_space();
            if self.peek() != Some(b'"') {
                return Err(self.unexpected());
            }
            let name = self.string()?;
            self.skip_space();
            self.eat(b':')?;
            let value = self.value(depth + 1)?;
            Json::insert(&mut entries, name, value);
            self.skip_space();
            if self.peek() == Some(b',') {
                self.at += 1;
                continue;
            }
            self.eat(b'}')?;
            return Ok(Json::Object(entries));
        }
    }

    fn array(&mut self, depth: usize) -> Result<Json, String> {
        self.at += 1;
        let mut items = Vec::new();
        self.skip_space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Json::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.skip_space();
            if self.peek() == Some(b',') {
                self.at += 1;
                continue;
            }
            self.eat(b']')?;
            return Ok(Json::Array(items));
        }
    }

    fn digits(&mut self) -> Result<usize, String> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start { Err(self.unexpected()) } else { Ok(self.at - start) }
    }

    fn number(&mut self) -> Result<Json, String> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let first = self.peek();
        if self.digits()? > 1 && first == Some(b'0') {
            return Err("a number of the JSON text begins with 0".to_owned());
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        let (number, integer) = normalized(&self.text[start..self.at]);
        Ok(if integer { Json::Integer(number) } else { Json::Decimal(number) })
    }

    fn string(&mut self) -> Result<String, String> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let rest = &self.text[self.at..];
            let end = rest.find(|next: char| next == '"' || next == '\\' || next < ' ').unwrap_or(rest.len());
            out.push_str(&rest[..end]);
            self.at += end;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => self.escape(&mut out)?,
                _ => return Err(self.unexpected()),
            }
        }
    }

    fn escape(&mut self, out: &mut String) -> Result<(), String> {
        self.at += 1;
        let letter = self.peek().ok_or_else(|| self.unexpected())?;
        let plain = match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.hexadecimal()?;
                let after = &self.text[self.at..];
                let mut units = vec![first];
                if (0xd800..0xdc00).contains(&first) && after.starts_with("\\u") {
                    let mark = self.at;
                    self.at += 1;
                    let second = self.hexadecimal()?;
                    if (0xdc00..0xe000).contains(&second) {
                        units.push(second);
                    } else {
                        self.at = mark;
                    }
                }
                // Half a pair has no UTF-8: Java writes a question mark.
                out.extend(char::decode_utf16(units).map(|unit| unit.unwrap_or('?')));
                return Ok(());
            }
            _ => return Err(self.unexpected()),
        };
        self.at += 1;
        out.push(plain);
        Ok(())
    }

    /// The four digits behind the `u` at which the reader stands.
    fn hexadecimal(&mut self) -> Result<u16, String> {
        self.at += 1;
        let digits = self.text.get(self.at..self.at + 4).ok_or_else(|| self.unexpected())?;
        let valid = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let unit = u16::from_str_radix(digits, 16).ok().filter(|_| valid).ok_or_else(|| self.unexpected())?;
        self.at += 4;
        Ok(unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_as_jackson_reads_them() {
        let shown = |text: &str| {
            Json::parse(text).map(|json| {
                let mut out = String::new();
                json.append(&mut out);
                out
            })
        };
        assert_eq!(
            shown(r#" {"b":1,"a":[1.50,{"z":1E3}],"b":2} x"#),
            Ok(r#"{"a":[1.50,{"z":1E+3}],"b":2}"#.to_owned())
        );
        assert_eq!(shown(r#""\u00e9\ud83d\ude00\/\u0001""#), Ok("\"é😀/\\u0001\"".to_owned()));
        for wrong in ["", " ", "01", "1x", "1.", "NaN", "nul", "nullx", "[1,]", "{a:1}", "{\"a\":1,}", "\"a", "\"a\n\""]
        {
            assert!(shown(wrong).is_err(), "{wrong}");
        }
        assert!(Json::parse(&"[".repeat(100_000)).is_err());
    }
}
