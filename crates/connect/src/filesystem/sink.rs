//! A folder of part files as a sink. What is written stays hidden until its epoch commits:
//!
//! - `.part-<run>-<n>.inprogress`: being written; worth nothing after a failure.
//! - `.part-<run>-<epoch>-<n>.<format>`: complete and synced by `prepare`.
//! - `part-<run>-<epoch>-<n>.<format>`: the same file, renamed by `commit`.
//!
//! The run is in the name because epochs start anew with every run: what another one left, shown or hidden, is not touched.

use super::path::{escape, resolve};
use crate::format::{FileWriter, FormatDef, WriteSpec, append_partition_text, format, io_error};
use crate::spec::{OpenContext, TableSpec, with_options};
use arrow_array::UInt32Array;
use data::port::Sink;
use data::{ChangeBatch, DataType, Diagnostic, Value};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

struct Part {
    writer: Box<dyn FileWriter>,
    /// Its hidden name while it is written.
    path: PathBuf,
}

struct FileSink {
    write: WriteSpec,
    format: &'static FormatDef,
    root: PathBuf,
    run: String,
    /// Columns of the batch that are written, and those that name the folder.
    written: Vec<usize>,
    partitions: Vec<(usize, String, DataType)>,
    null_partition: String,
    largest: u64,
    /// By folder below the root.
    open: BTreeMap<String, Part>,
    /// Closed ones of this epoch.
    closed: Vec<PathBuf>,
    created: u64,
}

pub(super) fn open(spec: &TableSpec, context: &OpenContext) -> Result<Box<dyn Sink>, Diagnostic> {
    let root = resolve(&context.base, spec.option("path").unwrap_or_default());
    fs::create_dir_all(&root).map_err(|error| io_error("create folder", &root.to_string_lossy(), &error))?;
    let position = |name: &String| spec.schema.index_of(name);
    let partitions: Vec<(usize, String, DataType)> = spec
        .partition_keys
        .iter()
        .filter_map(|name| position(name).map(|at| (at, name.clone(), spec.schema.fields[at].data_type.clone())))
        .collect();
    let written: Vec<usize> =
        (0..spec.schema.len()).filter(|column| partitions.iter().all(|(at, ..)| at != column)).collect();
    let columns = written.iter().map(|column| spec.schema.fields[*column].clone()).collect();
    let (null_partition, largest) = with_options(spec, |options| {
        let null = options.text("partition.default-name").unwrap_or_default().to_owned();
        (null, options.size_bytes("sink.rolling-policy.file-size").unwrap_or(u64::MAX))
    });
    Ok(Box::new(FileSink {
        write: WriteSpec { spec: Arc::new(spec.clone()), columns },
        format: spec.option("format").and_then(format).expect("the format was validated"),
        root,
        run: String::new(),
        written,
        partitions,
        null_partition,
        largest,
        open: BTreeMap::new(),
        closed: Vec::new(),
        created: 0,
    }))
}

impl Sink for FileSink {
    fn write(&mut self, batch: &ChangeBatch) -> Result<(), Diagnostic> {
        if !batch.is_insert_only() {
            return Err(Diagnostic::run(
                "HW3111",
                format!("files of table '{}' cannot be updated", self.write.spec.name),
            )
            .detail("the rows that reach it hold updates or deletes, and files only ever gain rows")
            .hint("write to a table with a key on another connector, or aggregate in windows"));
        }
        if batch.is_empty() {
            return Ok(());
        }
        if self.partitions.is_empty() {
            return self.write_folder(String::new(), &batch.project(&self.written));
        }
        let mut folders: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        for row in 0..batch.rows() {
            folders.entry(self.folder(batch, row)).or_default().push(row as u32);
        }
        for (folder, rows) in folders {
            self.write_folder(folder, &batch.project(&self.written).take(&UInt32Array::from(rows)))?;
        }
        Ok(())
    }

    fn prepare(&mut self, epoch: u64) -> Result<(), Diagnostic> {
        for folder in self.open.keys().cloned().collect::<Vec<_>>() {
            self.close(&folder)?;
        }
        for (number, path) in std::mem::take(&mut self.closed).into_iter().enumerate() {
            let name = format!(".part-{}-{epoch}-{number}.{}", self.run, self.format.identifier);
            rename(&path, &path.with_file_name(name))?;
        }
        Ok(())
    }

    fn commit(&mut self, epoch: u64) -> Result<(), Diagnostic> {
        for (path, name) in self.hidden_and_visible()? {
            if name.hidden && name.epoch == Some(epoch) {
                show(&path)?;
            }
        }
        Ok(())
    }

