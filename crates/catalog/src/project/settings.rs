//! `headwater.toml`: the project's name, clock, variables and Flink options.

use data::{Diagnostic, Level, Phase, Span};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What `headwater.toml` may hold. Unknown keys are refused: a misspelt one would silently do nothing.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub name: Option<String>,
    /// Processing time at the start of a run, for a project whose data ends on a certain day; absent: now.
    pub clock: Option<String>,
    /// What `${name}` in SQL files stands for.
    #[serde(default)]
    pub vars: BTreeMap<String, String>,
    /// Flink options by their Flink names.
    #[serde(default)]
    pub config: BTreeMap<String, Scalar>,
}

/// A value of an option: TOML's own types, kept as Flink reads them, as text.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Scalar {
    Boolean(bool),
    Integer(i64),
    Float(f64),
    Text(String),
}

impl std::fmt::Display for Scalar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Boolean(value) => value.fmt(f),
            Self::Integer(value) => value.fmt(f),
            Self::Float(value) => value.fmt(f),
            Self::Text(value) => f.write_str(value),
        }
    }
}

impl Settings {
    pub fn parse(text: &str) -> Result<Settings, Diagnostic> {
        let settings: Settings = toml::from_str(text).map_err(|error| {
            let span = error.span().map(|range| Span::new(range.start, range.end)).unwrap_or_default();
            Diagnostic::new(Level::Error, Phase::Plan, "HW4001", "headwater.toml is not what it should be")
                .at(span)
                .detail(error.message().to_owned())
                .hint("allowed are `name`, `clock`, a table `[vars]` of texts and a table `[config]` of Flink options")
        })?;
        if settings.clock.is_some() && settings.clock_millis().is_none() {
            let at = text.find("clock").unwrap_or_default();
            return Err(Diagnostic::new(Level::Error, Phase::Plan, "HW4006", "`clock` is no time")
                .at(Span::new(at, at + "clock".len()))
                .hint("write it like `2024-06-20` or `2024-06-20T12:00:00Z`"));
        }
        Ok(settings)
    }

    /// `clock` in milliseconds since 1970-01-01T00:00:00Z.
    pub fn clock_millis(&self) -> Option<i64> {
        data::time::parse_instant(self.clock.as_deref()?)
    }

    /// Values of `other` replace ours.
    pub(super) fn overlay(&mut self, other: Settings) {
        self.name = other.name.or(self.name.take());
        self.clock = other.clock.or(self.clock.take());
        self.vars.extend(other.vars);
        self.config.extend(other.config);
    }
}

/// Java properties as far as Flink projects use them: `key = value` lines, `#` and `!` comments, an optional BOM.
pub(super) fn parse_properties(text: &str) -> BTreeMap<String, String> {
    let entry = |line: &str| {
        let (key, value) = line.split_once('=')?;
        Some((key.trim().to_owned(), value.trim().to_owned()))
    };
    text.trim_start_matches('\u{feff}')
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with(['#', '!']))
        .filter_map(entry)
        .collect()
}
