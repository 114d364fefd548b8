//! Checkpoints on disk: a log of files, each a *base* (all state) or a *delta* (what changed since its parent).
//!
//! - *chain*: a base and the deltas that follow it, each naming its parent; reading it in order gives the state.
//! - A file appears whole or not at all: it is written beside, synced, then renamed.
//! - The base before the newest one is kept with its deltas, so that damage to any one file leaves an older checkpoint to
//!   go back to.
//! - A new base is written once the deltas have grown as large as the last base: the cost stays in proportion to change.

mod file;

use crate::crash;
use data::Diagnostic;
use engine::{CheckpointMeta, EntryRef, EntrySink, StateStore};
use file::{Damage, Writer};
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};

/// Deltas may always grow to this size before a new base is due.
const DELTA_BYTES_MIN: u64 = 16 << 20;
const SUFFIX: &str = "checkpoint";
const OTHER_VERSION: &str = "run the version of headwater that wrote it, or start anew with another --data-dir";

/// Puts the entries of a checkpoint.
type Entries<'a> = dyn FnMut(&mut dyn EntrySink) + 'a;

/// A folder of checkpoints. One process at a time; the runner holds the project's lock.
#[derive(Debug)]
pub struct CheckpointFolder {
    folder: PathBuf,
    /// The checkpoint to restore, as found when the folder was opened.
    found: Option<Chain>,
    damaged: Vec<String>,
    /// The newest checkpoint written or restored here.
    newest: Option<u64>,
    base_bytes: u64,
    delta_bytes: u64,
    base: Option<u64>,
    previous_base: Option<u64>,
    /// The next checkpoint must hold everything: nothing was written yet, or the last write failed halfway.
    must_be_base: bool,
}

/// A checkpoint that can be restored.
#[derive(Debug)]
struct Chain {
    id: u64,
    /// What the writer gave as meta data.
    meta: Json,
    files: Vec<PathBuf>,
    base: u64,
}

struct Listed {
    id: u64,
    path: PathBuf,
}

/// What a file's header says.
struct Header {
    id: u64,
    /// Absent for a base.
    parent: Option<u64>,
    meta: Json,
}

impl CheckpointFolder {
    /// Opens a folder and finds its newest checkpoint that is whole and unaltered. One that this program's format cannot
    /// read is an error: going back past it would lose what another version has done since. So is it when there are
    /// checkpoints and none is whole.
    pub fn open(folder: &Path) -> Result<Self, Diagnostic> {
        std::fs::create_dir_all(folder)
            .map_err(|error| failed("cannot create the checkpoint folder", folder, &error))?;
        let mut this = Self {
            folder: folder.to_path_buf(),
            found: None,
            damaged: Vec::new(),
            newest: None,
            base_bytes: 0,
            delta_bytes: 0,
            base: None,
            previous_base: None,
            must_be_base: true,
        };
        this.find()?;
        Ok(this)
    }

    /// Newer checkpoints that were passed over when the folder was opened, and why.
    pub fn damaged(&self) -> &[String] {
        &self.damaged
    }

    fn find(&mut self) -> Result<(), Diagnostic> {
        let listed = self.list()?;
        for candidate in listed.iter().rev() {
            match self.chain(candidate, &listed) {
                Ok((files, base, meta)) => {
                    self.found = Some(Chain { id: candidate.id, meta, files, base });
                    return Ok(());
                }
                Err((path, damage @ Damage::Version(_))) => {
                    return Err(Diagnostic::run("HW3911", "the checkpoint has a format this program does not know")
                        .detail(format!("{}: {damage}", path.display()))
                        .hint(OTHER_VERSION));
                }
                Err((path, Damage::Io(error))) => return Err(failed("cannot read a checkpoint", &path, &error)),
                Err((path, damage)) => {
                    self.damaged.push(format!("checkpoint {}: {}: {damage}", candidate.id, path.display()));
                }
            }
        }
        match self.damaged.first() {
            None => Ok(()),
            // To start from nothing would look like success, with the rows of managed tables gone.
            Some(newest) => Err(Diagnostic::run("HW3913", "none of the checkpoints can be read")
                .detail(format!("{} of {} are damaged; {newest}", self.damaged.len(), listed.len()))
                .hint("put the checkpoint folder back from a copy, or start anew with another --data-dir")),
        }
    }

    fn write_file(&mut self, id: u64, meta: &CheckpointMeta, entries: &mut Entries) -> Result<(), Diagnostic> {
        let is_base = self.wants_base();
        // Changes are handed over once: whatever happens below, only a base can be complete after a failure.
        self.must_be_base = true;
        let parent = if is_base { None } else { self.newest };
        let header = json!({ "id": id, "parent": parent, "meta": meta }).to_string();
        let temporary = self.folder.join(format!("{id:020}.tmp"));
        let bytes = fill(&temporary, header.as_bytes(), entries).map_err(|error| {
            // Without space the half file is in the way of everything else.
            let _ = std::fs::remove_file(&temporary);
            failed("cannot write a checkpoint", &temporary, &error)
        })?;
        let path = self.path(id);
        crash::point("checkpoint.publish");
        std::fs::rename(&temporary, &path)
            .and_then(|()| sync_folder(&self.folder))
            .map_err(|error| failed("cannot publish a checkpoint", &path, &error))?;
        crash::point("checkpoint.published");
        self.must_be_base = false;
        self.newest = Some(id);
        if is_base {
            self.previous_base = self.base.replace(id);
            (self.base_bytes, self.delta_bytes) = (bytes, 0);
            self.prune()
        } else {
            self.delta_bytes += bytes;
            Ok(())
        }
    }

