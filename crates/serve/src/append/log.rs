//! The log of a table: one thread writes it, several requests at a time (group commit), and answers them when their rows
//! are on the disk. Other processes may append files of rows at the same time.

use super::commits::{Commit, Commits, commits_file, locked};
use crate::clock;
use data::Diagnostic;
use std::collections::HashMap;
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
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

type Outcome = Result<Appended, AppendError>;

/// What one request appends.
struct Part {
    key: Option<String>,
    hash: String,
    lines: Vec<u8>,
    rows: u64,
}

struct Request {
    part: Part,
    answer: oneshot::Sender<Outcome>,
}

pub struct AppendLog {
    sender: Sender<Request>,
}

impl AppendLog {
    /// Opens the log in a folder, which is made when it is not there, and cuts off what was never answered.
    pub(crate) fn open(folder: &Path) -> Result<Self, Diagnostic> {
        let writer = Writer::open(folder).map_err(|error| failed(folder, &error))?;
        let (sender, receiver) = channel();
        std::thread::Builder::new()
            .name("append".to_owned())
            .spawn(move || writer.run(&receiver))
            .map_err(|error| failed(folder, &error))?;
        Ok(Self { sender })
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
        self.sender.send(Request { part: Part { key, hash, lines, rows }, answer }).map_err(|_| stopped())?;
        answered.await.unwrap_or_else(|_| Err(stopped()))
    }
}