    fn begin(&mut self, run: &str, epoch: Option<u64>) -> Result<(), Diagnostic> {
        run.clone_into(&mut self.run);
        let Some(epoch) = epoch else { return Ok(()) };
        for (path, name) in self.hidden_and_visible()? {
            match name.epoch {
                Some(of) if of <= epoch && name.hidden => show(&path)?,
                Some(of) if of <= epoch => {}
                _ => fs::remove_file(&path).map_err(|error| io_error("remove", &path.to_string_lossy(), &error))?,
            }
        }
        Ok(())
    }
}

impl FileSink {
    fn folder(&self, batch: &ChangeBatch, row: usize) -> String {
        let mut folder = String::new();
        for (column, name, data_type) in &self.partitions {
            let value = Value::at(batch.column(*column).as_ref(), data_type, row);
            let mut text = String::new();
            append_partition_text(&mut text, data_type, &value);
            let text = if value.is_null() || text.is_empty() { self.null_partition.clone() } else { escape(&text) };
            folder.push_str(&format!("{name}={text}/"));
        }
        folder
    }

    fn write_folder(&mut self, folder: String, batch: &ChangeBatch) -> Result<(), Diagnostic> {
        if !self.open.contains_key(&folder) {
            let directory = self.root.join(&folder);
            let path = directory.join(format!(".part-{}-{}.inprogress", self.run, self.created));
            self.created += 1;
            let shown = path.to_string_lossy().into_owned();
            fs::create_dir_all(&directory).map_err(|error| io_error("create folder", &shown, &error))?;
            let file = File::create(&path).map_err(|error| io_error("create", &shown, &error))?;
            let writer = (self.format.create)(&self.write, file)?;
            self.open.insert(folder.clone(), Part { writer, path });
        }
        let part = self.open.get_mut(&folder).expect("opened above");
        part.writer.write(batch)?;
        if fs::metadata(&part.path).is_ok_and(|metadata| metadata.len() >= self.largest) {
            self.close(&folder)?;
        }
        Ok(())
    }

    fn close(&mut self, folder: &str) -> Result<(), Diagnostic> {
        if let Some(part) = self.open.remove(folder) {
            let file = part.writer.finish()?;
            file.sync_all().map_err(|error| io_error("sync", &part.path.to_string_lossy(), &error))?;
            self.closed.push(part.path);
        }
        Ok(())
    }

    /// The run's own files below the root.
    fn hidden_and_visible(&self) -> Result<Vec<(PathBuf, PartName)>, Diagnostic> {
        let mut found = Vec::new();
        let mut folders = vec![self.root.clone()];
        while let Some(folder) = folders.pop() {
            let failed = |error: std::io::Error| io_error("read folder", &folder.to_string_lossy(), &error);
            for entry in fs::read_dir(&folder).map_err(failed)? {
                let entry = entry.map_err(failed)?;
                let path = entry.path();
                if path.is_dir() {
                    if entry.file_name().to_string_lossy().contains('=') {
                        folders.push(path);
                    }
                } else if let Some(name) =
                    PartName::of(&entry.file_name().to_string_lossy(), &self.run, self.format.identifier)
                {
                    found.push((path, name));
                }
            }
        }
        Ok(found)
    }
}

/// What a file's name says of it.
struct PartName {
    hidden: bool,
    /// Absent for files in progress.
    epoch: Option<u64>,
}

impl PartName {
    /// `None` for a file that is not of this run.
    fn of(file: &str, run: &str, format: &str) -> Option<Self> {
        let visible = file.trim_start_matches('.');
        let hidden = visible.len() != file.len();
        let stem = visible.strip_prefix("part-")?.strip_prefix(run)?.strip_prefix('-')?;
        if let Some(number) = stem.strip_suffix(".inprogress") {
            return (hidden && number.parse::<u64>().is_ok()).then_some(Self { hidden, epoch: None });
        }
        let (epoch, number) = stem.strip_suffix(format)?.strip_suffix('.')?.split_once('-')?;
        number.parse::<u64>().ok()?;
        Some(Self { hidden, epoch: Some(epoch.parse().ok()?) })
    }
}

fn rename(from: &Path, to: &Path) -> Result<(), Diagnostic> {
    let failed = |error: std::io::Error| io_error("rename", &from.to_string_lossy(), &error);
    fs::rename(from, to).map_err(failed)?;
    // The new name is durable once the folder is.
    let folder = to.parent().unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
}

fn show(hidden: &Path) -> Result<(), Diagnostic> {
    let name = hidden.file_name().unwrap_or_default().to_string_lossy();
    rename(hidden, &hidden.with_file_name(name.trim_start_matches('.')))
}
