//! Date and time patterns (`yyyy-MM-dd HH:mm:ss`) in Java's two dialects.
//!
//! - *modern*: `java.time.format.DateTimeFormatter`, for DATE_FORMAT of timestamps, TO_TIMESTAMP and TO_TIMESTAMP_LTZ.
//! - *legacy*: `java.text.SimpleDateFormat`, lenient, for everything that reads or writes text by a pattern otherwise.
//! - *item*: a field (a run of one letter), literal text, or the begin or end of an optional part.

pub(super) mod legacy;
pub(super) mod modern;
mod names;

use crate::registry::CallSite;
use data::Value;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Item {
    /// A letter and how often it stands there.
    Field(char, usize),
    Literal(String),
    OptionalStart,
    OptionalEnd,
    /// The next field is padded with spaces to this width.
    Pad(usize),
}

/// Splits a pattern; `brackets` says whether `[`, `]` and `p` are syntax.
fn items(pattern: &str, brackets: bool) -> Result<Vec<Item>, String> {
    let mut items: Vec<Item> = Vec::new();
    let mut depth = 0_usize;
    let mut rest = pattern.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            'a'..='z' | 'A'..='Z' => {
                let mut count = 1;
                while rest.next_if_eq(&character).is_some() {
                    count += 1;
                }
                items.push(if brackets && character == 'p' { Item::Pad(count) } else { Item::Field(character, count) });
            }
            '\'' => {
                let mut text = String::new();
                loop {
                    match rest.next() {
                        Some('\'') if rest.next_if_eq(&'\'').is_some() => text.push('\''),
                        Some('\'') => break,
                        Some(quoted) => text.push(quoted),
                        None => return Err(format!("the pattern '{pattern}' ends within a quotation")),
                    }
                }
                push_literal(&mut items, if text.is_empty() { "'" } else { &text });
            }
            '[' if brackets => {
                depth += 1;
                items.push(Item::OptionalStart);
            }
            ']' if brackets => {
                depth = depth.checked_sub(1).ok_or("the pattern closes an optional part that is not open")?;
                items.push(Item::OptionalEnd);
            }
            '{' | '}' | '#' if brackets => return Err(format!("'{character}' is reserved in a pattern")),
            _ => push_literal(&mut items, character.encode_utf8(&mut [0; 4])),
        }
    }
    items.extend(std::iter::repeat_n(Item::OptionalEnd, depth));
    Ok(items)
}

fn push_literal(items: &mut Vec<Item>, text: &str) {
    match items.last_mut() {
        Some(Item::Literal(literal)) => literal.push_str(text),
        _ => items.push(Item::Literal(text.to_owned())),
    }
}

/// A number with at least `width` digits, the sign before them.
fn append_number(out: &mut String, number: i64, width: usize) {
    use std::fmt::Write;
    if number < 0 {
        out.push('-');
    }
    let _ = write!(out, "{:0width$}", number.unsigned_abs());
}

/// Compiles a pattern again only when it is another one than in the row before.
#[derive(Clone)]
pub(super) struct Patterns<T> {
    compile: fn(&str) -> Result<T, String>,
    known: Option<(String, Result<T, String>)>,
}

impl<T> Patterns<T> {
    /// Of a call whose pattern is argument `argument`, compiled at once when that is a literal.
    pub(super) fn of(site: &CallSite, argument: usize, compile: fn(&str) -> Result<T, String>) -> Self {
        let known = match site.literals.get(argument) {
            Some(Some(Value::String(pattern))) => Some((pattern.clone(), compile(pattern))),
            _ => None,
        };
        Self { compile, known }
    }

    /// The pattern, or what is wrong with it.
    pub(super) fn get(&mut self, pattern: &str) -> Result<&T, &str> {
        if self.known.as_ref().is_none_or(|(text, _)| text != pattern) {
            self.known = Some((pattern.to_owned(), (self.compile)(pattern)));
        }
        match &self.known {
            Some((_, Ok(compiled))) => Ok(compiled),
            Some((_, Err(problem))) => Err(problem),
            None => Err("no pattern"),
        }
    }
}
