//! Formats: how rows are laid out in bytes.
//!
//! - *physical column*: a column that is in the bytes; metadata and partition columns are not.
//! - *reader*: turns one file into columns, a batch at a time; *writer*: the reverse.
//! - *fault policy*: what becomes of a row that cannot be decoded ([`FaultPolicy`]).

mod column;
mod csv;
mod json;
mod lines;
mod parquet;
mod reject;
mod render;
#[cfg(test)]
mod roundtrip;
mod text;

pub(crate) use reject::{FaultPolicy, Faults};

use crate::options::{OptionDef, OptionKind, config};
use crate::spec::TableSpec;
use crate::suggest::near;
use arrow_array::ArrayRef;
use data::port::Rejected;
use data::{ChangeBatch, Diagnostic, Field};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// Opens a file, whose path is shown as given, at a position.
type OpenFile = fn(&ReadSpec, &Path, &str, FilePosition) -> Result<Box<dyn FileReader>, Diagnostic>;
type CreateFile = fn(&WriteSpec, File) -> Result<Box<dyn FileWriter>, Diagnostic>;

/// One format: its option table and how to read and write it.
pub struct FormatDef {
    pub identifier: &'static str,
    pub doc: &'static str,
    pub options: &'static [OptionDef],
    pub(crate) check: fn(&TableSpec) -> Vec<Diagnostic>,
    pub(crate) open: OpenFile,
    pub(crate) create: CreateFile,
}

/// Every format there is.
pub fn formats() -> &'static [FormatDef] {
    static FORMATS: &[FormatDef] = &[csv::DEF, json::DEF, parquet::DEF];
    FORMATS
}

/// The format with this identifier.
pub(crate) fn format(identifier: &str) -> Option<&'static FormatDef> {
    formats().iter().find(|format| format.identifier == identifier)
}

/// The longest row there may be, an option of every format that has rows of text.
pub(crate) const MAX_ROW_BYTES: OptionDef = OptionDef::new(
    "headwater.max-row-bytes",
    OptionKind::Size,
    "A longer row cannot be decoded. Bounds the memory that a hostile file can ask for",
)
.default("16MB");

/// What a reader has to produce.
pub(crate) struct ReadSpec {
    pub(crate) spec: Arc<TableSpec>,
    /// All physical columns, in declared order.
    pub(crate) columns: Vec<Field>,
    /// Which of them are wanted, in the order of the result.
    pub(crate) wanted: Vec<usize>,
    pub(crate) policy: FaultPolicy,
    /// Refuse what is none of the columns.
    pub(crate) exact: bool,
}

impl ReadSpec {
    /// Refuses the first name that is none of the columns, where that is asked for.
    pub(crate) fn refuse_strays<'a>(
        &self,
        names: impl IntoIterator<Item = &'a str>,
        origin: &str,
    ) -> Result<(), Diagnostic> {
        let known: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        match names.into_iter().find(|name| self.exact && !known.contains(name)) {
            Some(name) => Err(stray(&self.spec.name, &known, name, origin, None)),
            None => Ok(()),
        }
    }
}

/// A column of a file that its table does not have.
pub(crate) fn stray(table: &str, known: &[&str], name: &str, origin: &str, line: Option<u64>) -> Diagnostic {
    let meant = near(name, known.iter().copied());
    let meant = if meant.is_empty() { String::new() } else { format!("did you mean {}? ", meant.join(" or ")) };
    let place = line.map(|line| format!("line {line}: ")).unwrap_or_default();
    let name = reject::shown(name.as_bytes(), 80);
    Diagnostic::run("HW3102", format!("the columns of '{origin}' do not fit table '{table}'"))
        .detail(format!("{place}the table has no column '{name}'"))
        .hint(format!("{meant}the table has {} (upper and lower case count)", known.join(", ")))
        .in_file(origin)
}

/// What a writer gets.
pub(crate) struct WriteSpec {
    pub(crate) spec: Arc<TableSpec>,
    /// The columns to write, in the order of the batches.
    pub(crate) columns: Vec<Field>,
}

/// How far a file has been read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FilePosition {
    /// Bytes; rows for formats that are not read by bytes.
    pub(crate) offset: u64,
    /// Lines or rows before it.
    pub(crate) line: u64,
}

