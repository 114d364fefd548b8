//! The reader of checkpoint files. The input is the newest file of a chain of three, tried twice: as it is, and with its
//! checksums mended, so that what lies behind them is reached.
//!
//! Whatever the file: the folder opens, at this checkpoint or at the one before it, and what was found can be read; or the
//! format's version is refused by name.

use super::{Target, scratch};
use deploy::checkpoint::CheckpointFolder;
use engine::{CheckpointMeta, EntryRef, StateStore};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use xxhash_rust::xxh3::xxh3_64;

pub(super) const TARGET: Target = Target { name: "checkpoint", run, seeds };

/// The number of the file that is fuzzed; 1 is a base, 2 a delta.
const NEWEST: u64 = 3;
/// Magic and version.
const HEAD: usize = 8;

fn file(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:020}.checkpoint"))
}

fn write(folder: &mut CheckpointFolder, epoch: u64, entries: &[(u128, &[u8], Option<&[u8]>)]) {
    let meta = CheckpointMeta {
        format: "fuzz".into(),
        epoch,
        clock_millis: 0,
        time_zone: "UTC".to_owned(),
        statements: Vec::new(),
        tables: Vec::new(),
        nodes: Vec::new(),
        scans: Vec::new(),
        extra: serde_json::json!({ "sources": [{ "file": "a.csv", "offset": 12 }] }),
    };
    let put = &mut |sink: &mut dyn engine::EntrySink| {
        for (operator, key, value) in entries {
            sink.put(*operator, EntryRef { table: 1, group: 3, key, value: *value });
        }
    };
    folder.write(&meta, put).expect("a checkpoint is written");
}

/// Writes a chain of two and a third with these entries; gives the third's bytes.
fn chain(folder: &Path, newest: &[(u128, &[u8], Option<&[u8]>)]) -> Vec<u8> {
    let _ = std::fs::remove_dir_all(folder);
    let mut writer = CheckpointFolder::open(folder).expect("the folder opens");
    write(&mut writer, 1, &[(7, b"a", Some(b"1")), (9, b"b", Some(b"2"))]);
    write(&mut writer, 2, &[(7, b"a", Some(b"8")), (7, b"c", None)]);
    write(&mut writer, NEWEST, newest);
    std::fs::read(file(folder, NEWEST)).expect("the newest file")
}

fn seeds(_: &Path) -> Vec<Vec<u8>> {
    let folder = scratch::folder().join("seeds");
    let long = vec![7; 3_000];
    let seeds = vec![
        chain(&folder, &[]),
        chain(&folder, &[(7, b"a", Some(b"9"))]),
        chain(&folder, &[(7, b"", Some(b"")), (7, b"c", None), (8, &long, Some(&long)), (9, b"d", None)]),
    ];
    let _ = std::fs::remove_dir_all(&folder);
    seeds
}

fn run(input: &[u8]) {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = scratch::folder().join("checkpoints");
        chain(&folder, &[]);
        folder
    });
    judge(folder, input);
    let mut mended = input.to_vec();
    if mend(&mut mended).is_some() {
        judge(folder, &mended);
    }
}

fn judge(folder: &Path, bytes: &[u8]) {
    std::fs::write(file(folder, NEWEST), bytes).expect("the newest file is written");
    let mut opened = match CheckpointFolder::open(folder) {
        Ok(opened) => opened,
        Err(refused) => return assert_eq!(refused.code, "HW3911", "{refused:?}"),
    };
    let damaged = opened.damaged().len();
    assert!(damaged <= 1, "only one file can be damaged");
    let mut entries = 0;
    match opened.latest() {
        Ok(Some(meta)) => assert!(damaged == 0 || meta.epoch == NEWEST - 1, "the one before"),
        Ok(None) => panic!("there was one to go back to"),
        // A header whose checksum fits and that nobody here has written.
        Err(error) => assert!(error.code.starts_with("HW39") && damaged == 0, "{error:?}"),
    }
    opened.read(&mut |_, entry| entries += entry.key.len()).expect("what was found whole is read");
}

/// Makes the checksums fit as far as lengths lead.
fn mend(bytes: &mut [u8]) -> Option<()> {
    let number = |bytes: &[u8], at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?) as usize);
    let header = number(bytes, HEAD)?;
    let mut at = HEAD + 4;
    let sum = xxh3_64(bytes.get(at..at.checked_add(header)?)?);
    at += header;
    bytes.get_mut(at..at + 8)?.copy_from_slice(&sum.to_le_bytes());
    at += 8;
    let mut sums = Vec::new();
    loop {
        let length = number(bytes, at)?;
        at += 4;
        if length == 0 {
            break;
        }
        let sum = xxh3_64(bytes.get(at + 8..(at + 8).checked_add(length)?)?).to_le_bytes();
        bytes.get_mut(at..at + 8)?.copy_from_slice(&sum);
        sums.extend_from_slice(&sum);
        at += 8 + length;
    }
    // The number of entries stays as it is.
    bytes.get_mut(at + 8..at + 16)?.copy_from_slice(&xxh3_64(&sums).to_le_bytes());
    Some(())
}
