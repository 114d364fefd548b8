//! The log of a table: one thread writes it, several requests at a time (group commit), and answers them when their rows
//! are on the disk.

use crate::clock;
use data::Diagnostic;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::oneshot;

/// Bytes that one commit takes at most, so that none waits long.
const COMMIT_BYTES: usize = 32 << 20;
/// How long an idempotency key is known at least.
const KEY_MILLIS: i64 = 24 * 60 * 60 * 1000;
/// Old keys are forgotten after so many new ones.
const KEYS_CHECKED: usize = 10_000;

/// What became of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    pub rows: u64,
    /// The same request was here before.
    pub is_replayed: bool,
}

#[derive(Clone, Debug)]
pub enum AppendError {
    /// The key came before with other rows.
    OtherBody,
    /// What the disk refuses.
    Failed(Box<Diagnostic>),
}

/// A line of `commits.jsonl`.
#[derive(Clone, Serialize, Deserialize)]
struct Commit {
    key: Option<String>,
    hash: String,
    rows: u64,
    /// Where the rows end, bytes from the beginning.
    end: u64,
    at_millis: i64,
}

struct Request {
    key: Option<String>,
    hash: String,
    lines: Vec<u8>,
    rows: u64,
    answer: oneshot::Sender<Result<Appended, AppendError>>,
}

pub struct AppendLog {
    sender: Sender<Request>,
    folder: PathBuf,
    committed: Arc<AtomicU64>,
}

impl AppendLog {
    /// Opens the log in a folder, which is made when it is not there, and cuts off what was never answered.
    pub(crate) fn open(folder: &Path) -> Result<Self, Diagnostic> {
        let writer = Writer::open(folder).map_err(|error| failed(folder, &error))?;
        let committed = Arc::clone(&writer.committed);
        let (sender, receiver) = channel();
        std::thread::Builder::new()
            .name("append".to_owned())
            .spawn(move || writer.run(&receiver))
            .map_err(|error| failed(folder, &error))?;
        Ok(Self { sender, folder: folder.to_path_buf(), committed })
    }

    /// Appends lines, each one row; they are durable when this returns. `hash` is that of the request's rows.
    ///
    /// # Errors
    /// The key is known with another hash, or the disk refuses; then nothing was appended.
    pub async fn append(
        &self,
        key: Option<String>,
        hash: String,
        lines: Vec<u8>,
        rows: u64,
    ) -> Result<Appended, AppendError> {
        let (answer, answered) = oneshot::channel();
        let stopped = || AppendError::Failed(Box::new(stopped()));
        self.sender.send(Request { key, hash, lines, rows, answer }).map_err(|_| stopped())?;
        answered.await.unwrap_or_else(|_| Err(stopped()))
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where committed rows end, kept up to date.
    pub(super) fn committed(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.committed)
    }
}

fn failed(folder: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::run("HW3930", "cannot append to the table")
        .detail(format!("{}: {error}", folder.display()))
        .hint("check that the data folder is there, writable, and not full")
}

fn stopped() -> Diagnostic {
    Diagnostic::run("HW3941", "the table takes no more rows")
        .detail("an earlier write failed, or the run is ending")
        .hint("start the run again; rows that were answered are kept")
}

pub(super) fn rows_file(folder: &Path) -> PathBuf {
    folder.join("rows.jsonl")
}

fn commits_file(folder: &Path) -> PathBuf {
    folder.join("commits.jsonl")
}

/// Where committed rows end; 0 where there is no log.
pub(super) fn committed_end(folder: &Path) -> u64 {
    File::open(commits_file(folder)).map_or(0, |file| read_commits(file).0.last().map_or(0, |commit| commit.end))
}

/// The whole lines of a file of commits, and where they end.
fn read_commits(file: File) -> (Vec<Commit>, u64) {
    let mut reader = BufReader::new(file);
    let (mut commits, mut end, mut line) = (Vec::new(), 0, Vec::new());
    while reader.read_until(b'\n', &mut line).is_ok_and(|bytes| bytes > 0) {
        let Some(commit) = line.strip_suffix(b"\n").and_then(|line| serde_json::from_slice(line).ok()) else { break };
        end += line.len() as u64;
        commits.push(commit);
        line.clear();
    }
    (commits, end)
}

struct Writer {
    folder: PathBuf,
    rows: File,
    commits: File,
    rows_end: u64,
    commits_end: u64,
    committed: Arc<AtomicU64>,
    keys: HashMap<String, Commit>,
    keys_added: usize,
}

