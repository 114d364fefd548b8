//! `commits.jsonl`: what was appended, a line each. Several processes may read and write it; a lock on the file keeps a
//! reader from seeing a commit that is taken back.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// A line of the file.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Commit {
    pub(super) key: Option<String>,
    pub(super) hash: String,
    pub(super) rows: u64,
    /// Where the rows end, bytes from the beginning.
    pub(super) end: u64,
    pub(super) at_millis: i64,
}

/// The file, read as far as its lines were whole.
pub(super) struct Commits {
    pub(super) file: File,
    /// How far it was read.
    pub(super) bytes: u64,
    /// Where committed rows end.
    pub(super) rows_end: u64,
    /// Which log it is: follows from its first line.
    pub(super) id: Option<String>,
}

pub(super) fn commits_file(folder: &Path) -> PathBuf {
    folder.join("commits.jsonl")
}

impl Commits {
    pub(super) fn over(file: File) -> Self {
        Self { file, bytes: 0, rows_end: 0, id: None }
    }

    /// Whether others wrote since the last reading, or a line that is not whole follows.
    pub(super) fn has_more(&self) -> std::io::Result<bool> {
        Ok(self.file.metadata()?.len() != self.bytes)
    }

    /// Reads on. Who calls holds a lock on the file.
    pub(super) fn read_on(&mut self) -> std::io::Result<Vec<Commit>> {
        if self.file.metadata()?.len() < self.bytes {
            return Err(std::io::Error::other("commits.jsonl is shorter than what was read of it"));
        }
        let mut reader = BufReader::new(&self.file);
        reader.seek(SeekFrom::Start(self.bytes))?;
        let (mut commits, mut line) = (Vec::<Commit>::new(), Vec::new());
        while reader.read_until(b'\n', &mut line)? > 0 {
            let Some(commit) = line.strip_suffix(b"\n").and_then(|line| serde_json::from_slice(line).ok()) else {
                break;
            };
            self.bytes += line.len() as u64;
            self.id.get_or_insert_with(|| format!("{:x}", Sha256::digest(&line)));
            commits.push(commit);
            line.clear();
        }
        self.rows_end = commits.last().map_or(self.rows_end, |commit| commit.end);
        Ok(commits)
    }
}

/// What is read or written while others are kept from writing it.
pub(super) fn locked<T>(file: &File, alone: bool, run: impl FnOnce() -> std::io::Result<T>) -> std::io::Result<T> {
    if alone {
        file.lock()?
    } else {
        file.lock_shared()?
    }
    let result = run();
    // Closing the file would do it as well.
    file.unlock()?;
    result
}
