//! The inbox: files of rows appended to managed tables from outside. A file is durable once it is here; the runner reads
//! it like any other source, so that its position is part of the checkpoint.
//!
//! `inbox/<table>/<format>/<number>.<format>`, and `inbox/<table>/log/` for rows that came over HTTP

use crate::clock::wall_millis;
use crate::pipelines::{PipelineTable, Pipelines};
use connect::{OpenContext, TableSpec};
use data::Diagnostic;
use data::port::{Polled, Rejected, Source};
use serve::Door;
use serve::append::{LogSource, log_folder};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Formats by the ending of a file, and as connectors name them.
const FORMATS: [(&str, &str); 4] = [("csv", "csv"), ("jsonl", "json"), ("json", "json"), ("parquet", "parquet")];

/// A file that was decoded as a whole, and what it holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    file: PathBuf,
    format: &'static str,
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
        let spec = source_spec(table, file, format, false);
        let context = OpenContext { bounded: true, dead_letter: true, exact_columns: true, ..context.clone() };
        let mut source = connect::open_source(&spec, &context)?;
        let mut checked = Checked { file: file.to_path_buf(), format, rows: 0, rejected: Vec::new() };
        loop {
            match source.poll(super::EPOCH_ROWS, 0)? {
                Polled::Rows { batch, rejected, .. } => {
                    checked.rows += batch.rows() as u64;
                    checked.rejected.extend(rejected);
                }
                Polled::Idle => {}
                Polled::End => return Ok(checked),
            }
        }
    }

    /// Puts a file into the inbox. After this it will be read, whatever happens.
    pub fn append(&self, table: &PipelineTable, checked: &Checked) -> Result<(), Diagnostic> {
        if checked.rows == 0 {
            return Ok(());
        }
        self.store(&table.short_name, checked.format, &checked.file)
    }

    fn store(&self, table: &str, format: &str, file: &Path) -> Result<(), Diagnostic> {
        let folder = self.folder.join(table).join(format);
        let failed = |error: std::io::Error| {
            Diagnostic::run("HW3930", "cannot append to the table")
                .detail(format!("{}: {error}", folder.display()))
                .hint("check that this user may write the data folder, and that the disk is not full")
        };
        std::fs::create_dir_all(&folder).map_err(failed)?;
        let first = wall_millis();
        let hidden = hidden_file(&folder, first).map_err(failed)?;
        let stored = std::fs::copy(file, &hidden)
            .and_then(|_| std::fs::File::open(&hidden)?.sync_all())
            .and_then(|()| publish(&hidden, &folder, first, format));
        // Readers pass it over; whether the file was stored does not depend on it.
        let _ = std::fs::remove_file(&hidden);
        stored
            .and_then(|()| {
                [folder.as_path(), &self.folder.join(table), &self.folder].into_iter().try_for_each(sync_folder)
            })
            .map_err(failed)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Sources for everything in the inbox that is not among `known` (names as given back here). What was appended over
    /// HTTP is followed where a door takes more of it.
    pub(crate) fn sources(
        &self,
        pipelines: &Pipelines,
        known: &dyn Fn(&str) -> bool,
        context: &OpenContext,
        door: Option<&Door>,
    ) -> Result<Vec<InboxSource>, Diagnostic> {
        let mut found = Vec::new();
        for (name, table) in pipelines.tables.iter().filter(|(_, table)| table.is_managed()) {
            let folder = log_folder(&self.folder, &table.short_name);
            let id = format!("inbox/{}/log", table.short_name);
            if !folder.is_dir() || known(&id) {
                continue;
            }
            let mut schema = table.spec.schema.clone();
            schema.fields.retain(|field| !field.name.starts_with('$'));
            let zone = pipelines.time_zone.into();
            let log = door.map(|door| door.appends().log(&table.short_name)).transpose()?.flatten();
            let source = match log {
                Some(log) => LogSource::follow(&log, schema, zone),
                None => LogSource::stored(&folder, schema, zone, context.bounded),
            };
            found.push(InboxSource { id, table: name.clone(), source: Box::new(source) });
        }
        for (name, table) in pipelines.tables.iter().filter(|(_, table)| table.is_managed()) {
            for format in ["csv", "json", "parquet"] {
                let folder = self.folder.join(&table.short_name).join(format);
                let id = format!("inbox/{}/{format}", table.short_name);
                if !folder.is_dir() || known(&id) {
                    continue;
                }
                let spec = source_spec(table, &folder, format, !context.bounded);
                let context = OpenContext { dead_letter: true, ..context.clone() };
                found.push(InboxSource { id, table: name.clone(), source: connect::open_source(&spec, &context)? });
            }
        }
        Ok(found)
    }
}

