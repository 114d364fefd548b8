//! The log of a table as a source of the runner: its position is the offset up to which rows were read.

use super::log::{AppendLog, committed_end, rows_file};
use crate::rows::parse_row;
use data::port::{Polled, Position, Rejected, Source};
use data::time::Zone;
use data::{ChangeBatch, Diagnostic, Schema, Value};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes read at a time; a longer row makes it read more.
const BLOCK_BYTES: u64 = 1 << 20;

pub struct LogSource {
    folder: PathBuf,
    /// Without system columns: those are the engine's to give.
    schema: Schema,
    zone: Zone,
    committed: Arc<AtomicU64>,
    /// Nothing will be added.
    is_bounded: bool,
    offset: u64,
    file: Option<File>,
}

impl LogSource {
    /// Follows a log that this process writes.
    pub fn follow(log: &AppendLog, schema: Schema, zone: Zone) -> Self {
        Self { committed: log.committed(), ..Self::stored(log.folder(), schema, zone, false) }
    }

    /// Reads what is in a folder now, and ends if `is_bounded`.
    pub fn stored(folder: &Path, schema: Schema, zone: Zone, is_bounded: bool) -> Self {
        let committed = Arc::new(AtomicU64::new(committed_end(folder)));
        Self { folder: folder.to_path_buf(), schema, zone, committed, is_bounded, offset: 0, file: None }
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
        let end = self.committed.load(Ordering::Acquire);
        if self.offset >= end {
            return Ok(if self.is_bounded { Polled::End } else { Polled::Idle });
        }
        let bytes = self.block(end).map_err(|error| {
            Diagnostic::run("HW3942", "appended rows cannot be read")
                .detail(format!("{}: {error}", self.folder.display()))
                .hint("put the file back as it was, or start with an empty data folder")
        })?;
        let mut columns: Vec<Vec<Value>> = vec![Vec::new(); self.schema.len()];
        let (mut rejected, mut rows) = (Vec::new(), 0);
        for line in bytes.split_inclusive(|byte| *byte == b'\n').take(max_rows.max(1)) {
            let parsed = serde_json::from_slice(line).map_err(|error| error.to_string());
            // Rows were read before they were written; only another declaration of the table makes them unreadable.
            match parsed.and_then(|row| parse_row(&self.schema.fields, &row, self.zone)) {
                Ok(values) => {
                    columns.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
                    rows += 1;
                }
                Err(reason) => rejected.push(Rejected {
                    raw: String::from_utf8_lossy(line).trim_end().to_owned(),
                    reason,
                    origin: rows_file(&self.folder).display().to_string(),
                    line: self.offset,
                }),
            }
            self.offset += line.len() as u64;
        }
        let columns = self.schema.types().zip(&columns).map(|(data_type, values)| Value::column(data_type, values));
        Ok(Polled::Rows { split: 0, batch: ChangeBatch::inserts(columns.collect(), rows), rejected })
    }

    fn position(&self) -> Position {
        serde_json::json!({ "offset": self.offset })
    }

    fn seek(&mut self, position: &Position) -> Result<(), Diagnostic> {
        let offset = position["offset"].as_u64();
        let Some(offset) = offset.filter(|offset| *offset <= self.committed.load(Ordering::Acquire)) else {
            return Err(Diagnostic::run("HW3942", "appended rows cannot be read from where the checkpoint was")
                .detail(format!("{} is shorter than what was read of it", rows_file(&self.folder).display()))
                .hint("put the file back as it was, or start with an empty data folder"));
        };
        self.offset = offset;
        Ok(())
    }

    fn lag(&self) -> Option<u64> {
        Some(self.committed.load(Ordering::Acquire).saturating_sub(self.offset))
    }
}
