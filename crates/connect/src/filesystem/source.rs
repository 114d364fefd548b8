//! The files of a table as a source. Each file is a split; files are read one after the other in the order of their
//! paths unless one is in focus.
//!
//! - *ordinal*: a file's number, in the order in which files were found; it is the split's number.
//! - *arrival*: `headwater.offset`, the ordinal and the line in one number, so that it only grows.

use super::path::{Found, list, partition_text, resolve};
use crate::format::{
    Decoded, FaultPolicy, FilePosition, FileReader, ReadSpec, format, from_text_constant, physical_columns,
};
use crate::spec::{DEAD_LETTER, OpenContext, TableSpec, with_options};
use arrow_array::{ArrayRef, Int64Array, StringArray};
use data::port::{Polled, Position, Source};
use data::{ChangeBatch, DataType, Diagnostic, Value};
use std::path::PathBuf;
use std::sync::Arc;

/// A file has fewer lines than two to this power.
const LINE_BITS: u32 = 40;

/// Where a column of the batch comes from.
#[derive(Clone)]
enum Part {
    /// By its place among the physical columns that are read.
    Physical(usize),
    Metadata(String),
    Partition(String),
}

struct OpenFile {
    found: Found,
    /// The path as it is shown and stored in positions.
    name: String,
    reader: Option<Box<dyn FileReader>>,
    position: FilePosition,
    ended: bool,
}

struct FileSource {
    read: ReadSpec,
    parts: Vec<(Part, DataType)>,
    base: PathBuf,
    root: PathBuf,
    /// Absent: bounded.
    monitor_millis: Option<i64>,
    null_partition: String,
    files: Vec<OpenFile>,
    /// When files were last looked for.
    listed_at: Option<i64>,
    focus: Option<u32>,
    skipped: u64,
}

pub(super) fn open(spec: &TableSpec, context: &OpenContext) -> Result<Box<dyn Source>, Diagnostic> {
    let physical = physical_columns(spec);
    let mut wanted = Vec::new();
    let mut parts = Vec::new();
    for column in spec.wanted() {
        let field = &spec.schema.fields[column];
        let part = if let Some(key) = spec.metadata_key(column) {
            Part::Metadata(key.to_owned())
        } else if let Some(at) = physical.iter().position(|other| *other == column) {
            wanted.push(at);
            Part::Physical(wanted.len() - 1)
        } else {
            Part::Partition(field.name.clone())
        };
        parts.push((part, field.data_type.clone()));
    }
    let ignore = spec.option("format").map(|format| format!("{format}.ignore-parse-errors"));
    let policy = if context.dead_letter || spec.option(DEAD_LETTER.name).is_some() {
        FaultPolicy::Reject
    } else if ignore.is_some_and(|name| with_options(spec, |options| options.flag(&name))) {
        FaultPolicy::Ignore
    } else {
        FaultPolicy::Fail
    };
    let (monitor_millis, null_partition) = with_options(spec, |options| {
        let null = options.text("partition.default-name").unwrap_or_default().to_owned();
        (options.duration_millis("source.monitor-interval"), null)
    });
    let columns = physical.iter().map(|column| spec.schema.fields[*column].clone()).collect();
    let mut source = FileSource {
        read: ReadSpec { spec: Arc::new(spec.clone()), columns, wanted, policy, exact: context.exact_columns },
        parts,
        base: context.base.clone(),
        root: resolve(&context.base, spec.option("path").unwrap_or_default()),
        monitor_millis: monitor_millis.filter(|_| !context.bounded),
        null_partition,
        files: Vec::new(),
        listed_at: None,
        focus: None,
        skipped: 0,
    };
    source.discover()?;
    Ok(Box::new(source))
}

impl FileSource {
    /// Looks for files that were not there before.
    fn discover(&mut self) -> Result<(), Diagnostic> {
        for found in list(&self.root)? {
            let name = found.path.strip_prefix(&self.base).unwrap_or(&found.path).to_string_lossy().into_owned();
            match self.files.iter_mut().find(|file| file.name == name) {
                Some(known) if known.reader.is_none() => known.found = found,
                Some(_) => {}
                None => self.files.push(OpenFile {
                    found,
                    name,
                    reader: None,
                    position: FilePosition::default(),
                    ended: false,
                }),
            }
        }
        Ok(())
    }

