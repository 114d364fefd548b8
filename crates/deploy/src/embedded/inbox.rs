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
use std::path::{Path, PathBuf};

/// Formats by the ending of a file, and as connectors name them.
const FORMATS: [(&str, &str); 4] = [("csv", "csv"), ("jsonl", "json"), ("json", "json"), ("parquet", "parquet")];

/// What a file held.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Loaded {
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

    /// Checks a file by decoding all of it, then puts it into the inbox. After this it will be read, whatever happens.
    pub fn load(&self, table: &PipelineTable, file: &Path, context: &OpenContext) -> Result<Loaded, Diagnostic> {
        if !table.is_managed() {
            return Err(Diagnostic::run("HW3931", format!("table `{}` is not managed", table.short_name))
                .detail("its rows are kept by its connector")
                .hint("append to the connector's own storage"));
        }
        let format = format_of(file)?;
        let spec = source_spec(table, file, format, false);
        let mut source =
            connect::open_source(&spec, &OpenContext { bounded: true, dead_letter: true, ..context.clone() })?;
        let mut loaded = Loaded::default();
        loop {
            match source.poll(super::EPOCH_ROWS, 0)? {
                Polled::Rows { batch, rejected, .. } => {
                    loaded.rows += batch.rows() as u64;
                    loaded.rejected.extend(rejected);
                }
                Polled::Idle => {}
                Polled::End => break,
            }
        }
        if loaded.rows > 0 {
            self.store(&table.short_name, format, file)?;
        }
        Ok(loaded)
    }

    fn store(&self, table: &str, format: &str, file: &Path) -> Result<(), Diagnostic> {
        let folder = self.folder.join(table).join(format);
        let failed = |error: std::io::Error| {
            Diagnostic::run("HW3930", "cannot append to the table")
                .detail(format!("{}: {error}", folder.display()))
                .hint("check that this user may write the data folder, and that the disk is not full")
        };
        std::fs::create_dir_all(&folder).map_err(failed)?;
        // Names sort by arrival: files are read in the order of their names.
        let mut number = wall_millis();
        let mut path = folder.join(format!("{number:016}.{format}"));
        while path.exists() {
            number += 1;
            path = folder.join(format!("{number:016}.{format}"));
        }
        let hidden = folder.join(format!(".{number:016}.{}.tmp", std::process::id()));
        std::fs::copy(file, &hidden)
            .and_then(|_| std::fs::File::open(&hidden)?.sync_all())
            .and_then(|()| std::fs::rename(&hidden, &path))
            .and_then(|()| std::fs::File::open(&folder)?.sync_all())
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

fn format_of(file: &Path) -> Result<&'static str, Diagnostic> {
    let ending = file.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
    FORMATS.iter().find(|(known, _)| *known == ending).map(|(_, format)| *format).ok_or_else(|| {
        Diagnostic::run("HW3932", format!("cannot tell the format of {}", file.display()))
            .hint("name the file .csv (with a header), .jsonl or .parquet")
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
