//! JSON lines into columns: each line is cut into tokens first, then each column is decoded in a loop of its own.

use super::JsonOptions;
use super::scan::{Malformed, Scanner, Token, TokenKind};
use crate::format::column::{TextRules, from_text, null_rows};
use crate::format::lines::{Window, line_end};
use crate::format::reject::Fault;
use crate::format::text::TimestampStandard;
use crate::format::{Decoded, FaultPolicy, Faults, FilePosition, FileReader, ReadSpec, io_error, stray};
use arrow_array::ArrayRef;
use data::types::RowField;
use data::{DataType, Diagnostic, Field, TypeKind, Value};
use std::path::Path;

/// A batch is at most so long, so that offsets stay small and memory bounded whatever the rows are.
const MAX_BATCH_BYTES: usize = 64 << 20;

struct JsonReader {
    options: JsonOptions,
    rules: TextRules,
    window: Window,
    /// Lines consumed.
    line: u64,
    table: String,
    origin: String,
    policy: FaultPolicy,
    columns: Vec<Field>,
    lines: Lines,
}

/// The lines of one batch.
#[derive(Default)]
struct Lines {
    /// One per row and column.
    tokens: Vec<Token>,
    scratch: Vec<u8>,
    /// Start, end and number (from the first of the batch) of each row's line.
    spans: Vec<(usize, usize, u64)>,
    malformed: Vec<(usize, Malformed)>,
    /// Lines passed, empty ones too.
    passed: u64,
    /// The keys of the last line with the columns they meant: the next one mostly has the same.
    keys: Vec<(Vec<u8>, Option<usize>)>,
    /// The names there may be, where others are refused.
    exact: Option<Vec<String>>,
    /// The first key that is none of them, and the number of its line.
    stray: Option<(Vec<u8>, u64)>,
}

pub(super) fn open(
    read: &ReadSpec,
    path: &Path,
    origin: &str,
    position: FilePosition,
) -> Result<Box<dyn FileReader>, Diagnostic> {
    let options = JsonOptions::of(&read.spec);
    let window = Window::open(path, position.offset).map_err(|error| io_error("read", origin, &error))?;
    Ok(Box::new(JsonReader {
        rules: TextRules {
            null_literal: None,
            element_delimiter: Vec::new(),
            timestamps: options.timestamps,
            lenient_dates: false,
        },
        options,
        window,
        line: position.line,
        table: read.spec.name.clone(),
        origin: origin.to_owned(),
        policy: read.policy,
        columns: read.wanted.iter().map(|wanted| read.columns[*wanted].clone()).collect(),
        lines: Lines {
            exact: read.exact.then(|| read.columns.iter().map(|column| column.name.clone()).collect()),
            ..Lines::default()
        },
    }))
}

impl FileReader for JsonReader {
    fn read(&mut self, max_rows: usize) -> Result<Decoded, Diagnostic> {
        let mut decoded = Decoded::default();
        if self.window.is_low() {
            self.grow()?;
        }
        loop {
            let input = self.window.unread();
            let input = &input[..input.len().min(MAX_BATCH_BYTES.max(self.options.max_row_bytes * 2))];
            let last = self.window.ended() && input.len() == self.window.unread().len();
            let used = self.lines.scan(input, last, max_rows, self.options.max_row_bytes, &self.columns);
            if !self.lines.spans.is_empty() {
                self.decode(used, &mut decoded)?;
                break;
            }
            self.line += self.lines.passed;
            self.window.consume(used);
            if self.window.ended() && self.window.unread().is_empty() {
                decoded.ended = true;
                break;
            }
            if self.window.unread().len() > self.options.max_row_bytes {
                self.reject_overlong(&mut decoded)?;
                break;
            }
            self.grow()?;
        }
        Ok(decoded)
    }

    fn position(&self) -> FilePosition {
        FilePosition { offset: self.window.offset(), line: self.line }
    }
}

