//! Variables: `${name}` inside string literals and back-quoted names is replaced before parsing, escaped there.
//!
//! - `${secret:NAME}` is refused: no option of a connector takes a secret, and text would show it.
//! - `$${` is a plain `${`.

use crate::lexer::{Lexer, TokenKind};
use data::{Diagnostic, Span};

/// Where the parts of a substituted text came from.
#[derive(Clone, Debug, Default)]
pub struct Mapping {
    /// Replaced places in order: in the new text, and in the old one.
    replaced: Vec<(Span, Span)>,
}

impl Mapping {
    /// The span in the original text of a span in the substituted one. An end inside of a value is that of its
    /// variable.
    pub fn original(&self, span: Span) -> Span {
        Span { start: self.offset(span.start, false), end: self.offset(span.end, true) }
    }

    /// The diagnostic with its places in the text as written.
    pub fn place(&self, mut diagnostic: Diagnostic) -> Diagnostic {
        diagnostic.span = diagnostic.span.map(|span| self.original(span));
        for related in diagnostic.related.iter_mut().filter(|related| related.file.is_none()) {
            related.span = related.span.map(|span| self.original(span));
        }
        for fix in &mut diagnostic.fix {
            fix.span = self.original(fix.span);
        }
        diagnostic
    }

    fn offset(&self, offset: u32, is_end: bool) -> u32 {
        let mut shifted = i64::from(offset);
        for (new, old) in &self.replaced {
            if offset >= new.end {
                shifted = i64::from(offset) + i64::from(old.end) - i64::from(new.end);
            } else if offset > new.start {
                return if is_end { old.end } else { old.start };
            } else {
                break;
            }
        }
        u32::try_from(shifted).unwrap_or(0)
    }
}

/// The text with every variable replaced by its value.
///
/// # Errors
/// One diagnostic per use of a variable without a value, or of a secret.
pub fn substitute(text: &str, value_of: &dyn Fn(&str) -> Option<String>) -> Result<(String, Mapping), Vec<Diagnostic>> {
    let mut out = String::with_capacity(text.len());
    let mut mapping = Mapping::default();
    let mut errors = Vec::new();
    if !text.contains("${") {
        return Ok((text.to_string(), mapping));
    }
    let mut copied = 0;
    for token in Lexer::whole(text).out.tokens {
        let quote = match token.kind {
            TokenKind::String | TokenKind::PrefixedString => '\'',
            TokenKind::Quoted => '`',
            _ => continue,
        };
        let inside = token.span.slice(text);
        for use_ in uses(inside, token.span.start as usize) {
            let value = match use_.name {
                None => "${".to_string(),
                Some(name) if name.starts_with(SECRET) => {
                    errors.push(secret(use_.span));
                    continue;
                }
                Some(name) => match value_of(name) {
                    Some(value) => escape(&value, quote, inside),
                    None => {
                        errors.push(undefined(name, use_.span));
                        continue;
                    }
                },
            };
            out.push_str(&text[copied..use_.span.start as usize]);
            let start = out.len();
            out.push_str(&value);
            mapping.replaced.push((Span::new(start, out.len()), use_.span));
            copied = use_.span.end as usize;
        }
    }
    out.push_str(&text[copied..]);
    if errors.is_empty() { Ok((out, mapping)) } else { Err(errors) }
}

/// Names of the variables in a text.
pub fn names(text: &str) -> impl Iterator<Item = String> {
    let quoted = |kind| matches!(kind, TokenKind::String | TokenKind::PrefixedString | TokenKind::Quoted);
    let tokens = Lexer::whole(text).out.tokens.into_iter().filter(move |token| quoted(token.kind));
    tokens.flat_map(|token| uses(token.span.slice(text), 0)).filter_map(|used| used.name.map(str::to_owned))
}

fn undefined(name: &str, span: Span) -> Diagnostic {
    Diagnostic::parse("HW1010", span, format!("the variable `{name}` is not defined"))
        .hint(format!("define it under [vars] in headwater.toml, as HEADWATER_VAR_{name}, or with --var {name}=value"))
}

/// What a name of a secret starts with.
const SECRET: &str = "secret:";

