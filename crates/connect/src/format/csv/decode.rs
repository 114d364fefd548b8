//! CSV files into columns: records are split first, then each column is decoded in a loop of its own.

use super::CsvOptions;
use super::split::{Fault as RecordFault, Field, Records, line_end};
use crate::format::column::{from_text, null_rows};
use crate::format::lines::Window;
use crate::format::reject::{Fault, shown};
use crate::format::{Decoded, FaultPolicy, Faults, FilePosition, FileReader, ReadSpec, io_error};
use arrow_array::{ArrayRef, BooleanArray};
use arrow_select::filter::FilterBuilder;
use data::{DataType, Diagnostic};
use std::path::Path;

/// A batch is at most so long, so that offsets stay small and memory bounded whatever the rows are.
const MAX_BATCH_BYTES: usize = 64 << 20;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// One wanted column and the field of the file it comes from.
struct Column {
    name: String,
    data_type: DataType,
    /// Absent when the header does not have it, which it may: every row is NULL.
    field: Option<usize>,
}

struct CsvReader {
    options: CsvOptions,
    window: Window,
    /// Lines consumed.
    line: u64,
    table: String,
    /// The path as it is shown.
    origin: String,
    policy: FaultPolicy,
    columns: Vec<Column>,
    /// Fields of each record.
    width: usize,
    records: Records,
}

pub(super) fn open(
    read: &ReadSpec,
    path: &Path,
    origin: &str,
    position: FilePosition,
) -> Result<Box<dyn FileReader>, Diagnostic> {
    let options = CsvOptions::of(&read.spec);
    let failed = |error: std::io::Error| io_error("read", origin, &error);
    let mut names: Vec<String> = read.columns.iter().map(|column| column.name.clone()).collect();
    let mut begin = position;
    if position.offset == 0 {
        begin = skip_mark(path).map_err(failed)?;
    }
    if options.header {
        let (found, behind) = header(&options, path, origin)?;
        let required: Vec<&String> = names.iter().filter(|name| !options.optional.contains(name)).collect();
        check_header(&required, &found, &read.spec.name, origin)?;
        read.refuse_strays(found.iter().map(String::as_str), origin)?;
        names = found;
        if position.offset == 0 {
            begin = behind;
        }
    }
    let column = |wanted: &usize| {
        let column = &read.columns[*wanted];
        let field = names.iter().position(|name| *name == column.name);
        Column { name: column.name.clone(), data_type: column.data_type.clone(), field }
    };
    Ok(Box::new(CsvReader {
        window: Window::open(path, begin.offset).map_err(failed)?,
        line: begin.line,
        table: read.spec.name.clone(),
        origin: origin.to_owned(),
        policy: read.policy,
        columns: read.wanted.iter().map(column).collect(),
        width: names.len(),
        records: Records::default(),
        options,
    }))
}

fn skip_mark(path: &Path) -> std::io::Result<FilePosition> {
    let mut window = Window::open(path, 0)?;
    window.grow()?;
    let marked = window.unread().starts_with(BYTE_ORDER_MARK);
    Ok(FilePosition { offset: if marked { BYTE_ORDER_MARK.len() as u64 } else { 0 }, line: 0 })
}

/// The names in the first record, and where the second begins.
fn header(options: &CsvOptions, path: &Path, origin: &str) -> Result<(Vec<String>, FilePosition), Diagnostic> {
    let failed = |error: std::io::Error| io_error("read", origin, &error);
    let begin = skip_mark(path).map_err(failed)?;
    let mut window = Window::open(path, begin.offset).map_err(failed)?;
    let mut records = Records::default();
    loop {
        window.grow().map_err(failed)?;
        let input = window.unread();
        let split = |width: usize, records: &mut Records| {
            records.clear(width);
            options.dialect.split(input, window.ended(), 1, options.max_row_bytes, records)
        };
        split(0, &mut records);
        // The header's width is not known before it is split: again, with room for what it has.
        let width = match records.faults.first() {
            Some((_, RecordFault::Width(width))) => *width,
            _ => 0,
        };
        let used = split(width, &mut records);
        if records.len() == 1 && records.faults.is_empty() {
            let text = |field: &Field| field.text(input, &records.scratch).unwrap_or_default();
            let name = |field: &Field| String::from_utf8_lossy(text(field)).trim().to_owned();
            let names = records.fields.iter().map(name).collect();
            let line = begin.line + u64::from(records.lines);
            return Ok((names, FilePosition { offset: begin.offset + used as u64, line }));
        }
        if records.len() == 1 || window.ended() || input.len() > options.max_row_bytes {
            return Err(Diagnostic::run("HW3102", format!("'{origin}' has no header row"))
                .detail("'headwater.csv.header' = 'true' says that the first row holds the column names")
                .hint("add a header row to the file, or remove the option"));
        }
    }
}

fn check_header(columns: &[&String], header: &[String], table: &str, origin: &str) -> Result<(), Diagnostic> {
    let missing: Vec<&str> =
        columns.iter().filter(|column| !header.contains(**column)).map(|column| column.as_str()).collect();
    let doubled = header.iter().enumerate().find(|(at, name)| columns.contains(name) && header[..*at].contains(name));
    let detail = match (missing.as_slice(), doubled) {
        ([], None) => return Ok(()),
        ([], Some((_, name))) => format!("'{}' stands in it twice", shown(name.as_bytes(), 80)),
        (missing, _) => {
            format!("it lacks {}; it has {}", missing.join(", "), shown(header.join(", ").as_bytes(), 400))
        }
    };
    Err(Diagnostic::run("HW3102", format!("the header of '{origin}' does not fit table '{table}'"))
        .detail(detail)
        .hint("name the table's columns as the file does (upper and lower case count), or mend the header"))
}