impl Lines {
    /// Cuts up complete lines until `max` rows are there; returns the bytes used. A line that is too long keeps its
    /// place as a malformed row.
    fn scan(&mut self, input: &[u8], last: bool, max: usize, longest: usize, columns: &[Field]) -> usize {
        self.tokens.clear();
        self.scratch.clear();
        self.spans.clear();
        self.malformed.clear();
        self.passed = 0;
        let mut at = 0;
        while self.spans.len() < max && at < input.len() {
            let Some((end, next)) = line_end(input, at, last) else { break };
            if !input[at..end].trim_ascii().is_empty() {
                let row = self.spans.len();
                let scanned = if end - at > longest {
                    Err(Malformed { at, expected: "" })
                } else {
                    self.line(&input[..end], at, columns)
                };
                self.tokens.resize((row + 1) * columns.len(), Token::MISSING);
                if let Err(malformed) = scanned {
                    self.tokens[row * columns.len()..].fill(Token::MISSING);
                    self.malformed.push((row, malformed));
                }
                self.spans.push((at, end, self.passed));
            }
            self.passed += 1;
            at = next;
        }
        at
    }

    fn line(&mut self, input: &[u8], start: usize, columns: &[Field]) -> Result<(), Malformed> {
        // A byte order mark may stand at the very beginning.
        let start = if input[start..].starts_with(b"\xef\xbb\xbf") { start + 3 } else { start };
        let first = self.tokens.len();
        self.tokens.resize(first + columns.len(), Token::MISSING);
        let (tokens, keys) = (&mut self.tokens[first..], &mut self.keys);
        let (exact, stray, passed) = (&self.exact, &mut self.stray, self.passed);
        let mut position = 0;
        let mut scanner = Scanner::new(input, start, &mut self.scratch);
        scanner.object(|key, token| {
            let column = match keys.get(position) {
                Some((known, column)) if known == key => *column,
                _ => {
                    let column = columns.iter().position(|column| column.name.as_bytes() == key);
                    keys.truncate(position);
                    keys.push((key.to_vec(), column));
                    column
                }
            };
            if let (None, Some(exact), None) = (column, exact, stray.as_ref())
                && !exact.iter().any(|name| name.as_bytes() == key)
            {
                *stray = Some((key.to_vec(), passed));
            }
            // A hostile line with ever new keys must not be remembered.
            position = (position + 1).min(1_000);
            if let Some(column) = column
                && tokens[column] == Token::MISSING
            {
                tokens[column] = token;
            }
        })?;
        scanner.end()
    }
}

impl JsonReader {
    fn grow(&mut self) -> Result<(), Diagnostic> {
        self.window.grow().map_err(|error| io_error("read", &self.origin, &error))
    }

    fn reject_overlong(&mut self, decoded: &mut Decoded) -> Result<(), Diagnostic> {
        let mut faults = Faults::new(self.policy, &self.table, &self.origin, "json");
        faults.push(0, self.line + 1, self.window.unread(), too_long(self.options.max_row_bytes));
        let (_, rejected) = faults.settle()?;
        decoded.skipped += u64::from(self.policy == FaultPolicy::Ignore);
        decoded.rejected = rejected;
        let empty = |column: &Field| arrow_array::new_empty_array(&data::storage::storage_type(&column.data_type));
        decoded.columns = self.columns.iter().map(empty).collect();
        self.line += 1;
        self.window.pass_over_line(line_end).map_err(|error| io_error("read", &self.origin, &error))
    }

