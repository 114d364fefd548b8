//! The Customer 360 example is tested as it is: each of its tables has a test of its own, and the tests hold the
//! project's own statements, word for word.

use std::fs;
use std::path::{Path, PathBuf};

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/c360")
}

/// Every SQL file of the pipelines.
fn pipeline_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            pipeline_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "sql") {
            found.push(path);
        }
    }
}

/// The statement of a file, as it stands in a test: without comments and the final semicolon.
fn statement(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a file");
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("--")).collect();
    lines.join("\n").trim().trim_end_matches(';').to_owned()
}

#[test]
fn tests_hold_the_projects_statements() {
    let mut files = Vec::new();
    pipeline_files(&example().join("pipelines"), &mut files);
    assert!(files.len() >= 20, "{files:?}");
    let pipeline = fs::read_to_string(example().join("tests/pipeline.slt")).expect("the test of the whole");
    for file in files {
        let statement = statement(&file);
        assert!(pipeline.contains(&statement), "tests/pipeline.slt lacks the statement of {}", file.display());
        let name = file.file_stem().and_then(|stem| stem.to_str()).expect("a name");
        if let Some(table) = name.strip_prefix("dml.") {
            let test = fs::read_to_string(example().join(format!("tests/{table}.slt"))).expect("a test of the table");
            assert!(test.contains(&statement), "tests/{table}.slt lacks the statement of {}", file.display());
        }
    }
}
