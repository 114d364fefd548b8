//! Rows appended from outside, over HTTP or by `load`: durable in a log of their table before they are answered, read by
//! the runner like any source, in the order in which they came. Several processes may append at the same time.
//!
//! ```text
//! inbox/<table>/log/rows.jsonl       the rows, one JSON object a line
//! inbox/<table>/log/commits.jsonl    one line per request: its key, the hash of its rows, how many, where they end
//! ```
//!
//! - *committed*: rows before the end that the last line of `commits.jsonl` names. What follows it was never answered and is
//!   cut off when the log is opened.
//! - *idempotency key*: names a request; sent again it is answered as the first time and appends nothing.

mod commits;
mod log;
mod source;

pub use log::{AppendError, AppendLog, Appended, append_files};
pub use source::LogSource;

use crate::rows::append_row;
use data::{ChangeBatch, Diagnostic, Field};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Appends the rows of a batch as lines of a log.
pub fn append_lines(out: &mut Vec<u8>, fields: &[Field], batch: &ChangeBatch) {
    let columns: Vec<(usize, &Field)> = fields.iter().enumerate().collect();
    for row in 0..batch.rows() {
        append_row(out, &columns, batch, row);
        out.push(b'\n');
    }
}

/// The logs of a run.
#[derive(Default)]
pub struct Appends {
    inner: Mutex<Inner>,
    /// A log was made that the runner does not read yet.
    has_new: AtomicBool,
}

#[derive(Default)]
struct Inner {
    /// Absent before the run holds its data folder, and after its end.
    inbox: Option<PathBuf>,
    logs: HashMap<String, Arc<AppendLog>>,
}

/// Where the log of a table is.
pub fn log_folder(inbox: &Path, table: &str) -> PathBuf {
    inbox.join(table).join("log")
}

impl Appends {
    pub(crate) fn open(&self, inbox: &Path) {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).inbox = Some(inbox.to_path_buf());
    }

    /// Nothing is accepted any more.
    pub(crate) fn close(&self) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.inbox = None;
        inner.logs.clear();
    }

    /// The log of a table, made when it is not there; `None` while nothing can be appended.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn log(&self, table: &str) -> Result<Option<Arc<AppendLog>>, Diagnostic> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(log) = inner.logs.get(table) {
            return Ok(Some(Arc::clone(log)));
        }
        let Some(inbox) = &inner.inbox else { return Ok(None) };
        let log = Arc::new(AppendLog::open(&log_folder(inbox, table))?);
        inner.logs.insert(table.to_owned(), Arc::clone(&log));
        self.has_new.store(true, Ordering::Release);
        Ok(Some(log))
    }

    /// Whether a log was made since the last call.
    pub fn has_new(&self) -> bool {
        self.has_new.load(Ordering::Relaxed) && self.has_new.swap(false, Ordering::AcqRel)
    }
}
