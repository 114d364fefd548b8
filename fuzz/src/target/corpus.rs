//! SQL of the project's own tests and examples.

use std::path::{Path, PathBuf};

/// Definitions that stand before a query are no longer than this together, in bytes.
const DEFINITIONS_MAX: usize = 1_500;

/// Files with this ending below a folder, sorted.
fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "target") {
                files(&path, ending, found);
            }
        } else if path.extension().is_some_and(|extension| extension == ending) {
            found.push(path);
        }
    }
}

fn texts(folders: &[PathBuf], ending: &str) -> Vec<String> {
    let mut found = Vec::new();
    folders.iter().for_each(|folder| files(folder, ending, &mut found));
    found.iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect()
}

/// Every `.sql` file of examples and parser tests.
pub(super) fn scripts(root: &Path) -> Vec<String> {
    texts(&[root.join("crates/sql/tests"), root.join("examples")], "sql")
}

/// Statements and queries of the scripted tests: those of one file, in order.
pub(super) fn blocks(root: &Path) -> Vec<Vec<String>> {
    texts(&[root.join("tests/slt")], "slt").iter().map(|text| blocks_of(text)).collect()
}

fn blocks_of(text: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let word = line.split(' ').next().unwrap_or_default();
        if matches!(word, "statement" | "query" | "types" | "changes" | "keys" | "changelog" | "error") {
            let body = lines.by_ref().take_while(|line| !line.is_empty() && *line != "----");
            let block = body.collect::<Vec<_>>().join("\n");
            if !block.is_empty() {
                blocks.push(block);
            }
        }
    }
    blocks
}

/// Each query of the scripted tests behind the definitions of its file.
pub(super) fn planned(root: &Path) -> Vec<String> {
    let mut seeds = Vec::new();
    for blocks in blocks(root) {
        let mut definitions = String::new();
        for block in blocks {
            // `test` is a connector of the test runner only.
            let block = block.replace("'connector' = 'test'", "'connector' = 'datagen'");
            let defines = ["CREATE", "SET"].iter().any(|word| block.trim_start().starts_with(word));
            if defines && definitions.len() + block.len() < DEFINITIONS_MAX {
                definitions.push_str(&block);
                definitions.push_str(";\n");
            } else {
                seeds.push(format!("{definitions}{block}"));
            }
        }
    }
    seeds
}
