//! LIKE: `%` is any text, `_` any one character but a line break. A literal pattern is taken apart once; the common
//! shapes (`abc`, `abc%`, `%abc`, `%abc%`) are compared as bytes.

use crate::registry::{
    BindArg, BindError, Binding, CallSite, Example, Family, Kernel, KernelArgs, ScalarDef, Volatility,
};
use crate::typing::{any_nullable, arity_between, mismatch};
use crate::vector::{RowError, text, try_booleans};
use data::types::MAX_LENGTH;
use data::{DataType, TypeKind, Value};
use memchr::memmem;

pub(crate) static FUNCTIONS: &[ScalarDef] = &[
    ScalarDef {
        name: "LIKE",
        aliases: &[],
        family: Family::Comparison,
        syntax: &["string LIKE pattern", "string LIKE pattern ESCAPE char"],
        doc: "Whether the whole string matches the pattern, in which % stands for any text and _ for any one character but a line break. \
              The character after the escape character stands for itself; without ESCAPE there is none.",
        examples: &[
            Example { sql: "'headwater' LIKE 'head%'", result: "true" },
            Example { sql: "'100%' LIKE '100!%' ESCAPE '!'", result: "true" },
        ],
        volatility: Volatility::Immutable,
        fallible: true,
        bind: |args| bind("LIKE", args),
        kernel: like_kernel,
    },
    ScalarDef {
        name: "NOT LIKE",
        aliases: &[],
        family: Family::Comparison,
        syntax: &["string NOT LIKE pattern", "string NOT LIKE pattern ESCAPE char"],
        doc: "The opposite of LIKE.",
        examples: &[Example { sql: "'abc' NOT LIKE 'a_'", result: "true" }],
        volatility: Volatility::Immutable,
        fallible: true,
        bind: |args| bind("NOT LIKE", args),
        kernel: not_like_kernel,
    },
];

/// Two or three strings.
pub(super) fn bind(name: &str, args: &[BindArg]) -> Result<Binding, BindError> {
    let form = format!("a {name} 'pattern'");
    arity_between(name, args, 2, 3, &form)?;
    if !args.iter().all(|arg| arg.data_type.kind.is_character() || arg.data_type.kind == TypeKind::Null) {
        return Err(mismatch(name, args, &format!("{form}, all of type STRING")));
    }
    let params = crate::typing::cast_literals(args, &TypeKind::VarChar(MAX_LENGTH));
    Ok(Binding { params, result: DataType::boolean().with_nullable(any_nullable(args)) })
}

/// A pattern made ready.
pub(super) trait Matches: Sized {
    fn new(pattern: &str, escape: Option<char>) -> Result<Self, String>;
    fn matches(&self, text: &str) -> Result<bool, String>;
}

/// What was wrong with a pattern that is not a literal.
const INVALID_PATTERN: &str = "HW3005";

/// A kernel for LIKE or SIMILAR TO: a literal pattern is made ready once, another one whenever it changes.
pub(super) fn pattern_kernel<M>(site: &CallSite, negated: bool) -> Result<Kernel, BindError>
where
    M: Matches + Send + Sync + 'static,
{
    let literal = |index: usize| match site.literals.get(index).and_then(Option::as_ref) {
        Some(Value::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let fixed = site.arg_types.len() == 2 || literal(2).is_some();
    if let (Some(pattern), true) = (literal(1), fixed) {
        let escape = literal(2).map(escape_char).transpose().map_err(BindError::new)?.flatten();
        let ready = M::new(pattern, escape).map_err(BindError::new)?;
        return Ok(Box::new(move |args| {
            let texts = text(args, 0);
            try_booleans(args, |row| {
                ready.matches(texts.value(args.position(0, row))).map(|found| found != negated).map_err(failed)
            })
        }));
    }
    Ok(Box::new(move |args| {
        let mut ready: Option<(&str, &str, M)> = None;
        try_booleans(args, |row| {
            let (pattern, escape) = (part(args, 1, row), part(args, 2, row));
            if ready.as_ref().is_none_or(|(known, mark, _)| *known != pattern || *mark != escape) {
                let mark = escape_char(escape).map_err(failed)?;
                ready = Some((pattern, escape, M::new(pattern, mark).map_err(failed)?));
            }
            let (_, _, matcher) = ready.as_ref().expect("just set");
            let value = text(args, 0).value(args.position(0, row));
            matcher.matches(value).map(|found| found != negated).map_err(failed)
        })
    }))
}

fn part<'a>(args: &'a KernelArgs, index: usize, row: usize) -> &'a str {
    if index < args.columns.len() { text(args, index).value(args.position(index, row)) } else { "" }
}

fn failed(message: String) -> RowError {
    (INVALID_PATTERN, message)
}

fn escape_char(text: &str) -> Result<Option<char>, String> {
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (mark, None) => Ok(mark),
        _ => Err(format!("Invalid escape character '{text}': one character is wanted")),
    }
}

fn like_kernel(site: &CallSite) -> Result<Kernel, BindError> {
    pattern_kernel::<Like>(site, false)
}