/// Appends the lines of files, all or none; they are durable when this returns. A run that reads the log goes on with them.
///
/// # Errors
/// What the disk refuses.
pub fn append_files<'a>(
    folder: &Path,
    files: impl IntoIterator<Item = &'a mut File>,
    rows: u64,
) -> Result<(), Diagnostic> {
    Writer::open(folder).and_then(|mut writer| writer.commit_files(files, rows)).map_err(|error| failed(folder, &error))
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

struct Writer {
    folder: PathBuf,
    rows: File,
    commits: Commits,
    keys: HashMap<String, Commit>,
    keys_added: usize,
}

impl Writer {
    fn open(folder: &Path) -> std::io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        if !commits_file(folder).exists() {
            no_rows(folder)?;
        }
        let open = |path: PathBuf| File::options().create(true).truncate(false).read(true).write(true).open(path);
        let (rows, commits) = (open(rows_file(folder))?, Commits::over(open(commits_file(folder))?));
        let folder = folder.to_path_buf();
        let mut writer = Self { folder, rows, commits, keys: HashMap::new(), keys_added: 0 };
        writer.alone(|writer| writer.rows.sync_data())?;
        // The files themselves have to be found after a crash, too.
        for parent in writer.folder.ancestors().take(3) {
            File::open(parent)?.sync_all()?;
        }
        Ok(writer)
    }

    /// Runs with the log to itself, and knowing what others wrote.
    fn alone<T>(&mut self, run: impl FnOnce(&mut Self) -> std::io::Result<T>) -> std::io::Result<T> {
        let lock = self.commits.file.try_clone()?;
        locked(&lock, true, || {
            self.catch_up()?;
            run(self)
        })
    }

    /// Takes in what others committed, and cuts off what was never answered.
    fn catch_up(&mut self) -> std::io::Result<()> {
        let oldest = clock::wall_millis() - KEY_MILLIS;
        if self.commits.has_more()? {
            for commit in self.commits.read_on()? {
                if let Some(key) = commit.key.clone().filter(|_| commit.at_millis >= oldest) {
                    self.keys.insert(key, commit);
                }
            }
        }
        let length = self.rows.metadata()?.len();
        if length < self.commits.rows_end {
            return Err(std::io::Error::other("rows.jsonl is shorter than its commits say"));
        }
        if length > self.commits.rows_end || self.commits.has_more()? {
            self.restore()?;
        }
        self.rows.seek(SeekFrom::Start(self.commits.rows_end))?;
        self.commits.file.seek(SeekFrom::Start(self.commits.bytes))?;
        Ok(())
    }

    /// Back to what is committed.
    fn restore(&mut self) -> std::io::Result<()> {
        cut(&mut self.rows, self.commits.rows_end)?;
        cut(&mut self.commits.file, self.commits.bytes)
    }

    /// Appends whole files as one commit.
    fn commit_files<'a>(&mut self, files: impl IntoIterator<Item = &'a mut File>, rows: u64) -> std::io::Result<()> {
        self.alone(|writer| {
            let mut end = writer.commits.rows_end;
            let copied = files.into_iter().try_for_each(|file| {
                file.seek(SeekFrom::Start(0))?;
                end += std::io::copy(file, &mut writer.rows)?;
                Ok(())
            });
            let commit = Commit { key: None, hash: String::new(), rows, end, at_millis: clock::wall_millis() };
            copied.and_then(|()| writer.close(&[commit])).inspect_err(|_| {
                // When this fails as well, the next who opens the log cuts it off.
                let _ = writer.restore();
            })
        })
    }

    fn run(mut self, receiver: &Receiver<Request>) {
        while let Ok(first) = receiver.recv() {
            let mut bytes = first.part.lines.len();
            let mut requests = vec![first];
            while bytes < COMMIT_BYTES {
                let Ok(next) = receiver.try_recv() else { break };
                bytes += next.part.lines.len();
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
        let (parts, answers): (Vec<Part>, Vec<_>) =
            requests.into_iter().map(|request| (request.part, request.answer)).unzip();
        let mut can_go_on = false;
        let written = self.alone(|writer| {
            let (commits, outcomes) = writer.decide(&parts);
            let written = if commits.is_empty() { Ok(()) } else { writer.write(&parts, &outcomes, &commits) };
            can_go_on = written.is_ok() || writer.restore().is_ok();
            written?;
            writer.remember(commits);
            Ok(outcomes)
        });
        let outcomes = written.unwrap_or_else(|error| {
            let error = AppendError::Failed(Box::new(failed(&self.folder, &error)));
            vec![Err(error); answers.len()]
        });
        // Who asked may have gone away; the rows are there all the same.
        answers.into_iter().zip(outcomes).for_each(|(answer, outcome)| drop(answer.send(outcome)));
        can_go_on
    }

    /// What is to be committed, and what each request is told then.
    fn decide(&self, parts: &[Part]) -> (Vec<Commit>, Vec<Outcome>) {
        let (at_millis, mut end) = (clock::wall_millis(), self.commits.rows_end);
        let mut commits: Vec<Commit> = Vec::new();
        let mut new: HashMap<&str, usize> = HashMap::new();
        let outcomes = parts.iter().map(|part| {
            let key = part.key.as_deref();
            let known = key.and_then(|key| new.get(key).map(|at| &commits[*at]).or_else(|| self.keys.get(key)));
            match known {
                Some(known) if known.hash == part.hash => Ok(Appended { rows: known.rows, is_replayed: true }),
                Some(_) => Err(AppendError::OtherBody),
                None => {
                    end += part.lines.len() as u64;
                    if let Some(key) = key {
                        new.insert(key, commits.len());
                    }
                    let (key, hash, rows) = (part.key.clone(), part.hash.clone(), part.rows);
                    commits.push(Commit { key, hash, rows, end, at_millis });
                    Ok(Appended { rows, is_replayed: false })
                }
            }
        });
        let outcomes = outcomes.collect();
        (commits, outcomes)
    }

    fn write(&mut self, parts: &[Part], outcomes: &[Outcome], commits: &[Commit]) -> std::io::Result<()> {
        let is_new = |outcome: &Outcome| matches!(outcome, Ok(Appended { is_replayed: false, .. }));
        let new = parts.iter().zip(outcomes).filter(|(_, outcome)| is_new(outcome));
        let lines: Vec<&[u8]> = new.map(|(part, _)| part.lines.as_slice()).collect();
        self.rows.write_all(&lines.concat())?;
        self.close(commits)
    }

    /// Rows are on the disk before the lines that say so.
    fn close(&mut self, commits: &[Commit]) -> std::io::Result<()> {
        self.rows.sync_data()?;
        let mut records = Vec::new();
        for commit in commits {
            serde_json::to_writer(&mut records, commit)?;
            records.push(b'\n');
        }
        self.commits.file.write_all(&records)?;
        self.commits.file.sync_data()?;
        self.commits.bytes += records.len() as u64;
        self.commits.rows_end = commits.last().map_or(self.commits.rows_end, |commit| commit.end);
        Ok(())
    }

    fn remember(&mut self, commits: Vec<Commit>) {
        self.keys_added += commits.len();
        self.keys.extend(commits.into_iter().filter_map(|commit| Some((commit.key.clone()?, commit))));
        if self.keys_added >= KEYS_CHECKED {
            self.keys_added = 0;
            let oldest = clock::wall_millis() - KEY_MILLIS;
            self.keys.retain(|_, commit| commit.at_millis >= oldest);
        }
    }
}

/// Where there are no commits there may be no rows: which of them count could not be told.
pub(super) fn no_rows(folder: &Path) -> std::io::Result<()> {
    match rows_file(folder).metadata() {
        Ok(rows) if rows.len() > 0 => {
            Err(std::io::Error::other("commits.jsonl, which says which of its rows count, is gone"))
        }
        _ => Ok(()),
    }
}

fn cut(file: &mut File, end: u64) -> std::io::Result<()> {
    file.set_len(end)?;
    file.seek(SeekFrom::Start(end))?;
    file.sync_data()
}

#[cfg(test)]
mod tests {
    use super::{AppendError, AppendLog, Appended, append_files, rows_file};
    use crate::append::commits::{Commits, commits_file};
    use std::fs::File;
    use std::io::Write;
    use std::path::Path;

    fn append(log: &AppendLog, key: Option<&str>, hash: &str, line: &str) -> Result<Appended, AppendError> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(log.append(key.map(str::to_owned), hash.to_owned(), format!("{line}\n").into_bytes(), 1))
    }

    fn committed_end(folder: &Path) -> u64 {
        let mut commits = Commits::over(File::open(commits_file(folder)).expect("commits"));
        commits.read_on().expect("readable");
        commits.rows_end
    }

    #[test]
    fn rows_of_others_come_between_those_of_requests() {
        let dir = tempfile::tempdir().expect("a folder");
        let folder = dir.path().join("t/log");
        let log = AppendLog::open(&folder).expect("a log");
        append(&log, Some("k"), "h", "{\"a\":1}").expect("appended");
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(b"{\"a\":2}\n{\"a\":3}\n").expect("written");
        let mut other = tempfile::tempfile().expect("a file");
        other.write_all(b"{\"a\":4}\n").expect("written");
        append_files(&folder, [&mut file, &mut other], 3).expect("appended");
        append(&log, None, "x", "{\"a\":5}").expect("appended");
        assert!(append(&log, Some("k"), "h", "{\"a\":1}").expect("known").is_replayed);
        let rows = std::fs::read_to_string(rows_file(&folder)).expect("rows");
        assert_eq!(rows, "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n{\"a\":4}\n{\"a\":5}\n");
        assert_eq!(committed_end(&folder), rows.len() as u64);
    }

    #[test]
    fn writers_at_the_same_time_lose_nothing() {
        const WRITERS: usize = 6;
        const FILES: usize = 20;
        let dir = tempfile::tempdir().expect("a folder");
        let folder = dir.path().join("t/log");
        std::thread::scope(|scope| {
            for writer in 0..WRITERS {
                let folder = &folder;
                scope.spawn(move || {
                    for number in 0..FILES {
                        let mut file = tempfile::tempfile().expect("a file");
                        writeln!(file, "{{\"a\":\"{writer}-{number}\"}}").expect("written");
                        append_files(folder, [&mut file], 1).expect("appended");
                    }
                });
            }
        });
        let rows = std::fs::read_to_string(rows_file(&folder)).expect("rows");
        let lines: std::collections::BTreeSet<&str> = rows.lines().collect();
        assert_eq!((rows.lines().count(), lines.len()), (WRITERS * FILES, WRITERS * FILES));
        assert_eq!(committed_end(&folder), rows.len() as u64);
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
        let mut torn = std::fs::File::options().append(true).open(commits_file(&folder)).expect("commits");
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
