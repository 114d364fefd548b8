//! What the tests share: data files, their updating (`UPDATE_EXPECT=1`), numbers that can be seen again.
#![allow(dead_code, reason = "no test uses all of it")]

use std::path::{Path, PathBuf};

/// The files of a folder under `tests`, with their texts, in order of their names.
pub(crate) fn files(folder: &str, extension: &str) -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("a folder can be listed").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == extension))
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} is empty", folder.display());
    paths.into_iter().map(|path| (path.clone(), std::fs::read_to_string(&path).expect("a text"))).collect()
}

/// Compares with what a file holds, or writes it there.
pub(crate) fn expect(path: &Path, expected: &str, got: &str) {
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        if expected != got {
            std::fs::write(path, got).expect("the file can be written");
        }
        return;
    }
    assert_eq!(got, expected, "{} (UPDATE_EXPECT=1 rewrites it)", path.display());
}

/// A small generator of numbers.
pub(crate) struct Seeded(pub(crate) u64);

impl Seeded {
    pub(crate) fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below.max(1) as u64) as usize
    }
}
