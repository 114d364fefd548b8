//! Rows that cannot be decoded: ending the stream with a clear error, leaving them out, or setting them aside.

use data::port::Rejected;
use data::{DataType, Diagnostic};
use std::collections::HashSet;

/// What becomes of a row that cannot be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FaultPolicy {
    /// The stream ends with an error that names place, value and type.
    Fail,
    /// As Flink's `ignore-parse-errors`: a field that does not fit is NULL, a row that is none is left out.
    Ignore,
    /// The row goes to the dead-letter table and the stream goes on.
    Reject,
}

/// Rows set aside are kept readable, not whole.
const MAX_RAW_CHARACTERS: usize = 2_000;
const MAX_SHOWN_CHARACTERS: usize = 80;

/// Why a row cannot be decoded.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) hint: String,
}

/// Collects the faults of one batch, in the order of rows.
pub(crate) struct Faults<'a> {
    policy: FaultPolicy,
    table: &'a str,
    origin: &'a str,
    format: &'a str,
    /// Row of the batch (if it is one), line, raw bytes, and why. One entry per row: the first fault counts.
    found: Vec<(usize, u64, Vec<u8>, Fault)>,
    rows: HashSet<usize>,
}

impl<'a> Faults<'a> {
    pub(crate) fn new(policy: FaultPolicy, table: &'a str, origin: &'a str, format: &'a str) -> Self {
        Self { policy, table, origin, format, found: Vec::new(), rows: HashSet::new() }
    }

    pub(crate) fn push(&mut self, row: usize, line: u64, raw: &[u8], fault: Fault) {
        if !self.rows.insert(row) {
            return;
        }
        // A whole hostile row is never kept: four bytes are the most a character takes.
        let raw = raw[..raw.len().min(MAX_RAW_CHARACTERS * 4)].to_vec();
        self.found.push((row, line, raw, fault));
    }

    /// A field that does not fit its column.
    pub(crate) fn push_field(
        &mut self,
        row: usize,
        line: u64,
        raw: &[u8],
        column: &str,
        data_type: &DataType,
        text: &[u8],
    ) {
        let fault = self.field(column, data_type, text);
        self.push(row, line, raw, fault);
    }

    fn field(&self, column: &str, data_type: &DataType, text: &[u8]) -> Fault {
        let kind = &data_type.kind;
        if std::str::from_utf8(text).is_err() {
            return Fault {
                code: "HW3107",
                message: format!(
                    "column '{column}' ({kind}) is not valid UTF-8: '{}'",
                    shown(text, MAX_SHOWN_CHARACTERS)
                ),
                hint: "store the file as UTF-8".to_owned(),
            };
        }
        let hint = if text.is_empty() && self.format == "csv" {
            "'csv.null-literal' = '' reads empty fields as NULL".to_owned()
        } else {
            format!(
                "declare the column with a type that holds such values, STRING for one, or mend the {}",
                self.format
            )
        };
        Fault {
            code: "HW3103",
            message: format!("column '{column}': '{}' is not a {kind}", shown(text, MAX_SHOWN_CHARACTERS)),
            hint,
        }
    }

    /// A NULL where the column says there is none.
    pub(crate) fn push_null(&mut self, row: usize, line: u64, raw: &[u8], column: &str) {
        let fault = Fault {
            code: "HW3109",
            message: format!("column '{column}' is NOT NULL but has no value"),
            hint: "declare the column without NOT NULL, or mend the data".to_owned(),
        };
        self.push(row, line, raw, fault);
    }

    /// The rows to leave out, sorted; those set aside; or the error that ends the stream.
    pub(crate) fn settle(mut self) -> Result<(Vec<usize>, Vec<Rejected>), Diagnostic> {
        self.found.sort_by_key(|(row, line, ..)| (*line, *row));
        let rows = || {
            let mut rows: Vec<usize> = self.found.iter().map(|(row, ..)| *row).collect();
            rows.sort_unstable();
            rows
        };
        match (self.policy, self.found.first()) {
            (FaultPolicy::Fail, Some((_, line, _, fault))) => Err(self.error(*line, fault)),
            (FaultPolicy::Reject, _) => {
                let rejected = |(_, line, raw, fault): &(usize, u64, Vec<u8>, Fault)| Rejected {
                    raw: shown(raw, MAX_RAW_CHARACTERS),
                    reason: format!("{}: {}", fault.code, fault.message),
                    origin: self.origin.to_owned(),
                    line: *line,
                };
                Ok((rows(), self.found.iter().map(rejected).collect()))
            }
            _ => Ok((rows(), Vec::new())),
        }
    }

    fn error(&self, line: u64, fault: &Fault) -> Diagnostic {
        let ignore = format!("'{}.ignore-parse-errors' = 'true' leaves such rows out", self.format);
        let aside = "'headwater.dead-letter' = '<table>' sets them aside";
        Diagnostic::run(fault.code, format!("cannot read a row of table '{}'", self.table))
            .detail(format!("{}, line {line}: {}", self.origin, fault.message))
            .hint(format!("{}; {ignore}; {aside}", fault.hint))
            .on_line(self.origin, line)
    }
}

/// Bytes as text for people: cut, without control characters.
pub(crate) fn shown(bytes: &[u8], longest: usize) -> String {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(longest.saturating_mul(4))]);
    let mut shown: String = text
        .chars()
        .take(longest)
        .map(|character| match character {
            '\t' | '\n' => character,
            _ if character.is_control() => char::REPLACEMENT_CHARACTER,
            _ => character,
        })
        .collect();
    if text.chars().count() > longest || bytes.len() > longest.saturating_mul(4) {
        shown.push('…');
    }
    shown
}