    fn decode(&mut self, used: usize, decoded: &mut Decoded) -> Result<(), Diagnostic> {
        let input = &self.window.unread()[..used];
        let (columns, lines) = (&self.columns, &mut self.lines);
        normalize(columns, lines, input);
        let lines = &self.lines;
        if let (Some((name, passed)), Some(exact)) = (&lines.stray, &lines.exact) {
            let known: Vec<&str> = exact.iter().map(String::as_str).collect();
            let line = self.line + 1 + passed;
            let error = stray(&self.table, &known, &String::from_utf8_lossy(name), &self.origin, Some(line));
            return Err(error.on_line(&self.origin, line));
        }
        let rows = lines.spans.len();
        let line = |row: usize| self.line + 1 + lines.spans[row].2;
        let raw = |row: usize| &input[lines.spans[row].0..lines.spans[row].1];
        let mut faults = Faults::new(self.policy, &self.table, &self.origin, "json");
        for (row, malformed) in &lines.malformed {
            let fault = match malformed.expected {
                "" => too_long(self.options.max_row_bytes),
                expected => no_json(expected, malformed.at - lines.spans[*row].0),
            };
            faults.push(*row, line(*row), raw(*row), fault);
        }
        let mut arrays = Vec::with_capacity(columns.len());
        for (index, column) in columns.iter().enumerate() {
            let token = |row: usize| &lines.tokens[row * columns.len() + index];
            if self.options.fail_on_missing {
                for row in (0..rows).filter(|row| token(*row).kind == TokenKind::Missing) {
                    faults.push(row, line(row), raw(row), missing(&column.name));
                }
            }
            let mut unfit = Vec::new();
            let array = self.column(&column.data_type, rows, token, input, &mut unfit);
            if self.policy != FaultPolicy::Ignore {
                for &row in &unfit {
                    let text = token(row).text(input, &lines.scratch);
                    faults.push_field(row, line(row), raw(row), &column.name, &column.data_type, text);
                }
            }
            if !column.data_type.nullable && array.null_count() > 0 {
                for row in null_rows(&array)
                    .filter(|row| self.policy == FaultPolicy::Ignore || unfit.binary_search(row).is_err())
                {
                    faults.push_null(row, line(row), raw(row), &column.name);
                }
            }
            arrays.push(array);
        }
        decoded.lines = (0..rows).map(line).collect();
        let (left_out, rejected) = faults.settle()?;
        self.line += lines.passed;
        decoded.rejected = rejected;
        (decoded.columns, decoded.rows) = (arrays, rows);
        decoded.leave_out(&left_out, self.policy);
        self.window.consume(used);
        Ok(())
    }

    fn column<'a>(
        &'a self,
        data_type: &DataType,
        rows: usize,
        token: impl Fn(usize) -> &'a Token,
        input: &'a [u8],
        unfit: &mut Vec<usize>,
    ) -> ArrayRef {
        let scratch = &self.lines.scratch;
        if !is_nested(&data_type.kind) {
            let field = |row: usize| match token(row).kind {
                TokenKind::Missing | TokenKind::Null => None,
                _ => Some(token(row).text(input, scratch)),
            };
            return from_text(data_type, &self.rules, rows, field, unfit);
        }
        let values: Vec<Value> = (0..rows)
            .map(|row| {
                let value = nested(data_type, token(row), input, scratch, self.options.timestamps);
                if value.is_none() {
                    unfit.push(row);
                }
                value.unwrap_or(Value::Null)
            })
            .collect();
        Value::column(data_type, &values)
    }
}

/// Gives tokens the text that their column is decoded from, where that is another one than their own.
fn normalize(columns: &[Field], lines: &mut Lines, input: &[u8]) {
    for (index, column) in columns.iter().enumerate() {
        let kind = &column.data_type.kind;
        if !(kind.is_character() || kind.is_integer()) {
            continue;
        }
        for token in lines.tokens.iter_mut().skip(index).step_by(columns.len()) {
            let begin = lines.scratch.len();
            if !append_normal(kind, token, input, &mut lines.scratch) {
                continue;
            }
            *token = Token::in_scratch(begin, lines.scratch.len());
        }
    }
}

/// The text of a nested value in a column of text is its JSON without blanks; whole numbers drop their fraction.
fn append_normal(kind: &TypeKind, token: &Token, input: &[u8], scratch: &mut Vec<u8>) -> bool {
    match token.kind {
        TokenKind::Nested if kind.is_character() => {
            compact(token.text(input, &[]), scratch);
            true
        }
        TokenKind::Number if kind.is_integer() => {
            let text = token.text(input, &[]);
            let number = std::str::from_utf8(text).ok().filter(|text| text.contains(['.', 'e', 'E']));
            let Some(number) = number.and_then(|text| text.parse::<f64>().ok()) else { return false };
            // Beyond the range of BIGINT the text does not fit, as it should.
            scratch.extend_from_slice(format!("{:.0}", number.trunc()).as_bytes());
            true
        }
        _ => false,
    }
}

