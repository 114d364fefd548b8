//! Java's regular expressions on a Rust engine: the pattern is translated, since the same letters mean other things.
//!
//! In Java `\d`, `\w`, `\s` and the POSIX classes are ASCII; `.` stops at every line terminator and not only at `\n`;
//! `$` also stands before a final line terminator; `(?i)` ignores the case of ASCII letters only; a class may not use
//! `--` and `~~`. Matching goes on after an empty match as Java's `Matcher.find` does.
//!
//! Not translated: `\G`, blocks (`\p{InGreek}`) and the flag `d`; such a pattern counts as none.

use crate::registry::EvalError;
use fancy_regex::Regex;
use std::ops::Range;

const LINE_END: &str = r"(?:\r\n|[\n\r\x{85}\x{2028}\x{2029}])";
const NOT_LINE_END: &str = r"[^\n\r\x{85}\x{2028}\x{2029}]";
const HORIZONTAL: &str = r"\t\x20\x{a0}\x{1680}\x{180e}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}";
const VERTICAL: &str = r"\n\x{b}\f\r\x{85}\x{2028}\x{2029}";

pub(super) struct JavaRegex {
    /// For texts that do not end in a line terminator: there `$` is the end.
    plain: Regex,
    /// For the others, where `$` is used.
    terminated: Option<Regex>,
}

impl JavaRegex {
    /// Nothing when the pattern is no regular expression.
    pub(super) fn new(pattern: &str) -> Option<Self> {
        let plain = translate(pattern, r"\z")?;
        let exact = translate(pattern, &format!(r"(?={LINE_END}?\z)"))?;
        let terminated = if exact == plain { None } else { Some(Regex::new(&exact).ok()?) };
        Some(Self { plain: Regex::new(&plain).ok()?, terminated })
    }

    fn engine(&self, text: &str) -> &Regex {
        match &self.terminated {
            Some(exact) if text.ends_with(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) => exact,
            _ => &self.plain,
        }
    }

    /// Groups of the pattern, without the whole match.
    pub(super) fn group_count(&self) -> usize {
        self.plain.captures_len() - 1
    }

    pub(super) fn is_match(&self, text: &str, row: usize) -> Result<bool, EvalError> {
        self.engine(text).is_match(text).map_err(|_| too_complex(row))
    }

    /// The first match at or after a byte position.
    pub(super) fn find_from(&self, text: &str, from: usize, row: usize) -> Result<Option<Range<usize>>, EvalError> {
        let found = self.engine(text).find_from_pos(text, from).map_err(|_| too_complex(row))?;
        Ok(found.map(|found| found.range()))
    }

    /// The groups of that match; those that took no part are absent.
    pub(super) fn groups_from(
        &self,
        text: &str,
        from: usize,
        row: usize,
    ) -> Result<Option<Vec<Option<Range<usize>>>>, EvalError> {
        let found = self.engine(text).captures_from_pos(text, from).map_err(|_| too_complex(row))?;
        Ok(found.map(|groups| groups.iter().map(|group| group.map(|group| group.range())).collect()))
    }

    /// All matches, in order.
    pub(super) fn find_all(&self, text: &str, row: usize) -> Result<Vec<Range<usize>>, EvalError> {
        let mut all = Vec::new();
        let mut from = Some(0);
        while let Some(start) = from {
            let Some(found) = self.find_from(text, start, row)? else { break };
            from = Self::after(text, &found);
            all.push(found);
        }
        Ok(all)
    }

    /// Where to look after a match: behind it, and one character on when it is empty. Nothing past the end.
    pub(super) fn after(text: &str, found: &Range<usize>) -> Option<usize> {
        if !found.is_empty() {
            return Some(found.end);
        }
        text[found.end..].chars().next().map(|character| found.end + character.len_utf8())
    }
}

fn too_complex(row: usize) -> EvalError {
    EvalError { code: "HW3213", message: "a regular expression takes too many steps on this text".into(), row }
}