fn secret(span: Span) -> Diagnostic {
    Diagnostic::parse("HW1011", span, "a secret cannot stand here")
        .detail("no option of the connectors takes a secret, and anywhere else its value would be shown")
        .hint("write a variable, `${name}`, for what may be seen; `$${` is a plain `${`")
}

/// A variable (or, without a name, an escaped `${`) in a quoted token.
struct Use<'a> {
    name: Option<&'a str>,
    span: Span,
}

fn uses(token: &str, offset: usize) -> Vec<Use<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = token[at..].find("${") {
        let start = at + next;
        if start > at && token.as_bytes()[start - 1] == b'$' {
            found.push(Use { name: None, span: Span::new(offset + start - 1, offset + start + 2) });
            at = start + 2;
            continue;
        }
        let name = &token[start + 2..];
        let prefix = if name.starts_with(SECRET) { SECRET.len() } else { 0 };
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-');
        let length = name[prefix..].find(|c| !is_part(c)).map_or(name.len(), |length| prefix + length);
        let named = name[prefix..].starts_with(|c: char| c.is_alphabetic() || c == '_');
        if named && name[length..].starts_with('}') {
            let end = start + 2 + length + 1;
            found.push(Use { name: Some(&name[..length]), span: Span::new(offset + start, offset + end) });
            at = end;
        } else {
            at = start + 2;
        }
    }
    found
}

/// A value as it is written inside of a quoted token.
fn escape(value: &str, quote: char, token: &str) -> String {
    let doubled = value.replace(quote, &format!("{quote}{quote}"));
    if token.starts_with(['u', 'U', 'e', 'E']) { doubled.replace('\\', "\\\\") } else { doubled }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) {
        let values = |name: &str| match name {
            "a" => Some("x".to_string()),
            "q" => Some("it's `q`".to_string()),
            "long" => Some("a longer value".to_string()),
            _ => None,
        };
        let got = match substitute(text, &values) {
            Ok((text, _)) => text,
            Err(errors) => {
                let places: Vec<String> = errors
                    .iter()
                    .map(|error| format!("{} {:?}", error.message, error.span.map_or("", |span| span.slice(text))))
                    .collect();
                places.join("; ")
            }
        };
        assert_eq!(got, expect, "{text}");
    }

    #[test]
    fn variables_are_replaced_where_text_is_quoted() {
        check("SELECT '${a}', `${a}_t`", "SELECT 'x', `x_t`");
        check("SELECT '${q}', `${q}`, U&'${a}'", "SELECT 'it''s `q`', `it's ``q```, U&'x'");
        check("SELECT 1 -- '${nope}'", "SELECT 1 -- '${nope}'");
        check("SELECT ${a}", "SELECT ${a}");
        check("SELECT '$${secret:A} ${secret:}'", "SELECT '${secret:A} ${secret:}'");
        check("SELECT '$${a} ${2} ${a'", "SELECT '${a} ${2} ${a'");
        check("SELECT * FROM t /*+ OPTIONS('k' = '${a}') */", "SELECT * FROM t /*+ OPTIONS('k' = 'x') */");
    }

    #[test]
    fn an_undefined_variable_names_its_place() {
        check(
            "SELECT '${no}', `${a}${none}`",
            "the variable `no` is not defined \"${no}\"; the variable `none` is not defined \"${none}\"",
        );
    }

    #[test]
    fn a_secret_is_no_text() {
        check("SELECT '${a}${secret:TOKEN}'", "a secret cannot stand here \"${secret:TOKEN}\"");
    }

    #[test]
    fn places_map_back() {
        let text = "SELECT '${long}', `b`, '${a}' FORM t";
        let (new, mapping) = substitute(text, &|name| Some(name.repeat(4))).expect("all defined");
        for word in ["SELECT", "`b`", "FORM"] {
            let at = new.find(word).expect("in the text");
            assert_eq!(mapping.original(Span::new(at, at + word.len())).slice(text), word);
        }
        let at = new.find("longlong").expect("in the text");
        assert_eq!(mapping.original(Span::new(at, at + 8)).slice(text), "${long}");
        assert_eq!(mapping.original(Span::new(at - 1, at + 17)).slice(text), "'${long}'");
    }
}
