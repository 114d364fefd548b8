//! Which files a table's path means, in the order in which they are read.

use crate::format::io_error;
use data::Diagnostic;
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};
use std::time::UNIX_EPOCH;

/// A file of rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
    /// Milliseconds since 1970.
    pub(super) modified: i64,
}

/// The folder or file that a `path` option means.
pub(super) fn resolve(base: &Path, option: &str) -> PathBuf {
    let path = option.strip_prefix("file://").unwrap_or(option);
    let joined = base.join(path);
    // `./data` and `data` are one place, and should look like one.
    joined.components().filter(|part| !matches!(part, Component::CurDir)).collect()
}

/// The files, sorted by path. No files is no error: they may come later; a missing path is one.
pub(super) fn list(root: &Path) -> Result<Vec<Found>, Diagnostic> {
    let mut found = Vec::new();
    let text = root.to_string_lossy();
    if root.exists() {
        walk(root, &mut found)?;
    } else if text.contains(['*', '?', '[']) {
        let paths = glob::glob(&text).map_err(|error| {
            Diagnostic::run("HW3101", format!("'{text}' is not a pattern of paths"))
                .detail(error.msg)
                .hint("patterns have *, **, ?, and [ ]")
        })?;
        for path in paths {
            let path = path.map_err(|error| io_error("read", &text, error.error()))?;
            if !is_hidden(path.file_name().unwrap_or_default()) {
                walk(&path, &mut found)?;
            }
        }
    } else {
        let missing = std::io::Error::new(ErrorKind::NotFound, "there is no such file or folder");
        return Err(io_error("read", &text, &missing));
    }
    found.sort_by(|left, right| left.path.cmp(&right.path));
    found.dedup_by(|left, right| left.path == right.path);
    Ok(found)
}

fn walk(path: &Path, found: &mut Vec<Found>) -> Result<(), Diagnostic> {
    let failed = |error: std::io::Error| io_error("read", &path.to_string_lossy(), &error);
    let metadata = match std::fs::metadata(path) {
        // Gone since the folder was listed: as if it had never been there.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        metadata => metadata.map_err(failed)?,
    };
    if !metadata.is_dir() {
        let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        found.push(Found {
            path: path.to_path_buf(),
            bytes: metadata.len(),
            modified: modified.map_or(0, |age| age.as_millis() as i64),
        });
        return Ok(());
    }
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if !is_hidden(&entry.file_name()) {
            walk(&entry.path(), found)?;
        }
    }
    Ok(())
}

/// Names that tools give to what is not data.
fn is_hidden(name: &OsStr) -> bool {
    name.to_string_lossy().starts_with(['.', '_'])
}

/// The text of a partition column in a path: the value of its `column=value` folder.
pub(super) fn partition_text(path: &Path, column: &str) -> Option<String> {
    path.components().rev().find_map(|part| {
        let (name, value) = part.as_os_str().to_str()?.split_once('=')?;
        (name == column).then(|| unescape(value))
    })
}

/// Characters that may not stand in a folder's name, as Hive and Flink write them: `%3A`.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii_control() || "\"#%'*/:=?\\{[]^".contains(character) {
            escaped.push_str(&format!("%{:02X}", character as u32));
        } else {
            escaped.push(character);
        }
    }
    escaped
}

fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        let code = (byte == b'%').then(|| behind.get(..2)).flatten().and_then(|hex| std::str::from_utf8(hex).ok());
        match code.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(decoded) => {
                bytes.push(decoded);
                rest = &behind[2..];
            }
            None => {
                bytes.push(byte);
                rest = behind;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partition_values_survive_escaping() {
        for text in ["2024-01-02 03:04", "a/b=c", "100%", "å"] {
            let path = PathBuf::from(format!("x/k={}/part-1-0.csv", escape(text)));
            assert_eq!(partition_text(&path, "k").as_deref(), Some(text));
        }
        assert_eq!(partition_text(Path::new("x/part.csv"), "k"), None);
    }
}
