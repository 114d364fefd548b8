//! Chains of checkpoint files, whole and damaged.

use super::CheckpointFolder;
use engine::{CheckpointMeta, EntryRef, StateStore};
use std::collections::BTreeMap;
use std::path::Path;

type State = BTreeMap<String, String>;

fn meta(epoch: u64) -> CheckpointMeta {
    CheckpointMeta {
        format: "test".into(),
        epoch,
        clock_millis: 0,
        time_zone: "UTC".to_owned(),
        statements: Vec::new(),
        tables: Vec::new(),
        nodes: Vec::new(),
        scans: Vec::new(),
        extra: serde_json::Value::Null,
    }
}

/// Writes checkpoint `epoch` holding `changes`, or `all` when everything is wanted.
fn write(
    folder: &mut CheckpointFolder,
    epoch: u64,
    all: &State,
    changes: &[(&str, Option<&str>)],
) -> Result<(), data::Diagnostic> {
    let is_base = folder.wants_base();
    folder.write(&meta(epoch), &mut |sink| {
        let mut put = |key: &str, value: Option<&str>| {
            let (key, value) = (key.as_bytes(), value.map(str::as_bytes));
            sink.put(7, EntryRef { table: 1, group: 3, key, value });
        };
        if is_base {
            all.iter().for_each(|(key, value)| put(key, Some(value)));
        } else {
            changes.iter().for_each(|(key, value)| put(key, *value));
        }
    })
}

fn state(pairs: &[(&str, &str)]) -> State {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// Opens at the newest usable checkpoint and reads it: its epoch, its state, how many were passed over.
fn restore(path: &Path) -> Option<(u64, State, usize)> {
    let mut folder = CheckpointFolder::open(path).expect("the folder opens");
    read(&mut folder).map(|(epoch, state)| (epoch, state, folder.damaged().len()))
}

fn read(folder: &mut CheckpointFolder) -> Option<(u64, State)> {
    let epoch = folder.latest().expect("readable")?.epoch;
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
    let mut state = State::new();
    folder
        .read(&mut |_, entry| match entry.value {
            Some(value) => drop(state.insert(text(entry.key), text(value))),
            None => drop(state.remove(&text(entry.key))),
        })
        .expect("the chain is read");
    Some((epoch, state))
}

/// A folder with a base (1) and two deltas (2, 3).
fn three() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut folder = CheckpointFolder::open(dir.path()).expect("the folder opens");
    write(&mut folder, 1, &state(&[("a", "1"), ("b", "2")]), &[]).expect("written");
    write(&mut folder, 2, &State::new(), &[("a", Some("8")), ("a", Some("9")), ("c", Some("3"))]).expect("written");
    write(&mut folder, 3, &State::new(), &[("b", None)]).expect("written");
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
fn when_no_checkpoint_is_whole_that_is_an_error() {
    let dir = three();
    let mut bytes = std::fs::read(file(&dir, 1)).expect("a file");
    let at = bytes.len() - 30;
    bytes[at] ^= 1;
    std::fs::write(file(&dir, 1), &bytes).expect("written");
    let error = CheckpointFolder::open(dir.path()).expect_err("refused");
    assert_eq!(error.code, "HW3913");
    assert!(error.detail.unwrap_or_default().starts_with("3 of 3 are damaged; checkpoint 3: "));
    assert!((1..=3).all(|id| file(&dir, id).exists()), "what is damaged is left for repair");
}

#[test]
fn damage_below_makes_all_above_unusable() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut folder = CheckpointFolder::open(dir.path()).expect("the folder opens");
    write(&mut folder, 1, &state(&[("a", "1")]), &[]).expect("written");
    folder.must_be_base = true;
    write(&mut folder, 2, &state(&[("a", "2")]), &[]).expect("written");
    write(&mut folder, 3, &State::new(), &[("a", Some("3"))]).expect("written");
    std::fs::write(file(&dir, 2), b"HWCK").expect("written");
    assert_eq!(restore(dir.path()), Some((1, state(&[("a", "1")]), 2)));
}

#[test]
fn work_goes_on_after_damage() {
    let dir = three();
    std::fs::write(file(&dir, 3), b"HWCK").expect("written");
    let mut folder = CheckpointFolder::open(dir.path()).expect("the folder opens");
    assert_eq!(read(&mut folder).map(|(epoch, _)| epoch), Some(2));
    write(&mut folder, 4, &State::new(), &[("d", Some("4"))]).expect("written");
    let expected = state(&[("a", "9"), ("b", "2"), ("c", "3"), ("d", "4")]);
    assert_eq!(restore(dir.path()), Some((4, expected, 0)));
}

#[test]
fn an_unknown_format_is_refused_by_name() {
    let dir = three();
    let mut bytes = std::fs::read(file(&dir, 3)).expect("a file");
    bytes[4] = 99;
    std::fs::write(file(&dir, 3), &bytes).expect("written");
    let error = CheckpointFolder::open(dir.path()).expect_err("refused");
    assert_eq!(error.code, "HW3911");
    assert!(error.detail.unwrap_or_default().contains("99"));
}

#[test]
fn after_a_failed_write_everything_is_written() {
    let dir = three();
    let mut folder = CheckpointFolder::open(dir.path()).expect("the folder opens");
    read(&mut folder);
    // A folder in the place of the temporary file: creating it fails as on a full disk.
    let obstacle = dir.path().join(format!("{:020}.tmp", 4));
    std::fs::create_dir(&obstacle).expect("made");
    let all = state(&[("d", "4")]);
    assert_eq!(write(&mut folder, 4, &all, &[]).expect_err("cannot").code, "HW3910");
    assert_eq!(restore(dir.path()).map(|(epoch, ..)| epoch), Some(3));
    std::fs::remove_dir(&obstacle).expect("removed");
    write(&mut folder, 5, &all, &[]).expect("written");
    assert_eq!(restore(dir.path()), Some((5, all, 0)));
}

#[test]
fn the_base_before_the_newest_is_kept() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut folder = CheckpointFolder::open(dir.path()).expect("the folder opens");
    for epoch in 1..=4 {
        folder.must_be_base = true;
        write(&mut folder, epoch, &state(&[("a", "1")]), &[]).expect("written");
    }
    assert!(!file(&dir, 2).exists() && file(&dir, 3).exists());
    std::fs::write(file(&dir, 4), b"").expect("written");
    assert_eq!(restore(dir.path()).map(|(epoch, ..)| epoch), Some(3));
}
