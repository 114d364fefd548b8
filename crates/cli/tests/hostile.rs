//! Inputs made to be too deep, too long or no text at all, given to the real program: each comes to a result or to a coded
//! error. Larger ones, with limits of time and memory, are those of `cargo xtask fuzz --target hostile`.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::process::Command;

const DEPTH: usize = 10_000;
const COLUMNS: usize = 10_000;

/// The exit code, and everything it said.
fn headwater(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_headwater")).args(arguments).current_dir(folder).output();
    let output = output.expect("the program runs");
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&said).into_owned())
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn write(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) {
    std::fs::write(folder.join(name), bytes).expect("a file");
}

/// What counting the rows of a file comes to.
fn count(folder: &Path, format: &str, file: &str, more: &str) -> (Option<i32>, String) {
    let options = format!("'connector' = 'filesystem', 'path' = '{file}', 'format' = '{format}'{more}");
    let text = format!("CREATE TABLE t (a INT, b STRING) WITH ({options}); SELECT COUNT(*) FROM t");
    headwater(folder, &["query", "--output", "rows", &text])
}

#[test]
fn deep_nesting_is_refused_by_every_command() {
    let folder = folder();
    let around = |open: &str, close: &str| format!("SELECT {}1{};\n", open.repeat(DEPTH), close.repeat(DEPTH));
    let texts = [around("(", ")"), around("CASE WHEN ", " THEN 1 END"), around("NOT ", ""), around("(SELECT ", ")")];
    write(folder.path(), "deep.sql", texts.concat());
    for command in [&["parse"][..], &["check"], &["fmt", "--check"], &["explain"], &["query", "-f"]] {
        let (exit, said) = headwater(folder.path(), &[command, &["deep.sql"]].concat());
        assert_eq!(exit, Some(1), "{command:?}");
        assert!(said.contains("error[HW1005]"), "{command:?}: {said:.200}");
    }
}

#[test]
fn text_that_multiplies_is_refused() {
    let folder = folder();
    for call in [
        "REPEAT(REPEAT('x', 100000), 100000)",
        "LPAD('a', 2147483647, 'x')",
        "REPLACE(REPEAT('x', 1000000), 'x', REPEAT('y', 100000))",
        "REGEXP_REPLACE(REPEAT('x', 1000000), 'x', REPEAT('y', 100000))",
        "ARRAY_JOIN(SPLIT(REPEAT('a,', 1000000), ','), REPEAT('z', 100000))",
    ] {
        let (exit, said) = headwater(folder.path(), &["query", &format!("SELECT CHAR_LENGTH({call})")]);
        assert_eq!(exit, Some(1), "{call}");
        assert!(said.contains("error[HW3220]"), "{call}: {said:.300}");
    }
}

/// Each step names the one before twice.
#[test]
fn queries_that_double_at_each_step_stay_small_or_are_refused() {
    let folder = folder();
    let nested =
        |one: &str, from: &str| (0..26).fold(from.to_owned(), |query, _| format!("SELECT {one} AS a FROM ({query})"));
    let text = format!("{} WHERE a > 0", nested("a + a", "SELECT b AS a FROM (VALUES (1)) AS t (b)"));
    let (exit, said) = headwater(folder.path(), &["query", "--output", "rows", &text]);
    assert_eq!((exit, said.as_str()), (Some(0), "+I[67108864]\n"));
    let steps = (1..25).map(|at| format!(", c{at} AS (SELECT x.a FROM c{0} x JOIN c{0} y ON x.a = y.a)", at - 1));
    let text = format!("WITH c0 AS (SELECT 1 AS a){} SELECT * FROM c24", steps.collect::<String>());
    let (exit, said) = headwater(folder.path(), &["query", &text]);
    assert_eq!(exit, Some(1));
    assert!(said.contains("error[HW2061]"), "{said:.300}");
}

#[test]
fn bytes_that_are_no_text_are_named() {
    let folder = folder();
    write(folder.path(), "bytes.sql", b"SELECT '\xff\xfe' FROM t;\n");
    let (exit, said) = headwater(folder.path(), &["parse", "bytes.sql"]);
    assert_eq!(exit, Some(2));
    assert!(said.contains("HW4501") && said.contains("byte 8"), "{said}");
    write(folder.path(), "bytes.csv", b"1,\xff\xfe\n");
    write(folder.path(), "bytes.jsonl", b"{\"a\": 1, \"b\": \"\xff\"}\n");
    for (format, file) in [("csv", "bytes.csv"), ("json", "bytes.jsonl")] {
        let (exit, said) = count(folder.path(), format, file, "");
        assert_eq!(exit, Some(1));
        assert!(said.contains("HW3107") && said.contains(file), "{said}");
    }
}

#[test]
fn a_line_of_a_hundred_megabytes_is_one_row_that_cannot_be_read() {
    let folder = folder();
    for (format, row) in [("csv", "\n1,good\n"), ("json", "\n{\"a\": 1}\n")] {
        let file = format!("line.{format}");
        // A hole: the line consists of zeros and takes no room.
        let mut lines = File::create(folder.path().join(&file)).expect("a file");
        lines.set_len(100 << 20).expect("a hole");
        lines.seek(SeekFrom::End(0)).expect("the end");
        lines.write_all(row.as_bytes()).expect("a row");
        let (exit, said) = count(folder.path(), format, &file, "");
        assert_eq!(exit, Some(1));
        assert!(said.contains("HW3105") && said.contains("line 1"), "{said}");
        let ignore = format!(", '{format}.ignore-parse-errors' = 'true'");
        let (exit, said) = count(folder.path(), format, &file, &ignore);
        assert_eq!((exit, said.as_str()), (Some(0), "+I[1]\n"));
    }
}

#[test]
fn ten_thousand_columns_are_columns() {
    let folder = folder();
    let numbers: Vec<String> = (0..COLUMNS).map(|at| at.to_string()).collect();
    write(folder.path(), "wide.csv", numbers.join(","));
    let columns: Vec<String> = (0..COLUMNS).map(|at| format!("c{at} INT")).collect();
    let options = "'connector' = 'filesystem', 'path' = 'wide.csv', 'format' = 'csv'";
    let text = format!("CREATE TABLE w ({}) WITH ({options});\nSELECT c0, c9999 FROM w;", columns.join(", "));
    write(folder.path(), "wide.sql", text);
    let (exit, said) = headwater(folder.path(), &["query", "--output", "rows", "-f", "wide.sql"]);
    assert_eq!((exit, said.as_str()), (Some(0), "+I[0, 9999]\n"));
}

#[test]
fn a_mistake_in_a_long_text_is_shown_with_its_line() {
    let folder = folder();
    let good = "SELECT 1;\n".repeat(20_000);
    write(folder.path(), "long.sql", format!("{good}SELECT a\n  FROM\n{good}"));
    let (exit, said) = headwater(folder.path(), &["check", "long.sql"]);
    assert_eq!(exit, Some(1));
    assert!(said.contains("long.sql:20003:1") && said.contains("20003 | SELECT 1;"), "{said}");
    write(folder.path(), "line.sql", format!("{}SELECT FROM t;", "SELECT 1; ".repeat(20_000)));
    let (exit, said) = headwater(folder.path(), &["check", "line.sql"]);
    assert_eq!(exit, Some(1));
    assert!(said.contains("line.sql:1:200008") && said.len() < 1_000, "{said:.2000}");
}
