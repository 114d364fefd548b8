//! Tidy: the rules of the house that neither compiler nor linter knows. Runs inside `cargo test`.
//!
//! - [`edges`]: a crate depends only on the crates that the table in ARCHITECTURE.md allows.
//! - [`text`]: file and function length, line width, module headers, unfinished marks.

mod edges;
mod text;

use std::path::{Path, PathBuf};

/// Every finding as `path:line: what`, empty when the house is tidy.
pub(crate) fn check(root: &Path) -> Vec<String> {
    let mut findings = edges::check(root);
    for path in rust_files(root) {
        let Ok(source) = std::fs::read_to_string(&path) else {
            findings.push(format!("{}: not readable as UTF-8", path.display()));
            continue;
        };
        let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        findings.extend(text::check(&name, &source));
    }
    findings
}

/// All Rust sources of the workspace, sorted.
fn rust_files(root: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![root.join("crates"), root.join("fuzz"), root.join("xtask")];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                if path.file_name().is_some_and(|name| name != "target") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

#[test]
fn the_house_is_tidy() {
    let findings = check(&crate::root());
    assert!(findings.is_empty(), "\n{}", findings.join("\n"));
}
