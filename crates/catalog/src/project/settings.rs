//! `headwater.toml`: the project's name, variables and Flink options.

use data::{Diagnostic, Level, Phase, Span};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What `headwater.toml` may hold. Unknown keys are refused: a misspelt one would silently do nothing.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub name: Option<String>,
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
        toml::from_str(text).map_err(|error| {
            let span = error.span().map(|range| Span::new(range.start, range.end)).unwrap_or_default();
            Diagnostic::new(Level::Error, Phase::Plan, "HW4001", "headwater.toml is not what it should be")
                .at(span)
                .detail(error.message().to_owned())
                .hint("allowed are `name`, a table `[vars]` of texts and a table `[config]` of Flink options")
        })
    }

    /// Values of `other` replace ours.
    pub(super) fn overlay(&mut self, other: Settings) {
        self.name = other.name.or(self.name.take());
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
