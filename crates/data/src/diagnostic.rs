//! Diagnostics: what is wrong with a text or a run, where, why, and what to write instead.
//!
//! A *code* (`HW1001`) names one cause for good: HW1… syntax, HW2… names, types and plans,
//! HW3… running, HW4… project and configuration, HW5… requests over HTTP, HW9… our own fault. Of these HW29… and HW39…
//! are what Flink accepts and we do not support.

use serde::Serialize;
use std::cell::Cell;

/// A range of bytes in one text, `start` inclusive, `end` exclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }

    /// The smallest span that holds both.
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    pub fn slice(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or("")
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Error,
    Warning,
    Info,
}

/// The step at which Flink, too, would have said it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    Parse,
    Plan,
    Run,
}

/// A second place that explains the first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Related {
    pub message: String,
    pub span: Option<Span>,
    pub file: Option<String>,
}

/// A replacement of bytes that mends the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fix {
    pub span: Span,
    pub text: String,
}

/// One finding. `message` is one lower-case sentence without a period; `detail` the cause, `hint` what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub level: Level,
    pub phase: Phase,
    pub code: &'static str,
    pub rule: Option<&'static str>,
    pub message: String,
    pub detail: Option<String>,
    pub hint: Option<String>,
    pub span: Option<Span>,
    /// The file the span is in; unknown for text that came without one.
    pub file: Option<String>,
    /// The line of the file, from 1, where the file holds data: there are no spans in it.
    pub line: Option<u64>,
    pub related: Vec<Related>,
    pub fix: Vec<Fix>,
}

impl Diagnostic {
    pub fn new(level: Level, phase: Phase, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            level,
            phase,
            code,
            rule: None,
            message: message.into(),
            detail: None,
            hint: None,
            span: None,
            file: None,
            line: None,
            related: Vec::new(),
            fix: Vec::new(),
        }
    }

    pub fn parse(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(Level::Error, Phase::Parse, code, message).at(span)
    }

    pub fn plan(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(Level::Error, Phase::Plan, code, message).at(span)
    }

    pub fn run(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Level::Error, Phase::Run, code, message)
    }

    #[must_use]
    pub fn at(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }

    #[must_use]
    pub fn detail(mut self, text: impl Into<String>) -> Self {
        self.detail = Some(text.into());
        self
    }

    #[must_use]
    pub fn hint(mut self, text: impl Into<String>) -> Self {
        self.hint = Some(text.into());
        self
    }

    #[must_use]
    pub fn in_file(mut self, file: impl Into<String>) -> Self {
        self.file.get_or_insert(file.into());
        self
    }

    /// A line of a file of data, from 1.
    #[must_use]
    pub fn on_line(mut self, file: impl Into<String>, line: u64) -> Self {
        self.line = Some(line);
        self.in_file(file)
    }

    pub fn is_error(&self) -> bool {
        self.level == Level::Error
    }

    /// Whether it says that valid Flink SQL is beyond us, as opposed to being wrong: codes HW29… (plans) and HW39… (running).
    pub fn is_unsupported(&self) -> bool {
        self.code.starts_with("HW29") || self.code.starts_with("HW39")
    }
}

impl std::fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.message)?;
        if let Some(detail) = &self.detail {
            write!(f, ": {detail}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostic {}

/// Line and column of a byte offset, both from 1, columns in characters.
pub fn line_column(text: &str, offset: usize) -> (usize, usize) {
    Place::START.advance(text, offset).line_column()
}

#[derive(Clone, Copy, Debug)]
struct Place {
    offset: usize,
    line: usize,
    column: usize,
}

impl Place {
    const START: Self = Self { offset: 0, line: 1, column: 1 };

    /// The place of a later offset, or of the character that it lies in.
    fn advance(self, text: &str, offset: usize) -> Self {
        let mut end = offset.min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let passed = &text[self.offset.min(end)..end];
        match passed.rfind('\n') {
            None => Self { offset: end, line: self.line, column: self.column + passed.chars().count() },
            Some(last) => Self {
                offset: end,
                line: self.line + passed.matches('\n').count(),
                column: passed[last + 1..].chars().count() + 1,
            },
        }
    }

    fn line_column(self) -> (usize, usize) {
        (self.line, self.column)
    }
}

/// Lines and columns of one text. Going on from the last places asked for, it takes many that come about in the order of
/// the text in one pass.
#[derive(Clone, Debug)]
pub struct Places(Cell<[Place; 2]>);

impl Default for Places {
    fn default() -> Self {
        Self(Cell::new([Place::START; 2]))
    }
}

impl Places {
    /// Line and column of an offset in `text`, which is always the same one.
    pub fn line_column(&self, text: &str, offset: usize) -> (usize, usize) {
        let [early, late] = self.0.get();
        let from = [late, early].into_iter().find(|place| place.offset <= offset).unwrap_or(Place::START);
        let place = from.advance(text, offset);
        self.0.set(if place.offset < late.offset { [place, late] } else { [late, place] });
        place.line_column()
    }
}

#[test]
fn places_are_those_of_a_fresh_look() {
    let text = "a\n\u{e9}b\n\nc\r\nlast";
    let places = Places::default();
    for offset in [0, 3, 4, 2, 9, 5, 0, 12, 7, 100, 6, 1] {
        assert_eq!(places.line_column(text, offset), line_column(text, offset), "{offset}");
    }
}