pub(crate) struct InboxSource {
    pub(crate) id: String,
    pub(crate) table: String,
    pub(crate) source: Box<dyn Source>,
}

/// A new file that no reader sees and nobody else has.
fn hidden_file(folder: &Path, number: i64) -> std::io::Result<PathBuf> {
    let mut attempt = 0;
    loop {
        let path = folder.join(format!(".{number:016}.{}.{attempt}.tmp", std::process::id()));
        match std::fs::File::create_new(&path) {
            Ok(_) => return Ok(path),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => attempt += 1,
            Err(error) => return Err(error),
        }
    }
}

/// Gives a whole file the first free name from `number` on. Names sort by arrival: files are read in the order of their
/// names. Others publish at the same time, so a name is taken by a link, which never replaces a file as a rename does.
fn publish(hidden: &Path, folder: &Path, mut number: i64, format: &str) -> std::io::Result<()> {
    loop {
        match std::fs::hard_link(hidden, folder.join(format!("{number:016}.{format}"))) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
            linked => return linked,
        }
    }
}

/// A new name must reach the disk as well.
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
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
fn source_spec(table: &PipelineTable, path: &Path, format: &str, monitored: bool) -> TableSpec {
    let mut spec = table.spec.clone();
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    spec.options = [("connector", "filesystem"), ("format", format)]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    spec.options.insert("path".to_owned(), absolute.display().to_string());
    if format == "csv" {
        spec.options.insert("headwater.csv.header".to_owned(), "true".to_owned());
    }
    if monitored {
        spec.options.insert("source.monitor-interval".to_owned(), "100 ms".to_owned());
    }
    // `$rowtime` is the engine's to give; the files hold the other columns.
    let is_system = |name: &str| name.starts_with('$');
    let keep: Vec<bool> = spec.schema.fields.iter().map(|field| !is_system(&field.name)).collect();
    let mut kept = keep.iter();
    spec.schema.fields.retain(|_| kept.next() == Some(&true));
    spec.metadata = vec![None; spec.schema.len()];
    spec
}

#[cfg(test)]
mod tests {
    use super::Inbox;
    use std::collections::BTreeSet;

    #[test]
    fn files_that_are_stored_at_once_are_all_kept() {
        const THREADS: usize = 8;
        const FILES: usize = 25;
        let dir = tempfile::tempdir().expect("a temporary folder");
        let inbox = Inbox::new(dir.path());
        std::thread::scope(|scope| {
            for thread in 0..THREADS {
                let (inbox, dir) = (&inbox, dir.path());
                scope.spawn(move || {
                    for number in 0..FILES {
                        let file = dir.join(format!("{thread}-{number}.csv"));
                        std::fs::write(&file, format!("id\n{thread}-{number}\n")).expect("written");
                        inbox.store("orders", "csv", &file).expect("stored");
                    }
                });
            }
        });
        let stored = std::fs::read_dir(inbox.folder().join("orders/csv")).expect("the inbox");
        let paths: Vec<_> = stored.map(|entry| entry.expect("a file").path()).collect();
        assert!(paths.iter().all(|path| path.extension().is_some_and(|kind| kind == "csv")), "{paths:?}");
        let texts: BTreeSet<String> =
            paths.iter().map(|path| std::fs::read_to_string(path).expect("a readable file")).collect();
        assert_eq!((paths.len(), texts.len()), (THREADS * FILES, THREADS * FILES));
    }
}