fn not_like_kernel(site: &CallSite) -> Result<Kernel, BindError> {
    pattern_kernel::<Like>(site, true)
}

enum Like {
    Equal(String),
    Prefix(String),
    Suffix(String),
    Contains(Box<memmem::Finder<'static>>),
    General(Vec<Token>),
}

#[derive(Clone, PartialEq)]
enum Token {
    Char(char),
    AnyOne,
    AnyText,
}

impl Matches for Like {
    fn new(pattern: &str, escape: Option<char>) -> Result<Self, String> {
        let tokens = tokens(pattern, escape)?;
        let plain = |tokens: &[Token]| {
            tokens
                .iter()
                .map(|token| if let Token::Char(char) = token { Some(*char) } else { None })
                .collect::<Option<String>>()
        };
        let (starts, ends) = (tokens.first() == Some(&Token::AnyText), tokens.last() == Some(&Token::AnyText));
        let inner = match (starts, ends) {
            (true, true) if tokens.len() > 1 => plain(&tokens[1..tokens.len() - 1]),
            (true, _) => plain(&tokens[1..]),
            (false, true) => plain(&tokens[..tokens.len() - 1]),
            (false, false) => plain(&tokens),
        };
        Ok(match inner {
            None => Like::General(tokens),
            Some(text) => match (starts, ends) {
                (true, true) => Like::Contains(Box::new(memmem::Finder::new(text.as_bytes()).into_owned())),
                (true, false) => Like::Suffix(text),
                (false, true) => Like::Prefix(text),
                (false, false) => Like::Equal(text),
            },
        })
    }

    fn matches(&self, text: &str) -> Result<bool, String> {
        Ok(match self {
            Like::Equal(pattern) => text == pattern,
            Like::Prefix(prefix) => text.starts_with(prefix.as_str()),
            Like::Suffix(suffix) => text.ends_with(suffix.as_str()),
            Like::Contains(finder) => finder.find(text.as_bytes()).is_some(),
            Like::General(tokens) => general(tokens, text),
        })
    }
}

fn tokens(pattern: &str, escape: Option<char>) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::with_capacity(pattern.len());
    let mut chars = pattern.char_indices();
    while let Some((at, char)) = chars.next() {
        tokens.push(if Some(char) == escape {
            match chars.next() {
                Some((_, escaped)) if matches!(escaped, '%' | '_') || Some(escaped) == escape => Token::Char(escaped),
                _ => return Err(format!("Invalid escape sequence '{pattern}', {at}")),
            }
        } else {
            match char {
                '%' if tokens.last() == Some(&Token::AnyText) => continue,
                '%' => Token::AnyText,
                '_' => Token::AnyOne,
                char => Token::Char(char),
            }
        });
    }
    Ok(tokens)
}

/// The characters that Java's `.` does not match.
fn is_line_break(char: char) -> bool {
    matches!(char, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Greedy matching: on a mismatch the last `%` takes one character more.
fn general(tokens: &[Token], text: &str) -> bool {
    let (mut token, mut rest) = (0, text);
    let mut retry: Option<(usize, &str)> = None;
    loop {
        let next = rest.chars().next();
        match (tokens.get(token), next) {
            (Some(Token::AnyText), _) => {
                token += 1;
                retry = Some((token, rest));
                continue;
            }
            (Some(Token::AnyOne), Some(char)) if !is_line_break(char) => {
                token += 1;
                rest = &rest[char.len_utf8()..];
                continue;
            }
            (Some(Token::Char(wanted)), Some(char)) if *wanted == char => {
                token += 1;
                rest = &rest[char.len_utf8()..];
                continue;
            }
            (None, None) => return true,
            _ => {}
        }
        let Some((after, from)) = retry else { return false };
        let Some(char) = from.chars().next() else { return false };
        rest = &from[char.len_utf8()..];
        token = after;
        retry = Some((after, rest));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_the_whole_text() {
        for (text, pattern, escape, expect) in [
            ("TRUE", "T%", None, true),
            ("TRUE", "T_UE", None, true),
            ("TRUE", "%U%", None, true),
            ("TRUE", "TRU", None, false),
            ("TRUE", "%E", None, true),
            ("", "%", None, true),
            ("", "_", None, false),
            ("a%b", "a\\%b", Some('\\'), true),
            ("a_b", "a!_b", Some('!'), true),
            ("a\\%b", "a\\%b", None, true),
            ("mississippi", "m%iss%ip_i", None, true),
            ("mississippi", "m%iss%ip__i", None, false),
            ("äöü", "_ö_", None, true),
            ("abc", "%%c", None, true),
            ("abab", "a%b", None, true),
            ("a\nb", "a%b", None, true),
            ("a\nb", "a_b", None, false),
        ] {
            let matcher = Like::new(pattern, escape).unwrap();
            assert_eq!(matcher.matches(text), Ok(expect), "{text} LIKE {pattern}");
        }
        assert!(Like::new("a!b", Some('!')).is_err());
    }
}
