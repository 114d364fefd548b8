//! The log of a table as a source of the runner: its position is the offset up to which rows were read. A row's `$rowtime` is
//! when it was appended, however often it is read.

use super::commits::{Commits, commits_file, locked};
use super::log::{no_rows, rows_file};
use crate::rows::pick_row;
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
    /// Where committed rows ended when this was last seen; absent before: who opens the log does not wait for who writes it.
    seen_end: Option<u64>,
    /// Of commits that are not read to their end: where that is, and when they were made.
    times: VecDeque<(u64, i64)>,
    file: Option<File>,
}

impl LogSource {
    /// Reads the log in a folder, whoever writes it. It ends if `is_bounded`. Of the fields of the rows those are read that
    /// the schema has.
    pub fn new(folder: &Path, schema: Schema, zone: Zone, is_bounded: bool, keeps_rejected: bool) -> Self {
        Self {
            folder: folder.to_path_buf(),
            schema,
            zone,
            is_bounded,
            keeps_rejected,
            offset: 0,
            commits: None,
            seen_end: None,
            times: VecDeque::new(),
            file: None,
        }
    }

    /// Where committed rows end now.
    fn look(&mut self) -> Result<u64, Diagnostic> {
        let end = self.committed_end().map_err(|error| self.unreadable(&error))?;
        self.seen_end = Some(end);
        Ok(end)
    }

    fn committed_end(&mut self) -> std::io::Result<u64> {
        let commits = match &mut self.commits {
            Some(commits) => commits,
            none => match File::open(commits_file(&self.folder)) {
                Ok(file) => none.insert(Commits::over(file)),
                Err(error) if error.kind() == ErrorKind::NotFound => return no_rows(&self.folder).map(|()| 0),
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
        let row: Map<String, Json> = serde_json::from_slice(line).map_err(|error| error.to_string())?;
        // It may hold a column that the table had when the row was appended.
        pick_row(&self.schema.fields, &row, self.zone)
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
        let end = match self.seen_end {
            Some(end) if self.is_bounded || self.offset < end => end,
            _ => self.look()?,
        };
        if self.offset >= end {
            return Ok(if self.is_bounded { Polled::End } else { Polled::Idle });
        }
        let bytes = self.block(end).map_err(|error| self.unreadable(&error))?;
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
        let end = self.look()?;
        let offset = position["offset"].as_u64();
        let Some(offset) = offset.filter(|offset| *offset <= end) else {
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
        Some(self.seen_end?.saturating_sub(self.offset))
    }
}

#[cfg(test)]
mod tests {
    use super::LogSource;
    use crate::append::{append_files, log_folder};
    use data::port::{Polled, Source};
    use data::time::Zone;
    use data::{DataType, Field, Schema};
    use std::io::Write;
    use std::path::Path;

    fn source(folder: &Path) -> LogSource {
        let schema = Schema::new(vec![Field::new("a", DataType::int())]);
        LogSource::new(folder, schema, Zone::UTC, true, false)
    }

    fn append(folder: &Path, line: &str) {
        let mut file = tempfile::tempfile().expect("a file");
        writeln!(file, "{line}").expect("written");
        append_files(folder, [&mut file], 1).expect("appended");
    }

    #[test]
    fn a_log_is_read_on_or_refused_when_it_is_another_one() {
        let dir = tempfile::tempdir().expect("a folder");
        let folder = log_folder(dir.path(), "t");
        append(&folder, "{\"a\":1,\"gone\":2}");
        let mut first = source(&folder);
        assert!(matches!(first.poll(10, 0), Ok(Polled::Rows { batch, .. }) if batch.rows() == 1));
        assert!(matches!(first.poll(10, 0), Ok(Polled::End)));
        let position = first.position();
        append(&folder, "{\"a\":3}");
        let mut next = source(&folder);
        next.seek(&position).expect("the same log");
        assert!(matches!(next.poll(10, 0), Ok(Polled::Rows { batch, .. }) if batch.rows() == 1));
        std::fs::remove_dir_all(&folder).expect("gone");
        append(&folder, "{\"a\":4,\"more\":\"than before\"}");
        assert_eq!(source(&folder).seek(&position).expect_err("another log").code, "HW3942");
        std::fs::remove_file(folder.join("commits.jsonl")).expect("gone");
        assert_eq!(source(&folder).poll(10, 0).expect_err("rows of which none is known to count").code, "HW3942");
    }
}
