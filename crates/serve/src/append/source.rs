//! The log of a table as a source of the runner: its position is the offset up to which rows were read. A row's `$rowtime` is
//! when it was appended, however often it is read.

use super::commits::{Commits, commits_file, locked};
use super::log::rows_file;
use crate::rows::parse_row;
use arrow_array::{ArrayRef, Int64Array};
use data::port::{Polled, Position, Rejected, Source};
use data::time::Zone;
use data::{ChangeBatch, Diagnostic, Schema, Value};
use serde_json::{Map, Value as Json};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes read at a time; a longer row makes it read more.
const BLOCK_BYTES: u64 = 1 << 20;

pub struct LogSource {
    folder: PathBuf,
    /// Without system columns: those are the engine's to give.
    schema: Schema,
    zone: Zone,
    /// Reads what is there now, and ends.
    is_bounded: bool,
    /// Rows that do not fit the table any more are handed over as such; else they are an error.
    keeps_rejected: bool,
    offset: u64,
    /// Absent before the first row.
    commits: Option<Commits>,
    /// Where committed rows ended when this was last seen.
    end: u64,
    /// Of commits that are not read to their end: where that is, and when they were made.
    times: VecDeque<(u64, i64)>,
    file: Option<File>,
}

impl LogSource {
    /// Reads the log in a folder, whoever writes it. It ends if `is_bounded`. Of the fields of the rows those are read that
    /// the schema has.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn open(
        folder: &Path,
        schema: Schema,
        zone: Zone,
        is_bounded: bool,
        keeps_rejected: bool,
    ) -> Result<Self, Diagnostic> {
        let mut source = Self {
            folder: folder.to_path_buf(),
            schema,
            zone,
            is_bounded,
            keeps_rejected,
            offset: 0,
            commits: None,
            end: 0,
            times: VecDeque::new(),
            file: None,
        };
        source.look()?;
        Ok(source)
    }

    /// Sees what was committed since the last time.
    fn look(&mut self) -> Result<(), Diagnostic> {
        self.committed_end().map(|end| self.end = end).map_err(|error| self.unreadable(&error))
    }

    fn committed_end(&mut self) -> std::io::Result<u64> {
        let commits = match &mut self.commits {
            Some(commits) => commits,
            none => match File::open(commits_file(&self.folder)) {
                Ok(file) => none.insert(Commits::over(file)),
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
                Err(error) => return Err(error),
            },
        };
        if commits.has_more()? {
            let lock = commits.file.try_clone()?;
            let new = locked(&lock, false, || commits.read_on())?;
            self.times.extend(new.into_iter().map(|commit| (commit.end, commit.at_millis)));
        }
        Ok(commits.rows_end)
    }

    /// When the row at the offset was appended.
    fn appended_millis(&mut self) -> i64 {
        while self.times.front().is_some_and(|(end, _)| *end <= self.offset) {
            self.times.pop_front();
        }
        self.times.front().map_or(0, |(_, millis)| *millis)
    }

    fn row(&self, line: &[u8]) -> Result<Vec<Value>, String> {
        let mut row: Map<String, Json> = serde_json::from_slice(line).map_err(|error| error.to_string())?;
        // A column that the table had when the row was appended.
        row.retain(|name, _| self.schema.index_of(name).is_some());
        parse_row(&self.schema.fields, &row, self.zone)
    }

    fn unfit(&self, reason: &str) -> Diagnostic {
        let file = rows_file(&self.folder).display().to_string();
        Diagnostic::run("HW3943", "a row that was appended does not fit its table any more")
            .detail(format!("byte {} of {file}: {reason}", self.offset))
            .hint(
                "declare the column as it was when rows were appended, or give the table 'headwater.dead-letter' = '<table>', \
                 where such rows are kept",
            )
            .in_file(file)
    }

    fn unreadable(&self, error: &std::io::Error) -> Diagnostic {
        Diagnostic::run("HW3942", "appended rows cannot be read")
            .detail(format!("{}: {error}", self.folder.display()))
            .hint("put the file back as it was, or start with an empty data folder")
    }

    /// Whole lines from the offset on, not past `end`.
    fn block(&mut self, end: u64) -> std::io::Result<Vec<u8>> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(File::open(rows_file(&self.folder))?),
        };
        let mut wanted = BLOCK_BYTES;
        loop {
            let length = wanted.min(end - self.offset);
            file.seek(SeekFrom::Start(self.offset))?;
            let mut bytes = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
            file.read_exact(&mut bytes)?;
            if let Some(last) = bytes.iter().rposition(|byte| *byte == b'\n') {
                bytes.truncate(last + 1);
                return Ok(bytes);
            }
            if length < wanted {
                return Err(std::io::Error::other("committed rows do not end with a line"));
            }
            wanted *= 2;
        }
    }
}

impl Source for LogSource {
    fn poll(&mut self, max_rows: usize, _now_millis: i64) -> Result<Polled, Diagnostic> {
        if self.offset >= self.end {
            if self.is_bounded {
                return Ok(Polled::End);
            }
            self.look()?;
            if self.offset >= self.end {
                return Ok(Polled::Idle);
            }
        }
        let bytes = self.block(self.end).map_err(|error| self.unreadable(&error))?;
        let mut columns: Vec<Vec<Value>> = vec![Vec::new(); self.schema.len()];
        let (mut rejected, mut times) = (Vec::new(), Vec::new());
        for line in bytes.split_inclusive(|byte| *byte == b'\n').take(max_rows.max(1)) {
            // Rows were read before they were written; only another declaration of the table makes them unreadable.
            match self.row(line) {
                Ok(values) => {
                    columns.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
                    times.push(self.appended_millis());
                }
                Err(reason) if !self.keeps_rejected => return Err(self.unfit(&reason)),
                Err(reason) => rejected.push(Rejected {
                    raw: String::from_utf8_lossy(line).trim_end().to_owned(),
                    reason,
                    origin: rows_file(&self.folder).display().to_string(),
                    line: self.offset,
                }),
            }
            self.offset += line.len() as u64;
        }
        let rows = times.len();
        let columns = self.schema.types().zip(&columns).map(|(data_type, values)| Value::column(data_type, values));
        let rowtime: ArrayRef = Arc::new(Int64Array::from(times));
        let columns = columns.chain([rowtime]).collect();
        Ok(Polled::Rows { split: 0, batch: ChangeBatch::inserts(columns, rows), rejected })
    }

    fn position(&self) -> Position {
        let id = self.commits.as_ref().and_then(|commits| commits.id.as_deref());
        serde_json::json!({ "offset": self.offset, "log": id })
    }

    fn seek(&mut self, position: &Position) -> Result<(), Diagnostic> {
        let offset = position["offset"].as_u64();
        let Some(offset) = offset.filter(|offset| *offset <= self.end) else {
            return Err(Diagnostic::run("HW3942", "appended rows cannot be read from where the checkpoint was")
                .detail(format!("{} is shorter than what was read of it", rows_file(&self.folder).display()))
                .hint("put the file back as it was, or start with an empty data folder"));
        };
        let id = self.commits.as_ref().and_then(|commits| commits.id.as_deref());
        if position["log"].as_str().is_some_and(|known| Some(known) != id) {
            return Err(Diagnostic::run("HW3942", "appended rows cannot be read from where the checkpoint was")
                .detail(format!("{} is another log than the one that was read", self.folder.display()))
                .hint("put the folder back as it was, or start with an empty data folder"));
        }
        self.offset = offset;
        Ok(())
    }

    fn lag(&self) -> Option<u64> {
        Some(self.end.saturating_sub(self.offset))
    }
}