/// The pattern in Rust's dialect, with `dollar` for the end of input.
fn translate(pattern: &str, dollar: &str) -> Option<String> {
    let mut translator = Translator {
        rest: pattern.chars().collect::<Vec<_>>().into_iter().peekable(),
        out: String::with_capacity(pattern.len() + 16),
        flags: Flags::default(),
        outer: Vec::new(),
        dollar,
    };
    translator.run()?;
    Some(translator.out)
}

#[derive(Clone, Copy, Default)]
struct Flags {
    ignore_case: bool,
    unicode_case: bool,
    multi_line: bool,
    dot_all: bool,
}

struct Translator<'a> {
    rest: std::iter::Peekable<std::vec::IntoIter<char>>,
    out: String,
    flags: Flags,
    /// Flags outside each open group.
    outer: Vec<Flags>,
    dollar: &'a str,
}

impl Translator<'_> {
    fn run(&mut self) -> Option<()> {
        while let Some(character) = self.rest.next() {
            match character {
                '\\' => self.escape()?,
                '[' => self.class()?,
                '.' if self.flags.dot_all => self.out.push_str("(?s:.)"),
                '.' => self.out.push_str(NOT_LINE_END),
                '$' if self.flags.multi_line => self.out.push('$'),
                '$' => self.out.push_str(self.dollar),
                '(' => self.group()?,
                ')' => {
                    self.flags = self.outer.pop()?;
                    self.out.push(')');
                }
                '{' => self.repetition()?,
                '^' | '|' | '*' | '+' | '?' | ' ' | '#' => self.out.push(character),
                _ => self.literal(character),
            }
        }
        self.outer.is_empty().then_some(())
    }

    fn take(&mut self, expected: char) -> bool {
        self.rest.next_if_eq(&expected).is_some()
    }

    /// After `{`, which in Java never stands for itself: how often something repeats.
    fn repetition(&mut self) -> Option<()> {
        let dangling = self.out.is_empty() || self.out.ends_with(['(', '|']);
        self.out.push('{');
        let mut bounds = 0;
        while let Some(letter) = self.rest.next_if(|next| next.is_ascii_digit() || (bounds > 0 && *next == ',')) {
            self.out.push(letter);
            bounds += 1;
        }
        self.out.push('}');
        (self.take('}') && bounds > 0 && !dangling).then_some(())
    }

    /// A character that stands for itself.
    fn literal(&mut self, character: char) {
        if !character.is_ascii() && self.flags.ignore_case && !self.flags.unicode_case {
            self.out.push_str("(?-i:");
            self.out.push(character);
            self.out.push(')');
            return;
        }
        push_literal(&mut self.out, character);
    }

    /// After `(`: a group, a look-around, or flags.
    fn group(&mut self) -> Option<()> {
        if !self.take('?') {
            self.outer.push(self.flags);
            self.out.push('(');
            return Some(());
        }
        match self.rest.peek()? {
            ':' | '=' | '!' | '>' => {
                self.outer.push(self.flags);
                self.out.push_str("(?");
                self.out.extend(self.rest.next());
            }
            '<' => {
                self.outer.push(self.flags);
                self.out.push_str("(?<");
                self.rest.next();
                if let Some(look) = self.rest.next_if(|next| matches!(next, '=' | '!')) {
                    self.out.push(look);
                } else {
                    while let Some(letter) = self.rest.next_if(char::is_ascii_alphanumeric) {
                        self.out.push(letter);
                    }
                    self.take('>').then_some(())?;
                    self.out.push('>');
                }
            }
            _ => self.flag_group()?,
        }
        Some(())
    }

    /// `(?i-s)` for the rest of the group, or `(?i-s:` for a group of its own.
    fn flag_group(&mut self) -> Option<()> {
        let mut flags = self.flags;
        let mut on = true;
        let (mut set, mut unset) = (String::new(), String::new());
        loop {
            let letter = self.rest.next()?;
            match letter {
                '-' => on = false,
                'i' => flags.ignore_case = on,
                'm' => flags.multi_line = on,
                's' => flags.dot_all = on,
                'u' => flags.unicode_case = on,
                'U' | 'x' => {}
                ':' | ')' => {
                    if letter == ':' {
                        self.outer.push(self.flags);
                    }
                    self.flags = flags;
                    let minus = if unset.is_empty() { "" } else { "-" };
                    // Flags that only the translation heeds leave an empty group behind.
                    match (letter, set.is_empty() && unset.is_empty()) {
                        (')', true) => {}
                        (_, true) => self.out.push_str("(?:"),
                        _ => self.out.extend(["(?", &set, minus, &unset, letter.encode_utf8(&mut [0; 4])]),
                    }
                    return Some(());
                }
                _ => return None,
            }
            if matches!(letter, 'i' | 'm' | 's' | 'x') {
                if on { set.push(letter) } else { unset.push(letter) }
            }
        }
    }

    /// After a backslash, outside a class.
    fn escape(&mut self) -> Option<()> {
        let character = self.rest.next()?;
        match character {
            'b' | 'B' | 'A' | 'z' => self.out.extend(['\\', character]),
            'Z' => self.out.extend(["(?=", LINE_END, "?\\z)"]),
            'R' => self.out.push_str(LINE_END),
            'Q' => {
                for literal in self.quoted() {
                    self.literal(literal);
                }
            }
            'E' => {}
            'k' => {
                self.out.push_str("\\k");
                while let Some(letter) = self.rest.next_if(|next| matches!(next, '<') || next.is_alphanumeric()) {
                    self.out.push(letter);
                }
                self.take('>').then(|| self.out.push('>'))?;
            }
            '1'..='9' => self.out.extend(['\\', character]),
            _ => match self.set(character)? {
                Set::Members(members, negated) => {
                    self.out.extend(["[", if negated { "^" } else { "" }, &members, "]"]);
                }
                Set::Character(literal) => self.literal(literal),
            },
        }
        Some(())
    }

    /// The characters up to `\E`.
    fn quoted(&mut self) -> Vec<char> {
        let mut literals = Vec::new();
        while let Some(character) = self.rest.next() {
            if character == '\\' && self.take('E') {
                break;
            }
            literals.push(character);
        }
        literals
    }

    /// An escape that names one character or a set of them.
    fn set(&mut self, character: char) -> Option<Set> {
        let members = |members: &str, negated| Some(Set::Members(members.to_owned(), negated));
        match character {
            'd' | 'D' => members("0-9", character == 'D'),
            'w' | 'W' => members("a-zA-Z_0-9", character == 'W'),
            's' | 'S' => members(r"\t-\r\x20", character == 'S'),
            'h' | 'H' => members(HORIZONTAL, character == 'H'),
            'v' | 'V' => members(VERTICAL, character == 'V'),
            'p' | 'P' => self.property().map(|property| Set::Members(property, character == 'P')),
            't' => Some(Set::Character('\t')),
            'n' => Some(Set::Character('\n')),
            'r' => Some(Set::Character('\r')),
            'f' => Some(Set::Character('\u{c}')),
            'a' => Some(Set::Character('\u{7}')),
            'e' => Some(Set::Character('\u{1b}')),
            'c' => char::from_u32(u32::from(self.rest.next()?) ^ 64).map(Set::Character),
            'u' => self.utf16_unit().map(Set::Character),
            'x' if self.take('{') => {
                let mut digits = String::new();
                while let Some(digit) = self.rest.next_if(char::is_ascii_hexdigit) {
                    digits.push(digit);
                }
                self.take('}').then_some(())?;
                char::from_u32(u32::from_str_radix(&digits, 16).ok()?).map(Set::Character)
            }
            'x' => char::from_u32(self.hex(2)?).map(Set::Character),
            '0' => {
                let mut number = self.rest.next()?.to_digit(8)?;
                while let Some(digit) = self.rest.next_if(|next| next.is_digit(8) && number * 8 < 0o400) {
                    number = number * 8 + digit.to_digit(8)?;
                }
                char::from_u32(number).map(Set::Character)
            }
            _ if character.is_ascii_alphanumeric() => None,
            _ => Some(Set::Character(character)),
        }
    }

    fn hex(&mut self, digits: usize) -> Option<u32> {
        (0..digits).try_fold(0, |number, _| Some(number * 16 + self.rest.next()?.to_digit(16)?))
    }

    /// `XXXX` after `\u`; a high surrogate takes the low one with it.
    fn utf16_unit(&mut self) -> Option<char> {
        let unit = self.hex(4)?;
        if !(0xd800..0xdc00).contains(&unit) {
            return char::from_u32(unit);
        }
        (self.take('\\') && self.take('u')).then_some(())?;
        let low = self.hex(4)?;
        char::decode_utf16([unit as u16, low as u16]).next()?.ok()
    }

    /// The members of the property named after `\p`.
    fn property(&mut self) -> Option<String> {
        let first = self.rest.next()?;
        if first != '{' {
            return Some(format!("\\p{{{first}}}"));
        }
        let mut name = String::new();
        loop {
            match self.rest.next()? {
                '}' => break,
                letter => name.push(letter),
            }
        }
        let ascii = match name.as_str() {
            "Lower" => "a-z",
            "Upper" => "A-Z",
            "ASCII" => r"\x00-\x7f",
            "Alpha" => "a-zA-Z",
            "Digit" => "0-9",
            "Alnum" => "a-zA-Z0-9",
            "Punct" => r"!-/:-@\[-`\{-\x7e",
            "Graph" => r"!-\x7e",
            "Print" => r"\x20-\x7e",
            "Blank" => r"\x20\t",
            "Cntrl" => r"\x00-\x1f\x7f",
            "XDigit" => "0-9a-fA-F",
            "Space" => r"\t-\r\x20",
            "javaLowerCase" => r"\p{Lowercase}",
            "javaUpperCase" => r"\p{Uppercase}",
            "javaWhitespace" => {
                r"\t-\r\x1c-\x20\x{1680}\x{2000}-\x{2006}\x{2008}-\x{200a}\x{2028}\x{2029}\x{205f}\x{3000}"
            }
            _ if name.starts_with("In") => return None,
            _ => return Some(format!("\\p{{{}}}", name.strip_prefix("Is").unwrap_or(&name))),
        };
        Some(ascii.to_owned())
    }

    /// After `[`.
    fn class(&mut self) -> Option<()> {
        self.out.push('[');
        if self.take('^') {
            self.out.push('^');
        }
        let mut first = true;
        loop {
            let character = self.rest.next()?;
            match character {
                ']' if !first => break,
                '[' => self.class()?,
                '&' if self.take('&') => self.out.push_str("&&"),
                '-' => self.dash(first),
                '\\' => match self.rest.next()? {
                    'Q' => {
                        for literal in self.quoted() {
                            push_class_literal(&mut self.out, literal);
                        }
                    }
                    escaped => match self.set(escaped)? {
                        Set::Members(members, false) => self.out.push_str(&members),
                        Set::Members(members, true) => self.out.extend(["[^", &members, "]"]),
                        Set::Character(literal) => push_class_literal(&mut self.out, literal),
                    },
                },
                _ => push_class_literal(&mut self.out, character),
            }
            first = false;
        }
        self.out.push(']');
        Some(())
    }

    /// A dash is a range between two members and otherwise stands for itself.
    fn dash(&mut self, first: bool) {
        let range = !first && self.rest.peek().is_some_and(|next| !matches!(next, ']' | '[' | '-' | '&'));
        self.out.push_str(if range { "-" } else { "\\-" });
    }
}

