//! Connector options: their declarations, their typed values, and what is said about wrong ones.
//!
//! - *pattern*: an option name with `#` for a part that the user chooses (`fields.#.min`).

use crate::suggest::near;
use data::{Diagnostic, Level, Phase};
use std::collections::BTreeMap;

/// What an option's text must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionKind {
    Text,
    Boolean,
    Integer,
    /// A fraction from 0 to 1.
    Fraction,
    /// `10s`, `1 min`, `500 ms`.
    Duration,
    /// `16MB`, `1 kb`, a number of bytes.
    Size,
    /// One character.
    Character,
    OneOf(&'static [&'static str]),
}

/// One option of a connector or format.
#[derive(Clone, Copy, Debug)]
pub struct OptionDef {
    /// The full name, or a pattern with `#`.
    pub name: &'static str,
    pub kind: OptionKind,
    pub default: Option<&'static str>,
    pub required: bool,
    pub doc: &'static str,
}

impl OptionDef {
    pub(crate) const fn new(name: &'static str, kind: OptionKind, doc: &'static str) -> Self {
        Self { name, kind, default: None, required: false, doc }
    }

    #[must_use]
    pub(crate) const fn default(mut self, text: &'static str) -> Self {
        self.default = Some(text);
        self
    }

    #[must_use]
    pub(crate) const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Whether `name` is this option.
    pub fn matches(&self, name: &str) -> bool {
        match self.name.split_once('#') {
            None => self.name == name,
            Some((before, after)) => name
                .strip_prefix(before)
                .and_then(|rest| rest.strip_suffix(after))
                .is_some_and(|chosen| !chosen.is_empty()),
        }
    }

    fn check(&self, name: &str, text: &str) -> Option<Diagnostic> {
        let wanted = match self.kind {
            OptionKind::Text => return None,
            OptionKind::Boolean if flag(text).is_none() => "true or false".to_owned(),
            OptionKind::Integer if text.trim().parse::<i64>().is_err() => "a whole number".to_owned(),
            OptionKind::Fraction if fraction(text).is_none() => "a number from 0 to 1".to_owned(),
            OptionKind::Duration if duration_millis(text).is_none() => "a duration such as '10s' or '1 min'".to_owned(),
            OptionKind::Size if size_bytes(text).is_none() => "a size such as '16MB'".to_owned(),
            OptionKind::Character if character(text).is_none() => "a single character".to_owned(),
            OptionKind::OneOf(values) if !values.contains(&text) => {
                format!("one of {}", values.iter().map(|value| format!("'{value}'")).collect::<Vec<_>>().join(", "))
            }
            _ => return None,
        };
        Some(
            config("HW4104", format!("option '{name}' has an invalid value"))
                .detail(format!("'{text}' is not {wanted}"))
                .hint(format!("write {wanted}")),
        )
    }
}

/// A diagnostic about a table's declaration.
pub(crate) fn config(code: &'static str, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Level::Error, Phase::Plan, code, message)
}

/// The options of one table, read by the declarations of its connector and format.
#[derive(Clone, Copy)]
pub(crate) struct Options<'a> {
    given: &'a BTreeMap<String, String>,
    known: &'a [&'static [OptionDef]],
}

impl<'a> Options<'a> {
    pub(crate) fn new(given: &'a BTreeMap<String, String>, known: &'a [&'static [OptionDef]]) -> Self {
        Self { given, known }
    }

    fn definitions(&self) -> impl Iterator<Item = &'static OptionDef> {
        self.known.iter().flat_map(|options| options.iter())
    }