    fn monitor(&mut self, now_millis: i64) -> Result<(), Diagnostic> {
        let Some(interval) = self.monitor_millis else { return Ok(()) };
        match self.listed_at {
            Some(at) if now_millis < at.saturating_add(interval) => Ok(()),
            _ => {
                self.listed_at = Some(now_millis);
                self.discover()
            }
        }
    }

    fn next_split(&self) -> Option<usize> {
        match self.focus {
            Some(split) => Some(split as usize).filter(|split| self.files.get(*split).is_some_and(|file| !file.ended)),
            None => self.files.iter().position(|file| !file.ended),
        }
    }

    fn read(&mut self, split: usize, max_rows: usize) -> Result<Decoded, Diagnostic> {
        let file = &mut self.files[split];
        let reader = match &mut file.reader {
            Some(reader) => reader,
            None => {
                let identifier = self.read.spec.option("format").unwrap_or_default();
                refuse_compressed(&file.name)?;
                let format = format(identifier).expect("the format was validated");
                file.reader.insert((format.open)(&self.read, &file.found.path, &file.name, file.position)?)
            }
        };
        let decoded = reader.read(max_rows)?;
        file.position = reader.position();
        if decoded.ended {
            file.ended = true;
            file.reader = None;
        }
        Ok(decoded)
    }

    fn batch(&self, split: usize, decoded: &Decoded) -> Result<ChangeBatch, Diagnostic> {
        let rows = decoded.rows;
        let columns = self.parts.iter().map(|(part, data_type)| match part {
            Part::Physical(at) => Ok(decoded.columns[*at].clone()),
            Part::Metadata(key) => Ok(self.metadata(split, key, data_type, decoded)),
            Part::Partition(column) => self.partition(split, column, data_type, rows),
        });
        Ok(ChangeBatch::inserts(columns.collect::<Result<_, _>>()?, rows))
    }

    fn metadata(&self, split: usize, key: &str, data_type: &DataType, decoded: &Decoded) -> ArrayRef {
        let file = &self.files[split];
        let texts = |text: &str| -> ArrayRef {
            Arc::new(StringArray::from_iter_values(std::iter::repeat_n(text, decoded.rows)))
        };
        let numbers = |number: i64| -> ArrayRef { Arc::new(Int64Array::from_value(number, decoded.rows)) };
        match key {
            "file.path" => texts(&file.found.path.to_string_lossy()),
            "file.name" => texts(&file.found.path.file_name().unwrap_or_default().to_string_lossy()),
            "file.size" => numbers(file.found.bytes as i64),
            "headwater.line" => Arc::new(Int64Array::from_iter_values(decoded.lines.iter().map(|line| *line as i64))),
            "headwater.offset" => {
                let first = (split as i64) << LINE_BITS;
                Arc::new(Int64Array::from_iter_values(decoded.lines.iter().map(|line| first + *line as i64)))
            }
            _ => {
                let value = Value::Timestamp(i128::from(file.found.modified) * 1_000_000);
                Value::column(data_type, std::iter::repeat_n(&value, decoded.rows))
            }
        }
    }

    fn partition(&self, split: usize, column: &str, data_type: &DataType, rows: usize) -> Result<ArrayRef, Diagnostic> {
        let path = &self.files[split].found.path;
        let text = partition_text(path, column).ok_or_else(|| {
            Diagnostic::run(
                "HW3110",
                format!("'{}' has no folder for partition column '{column}'", self.files[split].name),
            )
            .detail(format!("a table PARTITIONED BY ({column}) keeps its files in folders {column}=value"))
            .hint("move the file into such a folder, or declare the table without PARTITIONED BY")
        })?;
        let text = Some(text).filter(|text| *text != self.null_partition);
        from_text_constant(data_type, text.as_deref(), rows).ok_or_else(|| {
            Diagnostic::run(
                "HW3103",
                format!("the folder of '{}' does not fit column '{column}'", self.files[split].name),
            )
            .detail(format!("'{}' is not a {}", text.unwrap_or_default(), data_type.kind))
            .hint("declare the partition column with a type that holds the folders' names, STRING for one")
        })
    }
}