/// Rows of one file.
#[derive(Default)]
pub(crate) struct Decoded {
    pub(crate) columns: Vec<ArrayRef>,
    pub(crate) rows: usize,
    /// The line of each row, from 1.
    pub(crate) lines: Vec<u64>,
    pub(crate) rejected: Vec<Rejected>,
    pub(crate) skipped: u64,
    /// Nothing follows.
    pub(crate) ended: bool,
}

pub(crate) trait FileReader: Send {
    fn read(&mut self, max_rows: usize) -> Result<Decoded, Diagnostic>;

    fn position(&self) -> FilePosition;
}

pub(crate) trait FileWriter: Send {
    fn write(&mut self, batch: &ChangeBatch) -> Result<(), Diagnostic>;

    /// Writes what is pending and hands the file back, to be synced and renamed.
    fn finish(self: Box<Self>) -> Result<File, Diagnostic>;
}

/// What is wrong with a table's format.
pub(crate) fn check(spec: &TableSpec) -> Vec<Diagnostic> {
    let names = || formats().iter().map(|format| format.identifier);
    let all = || names().collect::<Vec<_>>().join(", ");
    let Some(identifier) = spec.option("format") else {
        return vec![
            config("HW4103", "option 'format' is missing")
                .detail("the connector needs to know how the rows are laid out")
                .hint(format!("add 'format' = '…' to the WITH clause, one of {}", all())),
        ];
    };
    match format(identifier) {
        Some(format) => (format.check)(spec),
        None => {
            let near = near(identifier, names());
            let meant = if near.is_empty() { String::new() } else { format!("did you mean {}? ", near.join(" or ")) };
            vec![
                config("HW4108", format!("unknown format '{identifier}'"))
                    .detail(format!("table '{}' names a format that does not exist", spec.name))
                    .hint(format!("{meant}there are: {}", all())),
            ]
        }
    }
}

/// The physical columns of a table: not metadata, not taken from folder names.
pub(crate) fn physical_columns(spec: &TableSpec) -> Vec<usize> {
    (0..spec.schema.len())
        .filter(|column| spec.metadata_key(*column).is_none())
        .filter(|column| !spec.partition_keys.contains(&spec.schema.fields[*column].name))
        .collect()
}

/// A failure of the file system, in words.
pub(crate) fn io_error(doing: &str, path: &str, error: &std::io::Error) -> Diagnostic {
    Diagnostic::run("HW3101", format!("cannot {doing} '{path}'"))
        .detail(error.to_string())
        .hint("check that the path exists and that this user may use it")
        .in_file(path)
}

/// Reports the columns whose types a format cannot hold.
pub(crate) fn refuse_types(
    spec: &TableSpec,
    format: &str,
    hint: &str,
    refused: impl Fn(&data::TypeKind) -> bool,
) -> Vec<Diagnostic> {
    let columns = physical_columns(spec).into_iter().map(|column| &spec.schema.fields[column]);
    columns
        .filter(|field| refused(&field.data_type.kind))
        .map(|field| {
            config("HW4107", format!("format '{format}' cannot hold column '{}'", field.name))
                .detail(format!("it is {}", field.data_type.kind))
                .hint(hint)
        })
        .collect()
}

/// A column that has the same value in every row, from text; `None` when the text does not fit.
pub(crate) fn from_text_constant(data_type: &data::DataType, text: Option<&str>, rows: usize) -> Option<ArrayRef> {
    let rules = column::TextRules {
        null_literal: None,
        element_delimiter: Vec::new(),
        timestamps: text::TimestampStandard::Sql,
        lenient_dates: true,
    };
    let mut unfit = Vec::new();
    let array = column::from_text(data_type, &rules, rows, |_| text.map(str::as_bytes), &mut unfit);
    unfit.is_empty().then_some(array)
}

/// The text of a scalar in a partition folder's name.
pub(crate) fn append_partition_text(out: &mut String, data_type: &data::DataType, value: &data::Value) {
    const TEXT: render::TimestampText = render::TimestampText { separator: ' ', zone: "" };
    render::append_scalar(out, data_type, value, [TEXT, render::TimestampText { zone: "Z", ..TEXT }]);
}