/// Drops the blanks outside of strings.
fn compact(json: &[u8], out: &mut Vec<u8>) {
    let mut quoted = false;
    let mut escaped = false;
    for &byte in json {
        if quoted || !byte.is_ascii_whitespace() {
            out.push(byte);
        }
        if escaped {
            escaped = false;
        } else if quoted && byte == b'\\' {
            escaped = true;
        } else if byte == b'"' {
            quoted = !quoted;
        }
    }
}

fn is_nested(kind: &TypeKind) -> bool {
    matches!(kind, TypeKind::Array(_) | TypeKind::Row(_) | TypeKind::Map(..) | TypeKind::Multiset(_))
}

/// A value of a type from a token; `None` when it does not fit.
fn nested(
    data_type: &DataType,
    token: &Token,
    input: &[u8],
    scratch: &[u8],
    timestamps: TimestampStandard,
) -> Option<Value> {
    if matches!(token.kind, TokenKind::Missing | TokenKind::Null) {
        return Some(Value::Null);
    }
    let text = token.text(input, scratch);
    if !is_nested(&data_type.kind) {
        let mut own = Vec::new();
        let text = if append_normal(&data_type.kind, token, input, &mut own) { &own } else { text };
        let rules = TextRules { null_literal: None, element_delimiter: Vec::new(), timestamps, lenient_dates: false };
        let mut unfit = Vec::new();
        let column = from_text(data_type, &rules, 1, |_| Some(text), &mut unfit);
        return unfit.is_empty().then(|| Value::at(column.as_ref(), data_type, 0));
    }
    if token.kind != TokenKind::Nested {
        return None;
    }
    let mut inner = Vec::new();
    let mut parts: Vec<(Vec<u8>, Token)> = Vec::new();
    let mut scanner = Scanner::new(text, 0, &mut inner);
    let scanned = match &data_type.kind {
        TypeKind::Array(_) => scanner.array(|item| parts.push((Vec::new(), item))),
        _ => scanner.object(|key, value| parts.push((key.to_vec(), value))),
    };
    scanned.ok()?;
    let part = |data_type: &DataType, token: &Token| nested(data_type, token, text, &inner, timestamps);
    match &data_type.kind {
        TypeKind::Array(element) => {
            Some(Value::Array(parts.iter().map(|(_, token)| part(element, token)).collect::<Option<_>>()?))
        }
        TypeKind::Row(fields) => {
            let field = |field: &RowField| match parts.iter().find(|(key, _)| key == field.name.as_bytes()) {
                Some((_, token)) => part(&field.data_type, token),
                None => Some(Value::Null),
            };
            Some(Value::Row(fields.iter().map(field).collect::<Option<_>>()?))
        }
        TypeKind::Map(_, value) => entries(&parts, |token| part(value, token)),
        TypeKind::Multiset(_) => entries(&parts, |token| part(&DataType::int(), token)),
        _ => None,
    }
}

fn entries(parts: &[(Vec<u8>, Token)], value: impl Fn(&Token) -> Option<Value>) -> Option<Value> {
    let entry =
        |(key, token): &(Vec<u8>, Token)| Some((Value::String(String::from_utf8(key.clone()).ok()?), value(token)?));
    // The last one of equal keys counts, as in Flink's maps.
    let mut distinct: Vec<(Value, Value)> = Vec::with_capacity(parts.len());
    for part in parts {
        let (key, value) = entry(part)?;
        match distinct.iter_mut().find(|(known, _)| *known == key) {
            Some(known) => known.1 = value,
            None => distinct.push((key, value)),
        }
    }
    Some(Value::Map(distinct))
}

fn too_long(limit: usize) -> Fault {
    Fault {
        code: "HW3105",
        message: format!("it is longer than {limit} bytes"),
        hint: "allow longer rows with 'headwater.max-row-bytes'".to_owned(),
    }
}

fn no_json(expected: &str, at: usize) -> Fault {
    Fault {
        code: "HW3106",
        message: format!("it is no JSON object: expected {expected} at byte {}", at + 1),
        hint: "write one JSON object per line".to_owned(),
    }
}

fn missing(column: &str) -> Fault {
    Fault {
        code: "HW3113",
        message: format!("column '{column}' is missing"),
        hint: "'json.fail-on-missing-field' = 'false' reads missing columns as NULL".to_owned(),
    }
}
