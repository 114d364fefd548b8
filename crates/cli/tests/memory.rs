//! `--memory`: a run stays within it and comes to the same rows, or says why it cannot.

#![cfg(target_os = "linux")]

mod support;

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// What the state below does not fit into, and the program with all else does.
const LIMIT_MEBIBYTES: u64 = 160;
const ROWS: usize = 50_000;

/// A source whose rows are all kept, twice.
fn project() -> tempfile::TempDir {
    support::project(&[
        ("headwater.toml", "name = \"shop\"\n"),
        (
            "pipelines/sources/shop/notes/sql-scripts/ddl.notes.sql",
            &format!(
                "CREATE TABLE notes (id BIGINT NOT NULL, customer INT, note STRING) WITH ('connector' = 'datagen', \
             'number-of-rows' = '{ROWS}', 'rows-per-second' = '1000000', 'fields.id.kind' = 'sequence', \
             'fields.id.start' = '1', 'fields.id.end' = '{ROWS}', 'fields.customer.min' = '1', \
             'fields.customer.max' = '50', 'fields.note.length' = '1200');"
            ),
        ),
        (
            "pipelines/facts/shop/kept/sql-scripts/ddl.kept.sql",
            "CREATE TABLE kept (id BIGINT NOT NULL, customer INT, note STRING, PRIMARY KEY (id) NOT ENFORCED);",
        ),
        (
            "pipelines/facts/shop/kept/sql-scripts/dml.kept.sql",
            "INSERT INTO kept SELECT id, customer, note FROM notes ON CONFLICT DO DEDUPLICATE;",
        ),
        (
            "pipelines/facts/shop/totals/sql-scripts/ddl.totals.sql",
            "CREATE TABLE totals (customer INT NOT NULL, notes BIGINT NOT NULL, length BIGINT, longest INT, \
         PRIMARY KEY (customer) NOT ENFORCED);",
        ),
        (
            "pipelines/facts/shop/totals/sql-scripts/dml.totals.sql",
            "INSERT INTO totals SELECT a.customer, COUNT(*), SUM(CHAR_LENGTH(b.note)), MAX(CHAR_LENGTH(a.note)) FROM kept a \
         JOIN kept b ON a.id = b.id WHERE a.customer IS NOT NULL GROUP BY a.customer;",
        ),
    ])
}

fn headwater(dir: &Path, name: &str, flags: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_headwater"));
    command.args(["--output", "json", "--project"]).arg(dir).args(["run", "--http", "off", "--clock", "2024-06-20"]);
    command.arg("--data-dir").arg(dir.join(name)).args(flags).stdin(Stdio::null());
    command
}

/// The last event of a run that came to its end, and what it exported.
fn finish(dir: &Path, name: &str, flags: &[&str]) -> (serde_json::Value, Vec<String>) {
    let export = dir.join(format!("{name}.csv"));
    let target = format!("totals={}", export.display());
    let output = headwater(dir, name, &[&["--export", &target], flags].concat()).output().expect("the program");
    assert!(output.status.success(), "{name}: {}", said(&output));
    let text = String::from_utf8_lossy(&output.stdout);
    let done = serde_json::from_str(text.lines().last().expect("an event")).expect("JSON");
    let text = std::fs::read_to_string(&export).expect("the export");
    let mut rows: Vec<String> = text.lines().map(str::to_owned).collect();
    rows.sort();
    (done, rows)
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn state_beyond_the_limit_goes_to_disk() {
    let dir = project();
    let limit = format!("{LIMIT_MEBIBYTES}MB");
    let peak = |done: &serde_json::Value| done["peak_rss_bytes"].as_u64().expect("Linux tells") >> 20;
    let (done, rows) = finish(dir.path(), "free", &["--checkpoint-interval", "off"]);
    assert_eq!(rows.len(), 51);
    assert!(done["spilled_bytes"].is_null());
    assert!(peak(&done) > LIMIT_MEBIBYTES * 5 / 3, "{done} has nothing to spill");
    // The third run goes on from the checkpoint of the second.
    for flags in [&["--checkpoint-interval", "off"][..], &[], &[], &["--mode", "batch"]] {
        let name = format!("limited{}", flags.join(""));
        let (done, limited) = finish(dir.path(), &name, &[flags, &["--memory", &limit]].concat());
        assert!(limited == rows, "{flags:?} gives other rows");
        // A machine that is busy with much else lets the keeper wait.
        assert!(peak(&done) <= LIMIT_MEBIBYTES * 4 / 3, "{flags:?}: {done}");
        assert!(done["spilled_bytes"].as_u64().is_some_and(|bytes| bytes > 0), "{done}");
    }
    let state = dir.path().join("limited--checkpoint-intervaloff");
    let left: Vec<_> = state.read_dir().expect("the folder").map(|entry| entry.expect("a file").file_name()).collect();
    assert!(left.iter().all(|name| name == "lock"), "{left:?}");
}

#[test]
fn a_limit_below_what_a_process_needs_is_an_error() {
    let dir = project();
    let flags = ["--memory", "4MB", "--until-idle", "60s", "--max-rows-per-second", "10"];
    let output = headwater(dir.path(), "small", &flags).output().expect("the program");
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("HW3206") && said(&output).contains("cannot go to disk"), "{}", said(&output));
}

/// The system lets the process write no more than so much into a file.
#[test]
fn a_full_disk_is_an_error_and_not_the_end() {
    let dir = project();
    let flags = ["--checkpoint-interval", "off", "--memory", "120MB"];
    let run = headwater(dir.path(), "full", &flags);
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' XFSZ; ulimit -f 20000; exec \"$@\"", "sh"]).arg(run.get_program()).args(run.get_args());
    let output = shell.stdin(Stdio::null()).output().expect("a shell");
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("HW3206") && said(&output).contains("has no room for more"), "{}", said(&output));
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let dir = project();
    std::fs::write(dir.path().join("taken"), "a file").expect("written");
    let output = headwater(dir.path(), "taken", &["--memory", "1GB"]).output().expect("the program");
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("HW3927"), "{}", said(&output));
}
