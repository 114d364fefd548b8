//! Chains of checkpoint files, whole and damaged.

use super::{CheckpointFolder, StoredEntry};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;

type State = BTreeMap<Vec<u8>, Vec<u8>>;

fn entry<'a>(key: &'a [u8], value: Option<&'a [u8]>) -> StoredEntry<'a> {
    StoredEntry { operator: 7, table: 1, key_group: 3, key, value }
}

/// Writes checkpoint `id` holding `changes` (and, in a base, `all`).
fn write(folder: &mut CheckpointFolder, id: u64, all: &State, changes: &[(&str, Option<&str>)]) {
    let base = folder.wants_base();
    folder
        .write(id, &json!({ "epoch": id }), &mut |put| {
            if base {
                return all.iter().try_for_each(|(key, value)| put(&entry(key, Some(value))));
            }
            changes.iter().try_for_each(|(key, value)| put(&entry(key.as_bytes(), value.map(str::as_bytes))))
        })
        .expect("a checkpoint is written");
}

fn state(pairs: &[(&str, &str)]) -> State {
    pairs.iter().map(|(key, value)| (key.as_bytes().to_vec(), value.as_bytes().to_vec())).collect()
}

/// Restores the newest usable checkpoint: its number, its state, how many were passed over.
fn restore(path: &Path) -> Option<(u64, State, usize)> {
    let mut folder = CheckpointFolder::open(path).expect("the folder opens");
    let chain = folder.newest().expect("readable")?;
    let mut state = State::new();
    folder
        .restore(&chain, &mut |entry| match entry.value {
            Some(value) => drop(state.insert(entry.key.to_vec(), value.to_vec())),
            None => drop(state.remove(entry.key)),
        })
        .expect("the chain is read");
    assert_eq!(chain.meta["epoch"], chain.id);
    Some((chain.id, state, chain.damaged.len()))
}

/// A folder with a base (1) and two deltas (2, 3).
fn three() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut folder = CheckpointFolder::open(dir.path()).expect("the folder opens");
    write(&mut folder, 1, &state(&[("a", "1"), ("b", "2")]), &[]);
    write(&mut folder, 2, &State::new(), &[("a", Some("9")), ("c", Some("3"))]);
    write(&mut folder, 3, &State::new(), &[("b", None)]);
    dir
}

fn file(dir: &tempfile::TempDir, id: u64) -> std::path::PathBuf {
    dir.path().join(format!("{id:020}.checkpoint"))
}

#[test]
fn a_chain_gives_the_latest_state() {
    let dir = three();
    assert_eq!(restore(dir.path()), Some((3, state(&[("a", "9"), ("c", "3")]), 0)));
}

#[test]
fn an_empty_folder_has_none() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    assert_eq!(restore(dir.path()), None);
}

#[test]
fn a_torn_or_altered_checkpoint_gives_way_to_the_one_before() {
    let whole = std::fs::read(file(&three(), 3)).expect("a file").len();
    for at in 0..whole {
        let dir = three();
        let mut bytes = std::fs::read(file(&dir, 3)).expect("a file");
        bytes.truncate(at);
        std::fs::write(file(&dir, 3), &bytes).expect("written");
        assert_eq!(restore(dir.path()), Some((2, state(&[("a", "9"), ("b", "2"), ("c", "3")]), 1)), "cut at {at}");
    }
    for at in (0..whole).filter(|at| !(4..8).contains(at)) {
        let dir = three();
        let mut bytes = std::fs::read(file(&dir, 3)).expect("a file");
        bytes[at] ^= 0x10;
        std::fs::write(file(&dir, 3), &bytes).expect("written");
        assert_eq!(restore(dir.path()).map(|(id, ..)| id), Some(2), "altered at {at}");
    }
}

#[test]
fn damage_below_makes_all_above_unusable() {
    let dir = three();
    let mut bytes = std::fs::read(file(&dir, 1)).expect("a file");
    let at = bytes.len() - 30;
    bytes[at] ^= 1;
    std::fs::write(file(&dir, 1), &bytes).expect("written");
    let folder = CheckpointFolder::open(dir.path()).expect("the folder opens");
    assert!(folder.newest().expect("readable").is_none());
}

#[test]
fn an_unknown_format_is_refused_by_name() {
    let dir = three();
    let mut bytes = std::fs::read(file(&dir, 3)).expect("a file");
    bytes[4] = 99;
    std::fs::write(file(&dir, 3), &bytes).expect("written");
    let folder = CheckpointFolder::open(dir.path()).expect("the folder opens");
    let error = folder.newest().expect_err("refused");
    assert_eq!(error.code, "HW3911");
    assert!(error.detail.unwrap_or_default().contains("99"));
}

#[test]
fn a_failed_write_leaves_the_last_one_and_asks_for_everything() {
    let dir = three();
    let mut folder = CheckpointFolder::open(dir.path()).expect("the folder opens");
    let chain = folder.newest().expect("readable").expect("one");
    folder.restore(&chain, &mut |_| {}).expect("read");
    assert!(!folder.wants_base());
    let full = || std::io::Error::from(std::io::ErrorKind::StorageFull);
    assert_eq!(folder.write(4, &json!({}), &mut |_| Err(full())).expect_err("no space").code, "HW3910");
    assert!(folder.wants_base());
    assert_eq!(restore(dir.path()).map(|(id, ..)| id), Some(3));
}

#[test]
fn the_base_before_the_newest_is_kept() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut folder = CheckpointFolder::open(dir.path()).expect("the folder opens");
    for id in 1..=4 {
        folder.must_be_base = true;
        write(&mut folder, id, &state(&[("a", "1")]), &[]);
    }
    assert!(!file(&dir, 2).exists() && file(&dir, 3).exists());
    std::fs::write(file(&dir, 4), b"").expect("written");
    assert_eq!(restore(dir.path()).map(|(id, ..)| id), Some(3));
}