impl Writer {
    fn open(folder: &Path) -> std::io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let open = |path: PathBuf| File::options().create(true).truncate(false).read(true).write(true).open(path);
        let (mut rows, mut commits) = (open(rows_file(folder))?, open(commits_file(folder))?);
        let (known, commits_end) = read_commits(commits.try_clone()?);
        let rows_end = known.last().map_or(0, |commit| commit.end);
        if rows.metadata()?.len() < rows_end {
            return Err(std::io::Error::other("rows.jsonl is shorter than its commits say"));
        }
        cut(&mut rows, rows_end)?;
        cut(&mut commits, commits_end)?;
        // The files themselves have to be found after a crash, too.
        for parent in folder.ancestors().take(3) {
            File::open(parent)?.sync_all()?;
        }
        let oldest = clock::wall_millis() - KEY_MILLIS;
        let keys = known.into_iter().filter(|commit| commit.at_millis >= oldest);
        let keys = keys.filter_map(|commit| Some((commit.key.clone()?, commit))).collect();
        let committed = Arc::new(AtomicU64::new(rows_end));
        let folder = folder.to_path_buf();
        Ok(Self { folder, rows, commits, rows_end, commits_end, committed, keys, keys_added: 0 })
    }

    fn run(mut self, receiver: &Receiver<Request>) {
        while let Ok(first) = receiver.recv() {
            let mut bytes = first.lines.len();
            let mut requests = vec![first];
            while bytes < COMMIT_BYTES {
                let Ok(next) = receiver.try_recv() else { break };
                bytes += next.lines.len();
                requests.push(next);
            }
            if !self.commit(requests) {
                // What is on the disk is not known any more; a new run finds out.
                return;
            }
        }
    }

    /// Writes the rows of these requests and answers them; whether the log can go on.
    fn commit(&mut self, requests: Vec<Request>) -> bool {
        let at_millis = clock::wall_millis();
        let (mut lines, mut records, mut end) = (Vec::new(), Vec::new(), self.rows_end);
        let mut new: HashMap<String, Commit> = HashMap::new();
        let mut answers = Vec::with_capacity(requests.len());
        for request in requests {
            let known = request.key.as_ref().and_then(|key| new.get(key).or_else(|| self.keys.get(key)));
            let outcome = match known {
                Some(known) if known.hash == request.hash => Ok(Appended { rows: known.rows, is_replayed: true }),
                Some(_) => Err(AppendError::OtherBody),
                None => {
                    end += request.lines.len() as u64;
                    lines.extend_from_slice(&request.lines);
                    let (hash, rows) = (request.hash, request.rows);
                    let commit = Commit { key: request.key.clone(), hash, rows, end, at_millis };
                    // A record of texts and numbers has a JSON form.
                    let _ = serde_json::to_writer(&mut records, &commit);
                    records.push(b'\n');
                    if let Some(key) = request.key {
                        new.insert(key, commit);
                    }
                    Ok(Appended { rows, is_replayed: false })
                }
            };
            answers.push((request.answer, outcome));
        }
        let written = if records.is_empty() { Ok(()) } else { self.write(&lines, &records) };
        match written {
            Ok(()) => {
                self.remember(new, at_millis);
                self.committed.store(self.rows_end, Ordering::Release);
                // Who asked may have gone away; the rows are there all the same.
                answers.into_iter().for_each(|(answer, outcome)| drop(answer.send(outcome)));
                true
            }
            Err(error) => {
                let error = AppendError::Failed(Box::new(failed(&self.folder, &error)));
                answers.into_iter().for_each(|(answer, _)| drop(answer.send(Err(error.clone()))));
                let restored =
                    cut(&mut self.rows, self.rows_end).and_then(|()| cut(&mut self.commits, self.commits_end));
                restored.is_ok()
            }
        }
    }

    /// Rows are on the disk before the line that says so.
    fn write(&mut self, lines: &[u8], records: &[u8]) -> std::io::Result<()> {
        self.rows.write_all(lines)?;
        self.rows.sync_data()?;
        self.commits.write_all(records)?;
        self.commits.sync_data()?;
        self.rows_end += lines.len() as u64;
        self.commits_end += records.len() as u64;
        Ok(())
    }

    fn remember(&mut self, new: HashMap<String, Commit>, now_millis: i64) {
        self.keys_added += new.len();
        self.keys.extend(new);
        if self.keys_added >= KEYS_CHECKED {
            self.keys_added = 0;
            self.keys.retain(|_, commit| commit.at_millis >= now_millis - KEY_MILLIS);
        }
    }
}

fn cut(file: &mut File, end: u64) -> std::io::Result<()> {
    file.set_len(end)?;
    file.seek(SeekFrom::Start(end))?;
    file.sync_data()
}

#[cfg(test)]
mod tests {
    use super::{AppendError, AppendLog, Appended, committed_end, rows_file};
    use std::io::Write;

    fn append(log: &AppendLog, key: Option<&str>, hash: &str, line: &str) -> Result<Appended, AppendError> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(log.append(key.map(str::to_owned), hash.to_owned(), format!("{line}\n").into_bytes(), 1))
    }

    #[test]
    fn keys_and_rows_survive_a_restart_and_torn_ends_do_not() {
        let dir = tempfile::tempdir().expect("a folder");
        let folder = dir.path().join("t/log");
        let log = AppendLog::open(&folder).expect("a log");
        let first = append(&log, Some("k"), "h", "{\"a\":1}").expect("appended");
        assert_eq!(first, Appended { rows: 1, is_replayed: false });
        append(&log, None, "x", "{\"a\":2}").expect("appended");
        drop(log);
        let end = committed_end(&folder);
        assert_eq!(end, 16);
        let mut torn = std::fs::File::options().append(true).open(rows_file(&folder)).expect("rows");
        torn.write_all(b"{\"a\":3").expect("written");
        let mut torn = std::fs::File::options().append(true).open(super::commits_file(&folder)).expect("commits");
        torn.write_all(b"{\"key\":null,\"ha").expect("written");
        let log = AppendLog::open(&folder).expect("a log");
        assert_eq!(std::fs::metadata(rows_file(&folder)).expect("rows").len(), end);
        let again = append(&log, Some("k"), "h", "{\"a\":1}").expect("known");
        assert_eq!(again, Appended { rows: 1, is_replayed: true });
        assert!(matches!(append(&log, Some("k"), "other", "{\"a\":9}"), Err(AppendError::OtherBody)));
        append(&log, Some("l"), "y", "{\"a\":4}").expect("appended");
        let rows = std::fs::read_to_string(rows_file(&folder)).expect("rows");
        assert_eq!(rows, "{\"a\":1}\n{\"a\":2}\n{\"a\":4}\n");
    }
}