impl FileReader for CsvReader {
    fn read(&mut self, max_rows: usize) -> Result<Decoded, Diagnostic> {
        let mut decoded = Decoded::default();
        if self.window.is_low() {
            self.grow()?;
        }
        loop {
            self.records.clear(self.width);
            let input = self.window.unread();
            let input = &input[..input.len().min(MAX_BATCH_BYTES.max(self.options.max_row_bytes * 2))];
            let last = self.window.ended() && input.len() == self.window.unread().len();
            let used = self.options.dialect.split(input, last, max_rows, self.options.max_row_bytes, &mut self.records);
            if self.records.len() > 0 {
                self.decode(used, &mut decoded)?;
                break;
            }
            self.line += u64::from(self.records.lines);
            self.window.consume(used);
            if self.window.ended() && self.window.unread().is_empty() {
                decoded.ended = true;
                break;
            }
            if self.window.unread().len() > self.options.max_row_bytes + 1 {
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

impl CsvReader {
    fn grow(&mut self) -> Result<(), Diagnostic> {
        self.window.grow().map_err(|error| io_error("read", &self.origin, &error))
    }

    /// The line that begins here does not end within the allowed length.
    fn reject_overlong(&mut self, decoded: &mut Decoded) -> Result<(), Diagnostic> {
        let mut faults = Faults::new(self.policy, &self.table, &self.origin, "csv");
        faults.push(0, self.line + 1, self.window.unread(), self.fault(RecordFault::TooLong));
        let (_, rejected) = faults.settle()?;
        decoded.skipped += u64::from(self.policy == FaultPolicy::Ignore);
        decoded.rejected = rejected;
        decoded.columns = self.columns.iter().map(|column| Self::empty(&column.data_type)).collect();
        self.line += 1;
        self.window.pass_over_line(line_end).map_err(|error| io_error("read", &self.origin, &error))
    }

    fn empty(data_type: &DataType) -> ArrayRef {
        arrow_array::new_empty_array(&data::storage::storage_type(data_type))
    }

    fn fault(&self, fault: RecordFault) -> Fault {
        let limit = self.options.max_row_bytes;
        let (code, message, hint) = match fault {
            RecordFault::Width(count) => (
                "HW3104",
                format!("it has {count} fields instead of {}", self.width),
                "mend the row, or declare the columns that the file has".to_owned(),
            ),
            RecordFault::OpenQuote => (
                "HW3106",
                "a quoted field is not closed".to_owned(),
                "close it, or read quotes as characters with 'csv.disable-quote-character' = 'true'".to_owned(),
            ),
            RecordFault::AfterQuote => (
                "HW3106",
                "something other than a delimiter follows a closing quote".to_owned(),
                "double quotes inside quoted fields, or set 'csv.disable-quote-character' = 'true'".to_owned(),
            ),
            RecordFault::TooLong => (
                "HW3105",
                format!("it is longer than {limit} bytes"),
                "allow longer rows with 'headwater.max-row-bytes'".to_owned(),
            ),
        };
        Fault { code, message, hint }
    }

    fn decode(&mut self, used: usize, decoded: &mut Decoded) -> Result<(), Diagnostic> {
        let input = &self.window.unread()[..used];
        let records = &self.records;
        let rows = records.len();
        let line = |row: usize| self.line + 1 + u64::from(records.spans[row].line);
        let raw = |row: usize| &input[records.spans[row].start as usize..records.spans[row].end as usize];
        let mut faults = Faults::new(self.policy, &self.table, &self.origin, "csv");
        for (row, fault) in &records.faults {
            let short = matches!(fault, RecordFault::Width(count) if *count < self.width);
            if !(short && self.policy == FaultPolicy::Ignore) {
                faults.push(*row, line(*row), raw(*row), self.fault(*fault));
            }
        }
        let null_literal = self.options.rules.null_literal.as_deref();
        let mut columns = Vec::with_capacity(self.columns.len());
        let mut unfit = Vec::new();
        for column in &self.columns {
            let field = |row: usize| {
                let text = records.fields[row * self.width + column.field?].text(input, &records.scratch)?;
                (null_literal != Some(text)).then_some(text)
            };
            unfit.clear();
            let array = from_text(&column.data_type, &self.options.rules, rows, field, &mut unfit);
            if self.policy != FaultPolicy::Ignore {
                for &row in &unfit {
                    let text = field(row).unwrap_or_default();
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
            columns.push(array);
        }
        decoded.lines = (0..rows).map(line).collect();
        let (left_out, rejected) = faults.settle()?;
        self.line += u64::from(records.lines);
        decoded.rejected = rejected;
        (decoded.columns, decoded.rows) = (columns, rows);
        decoded.leave_out(&left_out, self.policy);
        self.window.consume(used);
        Ok(())
    }
}

impl Decoded {
    /// Takes rows out again.
    pub(crate) fn leave_out(&mut self, rows: &[usize], policy: FaultPolicy) {
        if rows.is_empty() {
            return;
        }
        let mut keep = vec![true; self.rows];
        for &row in rows {
            keep[row] = false;
        }
        let mut kept = keep.iter();
        self.lines.retain(|_| kept.next().copied().unwrap_or(true));
        let predicate = FilterBuilder::new(&BooleanArray::from(keep)).build();
        for column in &mut self.columns {
            *column = predicate.filter(column).expect("the mask has a bit per row");
        }
        if policy == FaultPolicy::Ignore {
            self.skipped += (self.rows - predicate.count()) as u64;
        }
        self.rows = predicate.count();
    }
}
