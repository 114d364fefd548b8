//! Diagnostics as scripts read them: with lines and columns instead of byte offsets, as JSON.
//!
//! The field names are a contract (`level`, `phase`, `code`, …): they never change, new ones may be added.

use crate::diagnostic::{Diagnostic, Level, Phase, Span};
use serde::Serialize;

/// A diagnostic whose places are lines and columns, both from 1, columns in characters. What is unknown is `null`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Located {
    pub level: Level,
    pub phase: Phase,
    pub code: &'static str,
    pub rule: Option<&'static str>,
    pub message: String,
    pub detail: Option<String>,
    pub hint: Option<String>,
    pub file: Option<String>,
    pub line: Option<usize>,
    pub column: Option<usize>,
    pub end_line: Option<usize>,
    pub end_column: Option<usize>,
    pub related: Vec<LocatedRelated>,
    pub fix: Vec<LocatedFix>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LocatedRelated {
    pub message: String,
    pub file: Option<String>,
    pub line: Option<usize>,
    pub column: Option<usize>,
}

/// A replacement of the bytes `start .. end` of a file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LocatedFix {
    pub file: Option<String>,
    pub start: u32,
    pub end: u32,
    pub text: String,
}

impl Located {
    /// `place_of` gives line and column of a byte of a file (`None`: of text without a file).
    pub fn new(diagnostic: &Diagnostic, place_of: &dyn Fn(Option<&str>, usize) -> Option<(usize, usize)>) -> Self {
        let place = |span: Option<Span>, file: Option<&str>| {
            let span = span?;
            Some((place_of(file, span.start as usize)?, place_of(file, span.end as usize)?))
        };
        let file = diagnostic.file.as_deref();
        let (start, end) = place(diagnostic.span, file).unzip();
        let related = diagnostic.related.iter().map(|related| {
            let file = related.file.as_deref().or(file);
            let at = place(related.span, file).map(|(start, _)| start);
            LocatedRelated {
                message: related.message.clone(),
                file: file.map(str::to_owned),
                line: at.map(|at| at.0),
                column: at.map(|at| at.1),
            }
        });
        let fix = diagnostic.fix.iter().map(|fix| LocatedFix {
            file: file.map(str::to_owned),
            start: fix.span.start,
            end: fix.span.end,
            text: fix.text.clone(),
        });
        Self {
            level: diagnostic.level,
            phase: diagnostic.phase,
            code: diagnostic.code,
            rule: diagnostic.rule,
            message: diagnostic.message.clone(),
            detail: diagnostic.detail.clone(),
            hint: diagnostic.hint.clone(),
            file: diagnostic.file.clone(),
            line: start.map(|at| at.0).or(diagnostic.line.and_then(|line| usize::try_from(line).ok())),
            column: start.map(|at| at.1),
            end_line: end.map(|at| at.0),
            end_column: end.map(|at| at.1),
            related: related.collect(),
            fix: fix.collect(),
        }
    }
}
