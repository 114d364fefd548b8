//! Options of a session, by their Flink names. An option may change results, or be accepted without effect because it
//! is about a cluster's resources; one that nobody knows is an error.

#[path = "config_options.rs"]
mod options;

use crate::error::nearest;
use data::{Diagnostic, Level, Phase};
use options::{IGNORED_PREFIXES, OPTIONS};
use std::collections::BTreeMap;

/// What setting an option does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// May change what a statement means or gives.
    Result,
    /// Accepted, and changes nothing here.
    Ignored,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum ValueKind {
    Bool,
    Integer,
    /// `10 s`, `1 h`, `500ms`
    Duration,
    /// Not case-sensitive.
    OneOf(&'static [&'static str]),
    Text,
}

#[derive(Debug)]
pub(crate) struct OptionDef {
    key: &'static str,
    default: &'static str,
    kind: ValueKind,
    effect: Effect,
}

/// Options that were set; others have Flink's defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    values: BTreeMap<String, String>,
}

fn find(key: &str) -> Option<&'static OptionDef> {
    OPTIONS.iter().find(|option| option.key == key)
}

impl Config {
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets an option. Errors: HW2030 for one that is not known, HW2031 for a value it cannot have.
    pub fn set(&mut self, key: &str, value: &str) -> Result<Effect, Box<Diagnostic>> {
        let effect = match find(key) {
            Some(option) => {
                check(option, value)?;
                option.effect
            }
            None if key.starts_with("headwater.") => Effect::Result,
            None if IGNORED_PREFIXES.iter().any(|prefix| key.starts_with(prefix)) => Effect::Ignored,
            None => return Err(Box::new(unknown(key))),
        };
        self.values.insert(key.to_owned(), value.to_owned());
        Ok(effect)
    }

    /// Back to the default.
    pub fn reset(&mut self, key: &str) {
        self.values.remove(key);
    }

    pub fn reset_all(&mut self) {
        self.values.clear();
    }

    /// The value set, or the default; empty for an option without either.
    pub fn get(&self, key: &str) -> &str {
        match self.values.get(key) {
            Some(value) => value,
            None => find(key).map_or("", |option| option.default),
        }
    }

    /// What was set, by key.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    pub fn is_true(&self, key: &str) -> bool {
        self.get(key).eq_ignore_ascii_case("true")
    }

    pub fn is(&self, key: &str, value: &str) -> bool {
        self.get(key).eq_ignore_ascii_case(value)
    }

    pub fn is_batch(&self) -> bool {
        self.is("execution.runtime-mode", "BATCH")
    }

    /// The session's time zone name; UTC where Flink would take the machine's.
    pub fn time_zone(&self) -> &str {
        match self.get("table.local-time-zone") {
            "default" => "UTC",
            zone => zone,
        }
    }

    /// A duration in milliseconds.
    pub fn millis(&self, key: &str) -> i64 {
        parse_duration(self.get(key)).unwrap_or(0)
    }
}

fn check(option: &OptionDef, value: &str) -> Result<(), Box<Diagnostic>> {
    let (valid, allowed) = match option.kind {
        ValueKind::Bool => (matches!(value.to_lowercase().as_str(), "true" | "false"), "true or false".to_owned()),
        ValueKind::Integer => (value.parse::<i64>().is_ok(), "a whole number".to_owned()),
        ValueKind::Duration => (parse_duration(value).is_some(), "a duration like '10 s' or '1 h'".to_owned()),
        ValueKind::OneOf(names) => (names.iter().any(|name| name.eq_ignore_ascii_case(value)), names.join(", ")),
        ValueKind::Text => (true, String::new()),
    };
    if valid {
        return Ok(());
    }
    let message = format!("option '{}' cannot be '{value}'", option.key);
    Err(Box::new(
        Diagnostic::new(Level::Error, Phase::Plan, "HW2031", message)
            .detail(format!("Could not parse value '{value}' for key '{}'.", option.key))
            .hint(format!("write {allowed}")),
    ))
}

fn unknown(key: &str) -> Diagnostic {
    let hint = match nearest(key, OPTIONS.iter().map(|option| option.key)) {
        Some(near) => format!("did you mean '{near}'?"),
        None => "options have the names of Flink's configuration, such as 'table.exec.state.ttl'".to_owned(),
    };
    Diagnostic::new(Level::Error, Phase::Plan, "HW2030", format!("option '{key}' is not known")).hint(hint)
}

/// Milliseconds of Flink's duration syntax: a number and a unit, milliseconds without one.
pub fn parse_duration(text: &str) -> Option<i64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: i64 = text[..digits].parse().ok()?;
    let scale = match text[digits..].trim().to_lowercase().as_str() {
        "ns" | "nano" | "nanosecond" | "nanoseconds" => return Some(number / 1_000_000),
        "us" | "µs" | "micro" | "microsecond" | "microseconds" => return Some(number / 1_000),
        "" | "ms" | "milli" | "millis" | "millisecond" | "milliseconds" => 1,
        "s" | "sec" | "secs" | "second" | "seconds" => 1_000,
        "m" | "min" | "mins" | "minute" | "minutes" => 60_000,
        "h" | "hour" | "hours" => 3_600_000,
        "d" | "day" | "days" => 86_400_000,
        _ => return None,
    };
    number.checked_mul(scale)
}

#[cfg(test)]
mod tests {
    use super::{Config, Effect, OPTIONS, parse_duration};

    #[test]
    fn options_are_sorted_and_their_defaults_valid() {
        assert!(OPTIONS.windows(2).all(|pair| pair[0].key < pair[1].key));
        for option in OPTIONS {
            assert!(super::check(option, option.default).is_ok(), "{}", option.key);
        }
    }

    #[test]
    fn sets_known_options_only() {
        let mut config = Config::new();
        assert_eq!(config.set("table.exec.state.ttl", "1 h").unwrap(), Effect::Result);
        assert_eq!(config.set("taskmanager.numberOfTaskSlots", "4").unwrap(), Effect::Ignored);
        assert_eq!(config.set("table.exec.sttae.ttl", "1 h").unwrap_err().code, "HW2030");
        assert_eq!(config.set("table.dml-sync", "maybe").unwrap_err().code, "HW2031");
        assert_eq!(config.millis("table.exec.state.ttl"), 3_600_000);
    }

    #[test]
    fn reads_durations() {
        let check = |text: &str, expect: Option<i64>| assert_eq!(parse_duration(text), expect, "{text}");
        check("0 ms", Some(0));
        check("1h", Some(3_600_000));
        check("2 min", Some(120_000));
        check("15", Some(15));
        check("x", None);
        check("1 fortnight", None);
    }
}