impl Source for FileSource {
    fn poll(&mut self, max_rows: usize, now_millis: i64) -> Result<Polled, Diagnostic> {
        self.monitor(now_millis)?;
        while let Some(split) = self.next_split() {
            let mut decoded = self.read(split, max_rows.max(1))?;
            self.skipped += decoded.skipped;
            if decoded.rows > 0 || !decoded.rejected.is_empty() {
                let batch = self.batch(split, &decoded)?;
                let rejected = std::mem::take(&mut decoded.rejected);
                return Ok(Polled::Rows { split: split as u32, batch, rejected });
            }
        }
        let over = self.monitor_millis.is_none() && self.files.iter().all(|file| file.ended);
        Ok(if over { Polled::End } else { Polled::Idle })
    }

    fn position(&self) -> Position {
        let file = |file: &OpenFile| {
            serde_json::json!({
                "file": file.name, "offset": file.position.offset, "line": file.position.line, "ended": file.ended
            })
        };
        serde_json::json!({ "files": self.files.iter().map(file).collect::<Vec<_>>(), "skipped": self.skipped })
    }

    fn seek(&mut self, position: &Position) -> Result<(), Diagnostic> {
        let unusable = || {
            Diagnostic::run("HW3108", format!("table '{}' cannot go on from its stored position", self.read.spec.name))
                .detail("the position was not written by the filesystem connector")
                .hint("start from the beginning, with an empty data folder")
        };
        let mut files = Vec::new();
        for stored in position["files"].as_array().ok_or_else(unusable)? {
            let name = stored["file"].as_str().ok_or_else(unusable)?.to_owned();
            let path = self.base.join(&name);
            let known = self.files.iter().find(|file| file.name == name).map(|file| file.found.clone());
            let ended = stored["ended"].as_bool().ok_or_else(unusable)?;
            let offset = stored["offset"].as_u64().ok_or_else(unusable)?;
            let line = stored["line"].as_u64().ok_or_else(unusable)?;
            let found = match known {
                // Files that were read to the end may be gone.
                None if ended => Found { path, bytes: 0, modified: 0 },
                None => return Err(gone(&self.read.spec.name, &name, "it is not there any more")),
                Some(found) if !ended && by_bytes(&self.read.spec) && found.bytes < offset => {
                    return Err(gone(&self.read.spec.name, &name, "it is shorter than what was read of it"));
                }
                Some(found) => found,
            };
            files.push(OpenFile { found, name, reader: None, position: FilePosition { offset, line }, ended });
        }
        self.files = files;
        self.skipped = position["skipped"].as_u64().unwrap_or(0);
        self.discover()
    }

    fn splits(&self) -> Vec<u32> {
        (0..self.files.len()).filter(|split| !self.files[*split].ended).map(|split| split as u32).collect()
    }

    fn focus(&mut self, split: Option<u32>) {
        self.focus = split;
    }

    fn skipped(&self) -> u64 {
        self.skipped
    }

    fn lag(&self) -> Option<u64> {
        let unread = |file: &OpenFile| file.found.bytes.saturating_sub(file.position.offset);
        by_bytes(&self.read.spec).then(|| self.files.iter().filter(|file| !file.ended).map(unread).sum())
    }
}

/// Whether positions in its files are byte offsets.
fn by_bytes(spec: &TableSpec) -> bool {
    spec.option("format") != Some("parquet")
}

/// Endings of files that Flink would decompress.
const COMPRESSED: [&str; 8] = ["gz", "gzip", "bz2", "xz", "deflate", "zst", "zstd", "lz4"];

fn refuse_compressed(file: &str) -> Result<(), Diagnostic> {
    let ending = file.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    if !COMPRESSED.contains(&ending.as_str()) {
        return Ok(());
    }
    Err(Diagnostic::run("HW3900", format!("'{file}' is compressed"))
        .detail("compressed files are not read yet; as text they would be nothing but bad rows")
        .hint("put the decompressed file there instead")
        .in_file(file))
}

fn gone(table: &str, file: &str, cause: &str) -> Diagnostic {
    Diagnostic::run("HW3108", format!("table '{table}' cannot go on reading '{file}'"))
        .detail(cause)
        .hint("put the file back, or start from the beginning with an empty data folder")
        .in_file(file)
}