    /// Everything that is wrong with the options: unknown ones, missing ones, values of the wrong form.
    pub(crate) fn check(&self) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        for (name, text) in self.given {
            match self.definitions().find(|option| option.matches(name)) {
                Some(option) => found.extend(option.check(name, text)),
                None if matches!(name.as_str(), "connector" | "format") => {}
                None => found.push(self.unsupported(name)),
            }
        }
        for option in self.definitions().filter(|option| option.required) {
            if !self.given.contains_key(option.name) {
                found.push(
                    config("HW4103", format!("option '{}' is missing", option.name))
                        .detail(format!("the connector needs it: {}", option.doc))
                        .hint(format!("add '{}' = '…' to the WITH clause", option.name)),
                );
            }
        }
        found
    }

    fn unsupported(&self, name: &str) -> Diagnostic {
        let mut names: Vec<&str> = self.definitions().map(|option| option.name).collect();
        names.sort_unstable();
        let near = near(name, names.iter().copied());
        let hint = match near.as_slice() {
            [] => format!("supported options: {}", names.join(", ")),
            near => format!("did you mean {}? supported options: {}", near.join(" or "), names.join(", ")),
        };
        config("HW4102", format!("unsupported option '{name}'"))
            .detail("neither the connector nor its format knows this option (Flink: Unsupported options found)")
            .hint(hint)
    }

    /// The text given, or the default.
    pub(crate) fn text(&self, name: &str) -> Option<&'a str> {
        if let Some(text) = self.given.get(name) {
            return Some(text);
        }
        self.definitions().find(|option| option.name == name)?.default
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.text(name).and_then(flag).unwrap_or(false)
    }

    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        self.text(name)?.trim().parse().ok()
    }

    pub(crate) fn fraction(&self, name: &str) -> Option<f64> {
        self.text(name).and_then(fraction)
    }

    pub(crate) fn duration_millis(&self, name: &str) -> Option<i64> {
        self.text(name).and_then(duration_millis)
    }

    pub(crate) fn size_bytes(&self, name: &str) -> Option<u64> {
        self.text(name).and_then(size_bytes)
    }

    pub(crate) fn character(&self, name: &str) -> Option<char> {
        self.text(name).and_then(character)
    }
}

fn flag(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

fn fraction(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|fraction| (0.0..=1.0).contains(fraction))
}

/// One character, or an escape that Flink's option text may carry (`\t`).
fn character(text: &str) -> Option<char> {
    match text {
        "\\t" => return Some('\t'),
        "\\0" => return Some('\0'),
        _ => {}
    }
    let mut characters = text.chars();
    characters.next().filter(|_| characters.next().is_none())
}

fn number_and_unit(text: &str) -> Option<(u64, String)> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..end].parse().ok()?, text[end..].trim().to_ascii_lowercase()))
}

/// Units of Flink's `Duration` options; a bare number is milliseconds.
fn duration_millis(text: &str) -> Option<i64> {
    let (count, unit) = number_and_unit(text)?;
    let count = i64::try_from(count).ok()?;
    let millis = match unit.as_str() {
        "" | "ms" | "milli" | "millis" | "millisecond" | "milliseconds" => 1,
        "s" | "sec" | "secs" | "second" | "seconds" => 1_000,
        "m" | "min" | "mins" | "minute" | "minutes" => 60_000,
        "h" | "hour" | "hours" => 3_600_000,
        "d" | "day" | "days" => 86_400_000,
        _ => return None,
    };
    count.checked_mul(millis)
}

/// Units of Flink's `MemorySize` options, powers of 1024.
fn size_bytes(text: &str) -> Option<u64> {
    let (count, unit) = number_and_unit(text)?;
    let bytes = match unit.as_str() {
        "" | "b" | "bytes" => 1,
        "k" | "kb" | "kibibytes" => 1 << 10,
        "m" | "mb" | "mebibytes" => 1 << 20,
        "g" | "gb" | "gibibytes" => 1 << 30,
        "t" | "tb" | "tebibytes" => 1u64 << 40,
        _ => return None,
    };
    count.checked_mul(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[OptionDef] = &[
        OptionDef::new("path", OptionKind::Text, "where").required(),
        OptionDef::new("fields.#.min", OptionKind::Integer, "least"),
        OptionDef::new("wait", OptionKind::Duration, "how long").default("2 s"),
    ];

    fn codes(given: &[(&str, &str)]) -> Vec<&'static str> {
        let given = given.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        Options::new(&given, &[KNOWN]).check().iter().map(|diagnostic| diagnostic.code).collect()
    }

    #[test]
    fn wrong_options_are_found() {
        assert_eq!(codes(&[("path", "x")]), Vec::<&str>::new());
        assert_eq!(codes(&[("path", "x"), ("fields.a.min", "7")]), Vec::<&str>::new());
        assert_eq!(codes(&[("path", "x"), ("fields..min", "7")]), ["HW4102"]);
        assert_eq!(codes(&[("path", "x"), ("fields.a.min", "seven")]), ["HW4104"]);
        assert_eq!(codes(&[("pathh", "x")]), ["HW4102", "HW4103"]);
    }

    #[test]
    fn defaults_and_units() {
        let given = BTreeMap::new();
        let options = Options::new(&given, &[KNOWN]);
        assert_eq!(options.duration_millis("wait"), Some(2_000));
        assert_eq!(options.text("path"), None);
        assert_eq!(size_bytes("16MB"), Some(16 << 20));
        assert_eq!(size_bytes("16 parsec"), None);
        assert_eq!(duration_millis("1 min"), Some(60_000));
        assert_eq!(character("\\t"), Some('\t'));
        assert_eq!(character("ab"), None);
    }
}