enum Set {
    /// Members of a class, and whether the others are meant.
    Members(String, bool),
    Character(char),
}

/// A character that stands for itself, outside a class.
fn push_literal(out: &mut String, character: char) {
    push_escaped(out, character, r"\.+*?()|[]{}^$#");
}

fn push_class_literal(out: &mut String, character: char) {
    push_escaped(out, character, r"\[]^-&~");
}

fn push_escaped(out: &mut String, character: char, special: &str) {
    if special.contains(character) {
        out.push('\\');
    }
    // White space is spelled out because the flag `x` would drop it.
    if character.is_ascii_control() || character == ' ' {
        out.push_str(&format!("\\x{{{:x}}}", u32::from(character)));
        return;
    }
    out.push(character);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every match in brackets, or `none` when the pattern is none.
    fn check(pattern: &str, text: &str, expect: &str) {
        let Some(regex) = JavaRegex::new(pattern) else {
            assert_eq!("none", expect, "{pattern}");
            return;
        };
        let mut shown = String::new();
        let mut from = 0;
        for found in regex.find_all(text, 0).expect("simple patterns") {
            shown.push_str(&text[from..found.start]);
            shown.push('<');
            shown.push_str(&text[found.clone()]);
            shown.push('>');
            from = found.end;
        }
        shown.push_str(&text[from..]);
        assert_eq!(shown, expect, "{pattern} on {text:?}");
    }

    /// What Java 17 finds.
    #[test]
    fn patterns_mean_what_they_mean_in_java() {
        for (pattern, text, expect) in [
            ("a$", "a\nb", "a\nb"),
            ("a$", "a\n", "<a>\n"),
            ("(?m)a$", "a\nb", "<a>\nb"),
            (r"\w", "ä", "ä"),
            (r"\d", "٣1", "٣<1>"),
            (r"[\D]", "1a", "1<a>"),
            (r"\p{Alpha}", "a ä", "<a> ä"),
            (r"\p{Lu}\p{IsAlphabetic}", "ÄB", "<ÄB>"),
            (r"\P{Lower}", "aB", "a<B>"),
            ("[a-z&&[^b]]", "aäb", "<a>äb"),
            ("(?<=a)b", "abb", "a<b>b"),
            (r"(a)\1", "aab", "<aa>b"),
            ("a*", "baac", "<>b<aa><>c<>"),
            (r"\Qa.b\E", "a.baxb", "<a.b>axb"),
            ("a{2}+", "aaa", "<aa>a"),
            ("(?i)ä", "Ä", "Ä"),
            ("(?iu)ä", "Ä", "<Ä>"),
            ("(?i)A(?-i)b", "abaB", "<ab>aB"),
            ("[]]", "a]b", "a<]>b"),
            ("[a-]", "a-b", "<a><->b"),
            ("[[a]b]", "abc", "<a><b>c"),
            ("[ ~~]", "a ~", "a< ><~>"),
            ("[--/]", "-./", "<-><.></>"),
            ("{", "{", "none"),
            ("(", "(", "none"),
            (r"\y", "y", "none"),
            (r"\x62\u0063\0144", "bcd", "<bcd>"),
            (r"\p{Punct}", "a_b~", "a<_>b<~>"),
            (r"\b", "äb c", "<>äb<> <>c<>"),
            (".", "a\n\r\u{85}b", "<a>\n\r\u{85}<b>"),
            ("(?s).", "\n", "<\n>"),
            ("(?<name>b)", "abc", "a<b>c"),
            ("(?x) a b # comment", "ab", "<ab>"),
            (r"\R", "a\r\nb", "a<\r\n>b"),
            (r"\s", "a\u{a0} b", "a\u{a0}< >b"),
            ("a|", "ab", "<a><>b<>"),
        ] {
            check(pattern, text, expect);
        }
    }
}
