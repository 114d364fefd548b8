//! The inbox: rows appended to managed tables from outside. They are durable once they are here; the runner reads them like
//! any other source, so that its position is part of the checkpoint.
//!
//! `inbox/<table>/log/` is the log that POST and `load` append to ([`serve::append`]).

use crate::pipelines::{PipelineTable, Pipelines};
use connect::{OpenContext, TableSpec};
use data::Diagnostic;
use data::port::{Polled, Rejected, Source};
use serve::append::{LogSource, append_files, append_lines, log_folder};
use std::fs::File;
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Formats by the ending of a file, and as connectors name them.
const FORMATS: [(&str, &str); 4] = [("csv", "csv"), ("jsonl", "json"), ("json", "json"), ("parquet", "parquet")];

/// A file that was decoded as a whole, and what it holds.
#[derive(Debug)]
pub struct Checked {
    /// The rows as the log has them, in a file without a name.
    lines: File,
    pub rows: u64,
    pub rejected: Vec<Rejected>,
}

#[derive(Clone, Debug)]
pub struct Inbox {
    folder: PathBuf,
}

impl Inbox {
    pub fn new(data_dir: &Path) -> Self {
        Self { folder: data_dir.join("inbox") }
    }

    /// Decodes all of a file, without appending it. The format is one of [`format_of`].
    pub fn check(
        &self,
        table: &PipelineTable,
        file: &Path,
        format: &'static str,
        context: &OpenContext,
    ) -> Result<Checked, Diagnostic> {
        if !table.is_managed() {
            return Err(Diagnostic::run("HW3931", format!("table `{}` is not managed", table.short_name))
                .detail("its rows are kept by its connector")
                .hint("append to the connector's own storage"));
        }
        let spec = source_spec(table, file, format);
        let context = OpenContext { bounded: true, dead_letter: true, exact_columns: true, ..context.clone() };
        let mut source = connect::open_source(&spec, &context)?;
        let folder = self.folder.join(&table.short_name);
        let failed = |error: std::io::Error| unwritable(&folder, &error);
        let mut lines = BufWriter::new(nameless_file(&folder).map_err(failed)?);
        let (mut rows, mut all_rejected, mut encoded) = (0, Vec::new(), Vec::new());
        loop {
            match source.poll(super::EPOCH_ROWS, 0)? {
                Polled::Rows { batch, rejected, .. } => {
                    rows += batch.rows() as u64;
                    all_rejected.extend(rejected);
                    encoded.clear();
                    append_lines(&mut encoded, &spec.schema.fields, &batch);
                    lines.write_all(&encoded).map_err(failed)?;
                }
                Polled::Idle => {}
                Polled::End => break,
            }
        }
        let lines = lines.into_inner().map_err(|error| failed(error.into_error()))?;
        Ok(Checked { lines, rows, rejected: all_rejected })
    }

    /// Appends the rows of files, all or none. After this they will be read, whatever happens.
    pub fn append(&self, table: &PipelineTable, checked: &mut [Checked]) -> Result<(), Diagnostic> {
        let rows = checked.iter().map(|file| file.rows).sum();
        if rows == 0 {
            return Ok(());
        }
        append_files(&log_folder(&self.folder, &table.short_name), checked.iter_mut().map(|file| &mut file.lines), rows)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Sources for everything in the inbox that is not among `known` (names as given back here).
    pub(crate) fn sources(
        &self,
        pipelines: &Pipelines,
        known: &dyn Fn(&str) -> bool,
        context: &OpenContext,
    ) -> Vec<InboxSource> {
        let mut found = Vec::new();
        for (name, table) in pipelines.tables.iter().filter(|(_, table)| table.is_managed()) {
            let folder = log_folder(&self.folder, &table.short_name);
            let id = format!("inbox/{}/log", table.short_name);
            if !folder.is_dir() || known(&id) {
                continue;
            }
            let mut schema = table.spec.schema.clone();
            schema.fields.retain(|field| !field.name.starts_with('$'));
            let (zone, keeps_rejected) = (pipelines.time_zone.into(), table.dead_letter.is_some());
            let source = LogSource::new(&folder, schema, zone, context.bounded, keeps_rejected);
            found.push(InboxSource { id, table: name.clone(), source: Box::new(source) });
        }
        found
    }
}

pub(crate) struct InboxSource {
    pub(crate) id: String,
    pub(crate) table: String,
    pub(crate) source: Box<dyn Source>,
}

fn unwritable(folder: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::run("HW3930", "cannot append to the table")
        .detail(format!("{}: {error}", folder.display()))
        .hint("check that this user may write the data folder, and that the disk is not full")
}

/// A file that is gone when it is closed, whatever ends the process.
fn nameless_file(folder: &Path) -> std::io::Result<File> {
    std::fs::create_dir_all(folder)?;
    let mut attempt = 0;
    loop {
        let path = folder.join(format!(".load.{}.{attempt}.tmp", std::process::id()));
        match File::options().create_new(true).read(true).write(true).open(&path) {
            Ok(file) => return std::fs::remove_file(&path).map(|()| file),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => attempt += 1,
            Err(error) => return Err(error),
        }
    }
}

/// The format of a file by the ending of its name.
pub fn format_of(file: &Path) -> Result<&'static str, Diagnostic> {
    let ending = file.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
    FORMATS.iter().find(|(known, _)| *known == ending).map(|(_, format)| *format).ok_or_else(|| {
        Diagnostic::run("HW3932", format!("cannot tell the format of {}", file.display()))
            .hint("name the file .csv (with a header), .jsonl or .parquet, or say which it is with --format")
    })
}

/// A managed table's schema over files.
fn source_spec(table: &PipelineTable, path: &Path, format: &str) -> TableSpec {
    let mut spec = table.spec.clone();
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    spec.options = [("connector", "filesystem"), ("format", format)]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    spec.options.insert("path".to_owned(), absolute.display().to_string());
    if format == "csv" {
        spec.options.insert("headwater.csv.header".to_owned(), "true".to_owned());
        // As exports write it.
        spec.options.insert("csv.null-literal".to_owned(), String::new());
    }
    // `$rowtime` is the engine's to give; the files hold the other columns.
    let is_system = |name: &str| name.starts_with('$');
    let keep: Vec<bool> = spec.schema.fields.iter().map(|field| !is_system(&field.name)).collect();
    let mut kept = keep.iter();
    spec.schema.fields.retain(|_| kept.next() == Some(&true));
    spec.metadata = vec![None; spec.schema.len()];
    spec
}