    /// Files of the chain that ends in `last`, oldest first, each verified.
    fn chain(&self, last: &Listed, listed: &[Listed]) -> Result<(Vec<PathBuf>, u64, Json), (PathBuf, Damage)> {
        let mut files = Vec::new();
        let mut meta = None;
        let mut current = last;
        loop {
            let at = |damage| (current.path.clone(), damage);
            let header = read_header(&current.path).map_err(at)?;
            if header.id != current.id {
                return Err(at(Damage::Content("its name is not its number")));
            }
            file::verify(&current.path).map_err(at)?;
            files.push(current.path.clone());
            meta.get_or_insert(header.meta);
            let Some(parent) = header.parent else { break };
            let missing = || (self.path(parent), Damage::Content("it is missing"));
            current = listed.iter().find(|other| other.id == parent && parent < current.id).ok_or_else(missing)?;
        }
        files.reverse();
        Ok((files, current.id, meta.unwrap_or_default()))
    }

    fn list(&self) -> Result<Vec<Listed>, Diagnostic> {
        let entries = std::fs::read_dir(&self.folder)
            .map_err(|error| failed("cannot read the checkpoint folder", &self.folder, &error))?;
        let mut listed: Vec<Listed> = entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|kind| kind == SUFFIX))
            .filter_map(|path| Some(Listed { id: path.file_stem()?.to_str()?.parse().ok()?, path }))
            .collect();
        listed.sort_by_key(|listed| listed.id);
        Ok(listed)
    }

    /// Removes what neither the newest base nor the one before it needs.
    fn prune(&self) -> Result<(), Diagnostic> {
        let Some(keep_from) = self.previous_base else { return Ok(()) };
        for old in self.list()?.into_iter().filter(|listed| listed.id < keep_from) {
            std::fs::remove_file(&old.path)
                .map_err(|error| failed("cannot remove an old checkpoint", &old.path, &error))?;
        }
        Ok(())
    }

    fn path(&self, id: u64) -> PathBuf {
        self.folder.join(format!("{id:020}.{SUFFIX}"))
    }
}

impl StateStore for CheckpointFolder {
    fn wants_base(&self) -> bool {
        self.must_be_base || self.delta_bytes > self.base_bytes.max(DELTA_BYTES_MIN)
    }

    fn write(&mut self, meta: &CheckpointMeta, entries: &mut Entries) -> Result<(), Diagnostic> {
        let above = self.list()?.last().map_or(0, |listed| listed.id);
        self.write_file(above.max(self.newest.unwrap_or(0)) + 1, meta, entries)
    }

    fn latest(&mut self) -> Result<Option<CheckpointMeta>, Diagnostic> {
        let Some(found) = &self.found else { return Ok(None) };
        serde_json::from_value(found.meta.clone()).map(Some).map_err(|error| {
            Diagnostic::run("HW3911", "the checkpoint has a format this program does not know")
                .detail(error.to_string())
                .hint(OTHER_VERSION)
        })
    }

    /// Checkpoints newer than the one that is read are removed: the next one continues it.
    fn read(&mut self, visit: &mut dyn FnMut(u128, EntryRef)) -> Result<(), Diagnostic> {
        let Some(chain) = self.found.take() else { return Ok(()) };
        for path in &chain.files {
            file::read(path, visit).map_err(|damage| {
                Diagnostic::run("HW3912", "a checkpoint changed while it was read")
                    .detail(format!("{}: {damage}", path.display()))
                    .hint("run again: a checkpoint that is whole will be used")
            })?;
        }
        for newer in self.list()?.into_iter().filter(|listed| listed.id > chain.id) {
            std::fs::remove_file(&newer.path)
                .map_err(|error| failed("cannot remove a damaged checkpoint", &newer.path, &error))?;
        }
        self.newest = Some(chain.id);
        self.base = Some(chain.base);
        self.must_be_base = false;
        self.base_bytes = size(&chain.files[0]);
        self.delta_bytes = chain.files[1..].iter().map(|path| size(path)).sum();
        Ok(())
    }
}

fn fill(path: &Path, header: &[u8], entries: &mut Entries) -> std::io::Result<u64> {
    let mut filling = Filling { writer: Writer::create(path, header)?, failed: None };
    entries(&mut filling);
    match filling.failed {
        None => filling.writer.finish(),
        Some(error) => Err(error),
    }
}

/// Writes entries until one cannot be written.
struct Filling {
    writer: Writer,
    failed: Option<std::io::Error>,
}

impl EntrySink for Filling {
    fn put(&mut self, operator: u128, entry: EntryRef) {
        if self.failed.is_none() {
            self.failed = self.writer.entry(operator, entry).err();
        }
    }
}

fn read_header(path: &Path) -> Result<Header, Damage> {
    const ODD: Damage = Damage::Content("its header is not what a checkpoint has");
    let json: Json = serde_json::from_slice(&file::read_header(path)?).map_err(|_| ODD)?;
    let id = json["id"].as_u64().ok_or(ODD)?;
    Ok(Header { id, parent: json["parent"].as_u64(), meta: json["meta"].clone() })
}

/// After a rename the folder itself must reach the disk.
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |meta| meta.len())
}

fn failed(what: &str, path: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::run("HW3910", what)
        .detail(format!("{}: {error}", path.display()))
        .hint("check that this user may use the data folder and that the disk is not full, or name another one with --data-dir")
}

#[cfg(test)]
mod tests;
