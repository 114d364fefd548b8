//! Drives the real program over the cases in `tests/cases`; `UPDATE_EXPECT=1` rewrites what they expect.
//!
//! A case is a text of sections, each begun by a line `--- …`:
//!
//! - `--- file PATH` is written into the case's temporary folder, which is the current folder of all its runs.
//! - `--- stdin` is the standard input of the next run.
//! - `--- run headwater ARGS…` runs the program; arguments are split at blanks, `'…'` keeps blanks
//!   and has `''` for a quote.
//! - `--- exit CODE`, `--- stdout`, `--- stderr` after a run are what it must give (absent: 0, nothing, nothing).
//!
//! Measured times are shown as `[SECONDS]`, the temporary folder as `[DIR]`, the epoch of a checkpoint as `[EPOCH]`: how many
//! epochs a run has depends on when its rows come.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

#[test]
fn cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(&folder).expect("the folder of cases") {
        paths.push(entry.expect("a case").path());
    }
    paths.sort();
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut failures = String::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("a readable case");
        let now = play(&text);
        if now == text {
            continue;
        }
        if update {
            std::fs::write(&path, &now).expect("a writable case");
        } else {
            let _ = writeln!(failures, "== {}\n{}", path.display(), difference(&text, &now));
        }
    }
    assert!(failures.is_empty(), "UPDATE_EXPECT=1 would rewrite these cases:\n{failures}");
}

/// The case with what the program gave now.
fn play(text: &str) -> String {
    let folder = Folder::new();
    let mut out = String::new();
    let mut stdin = String::new();
    for (head, body) in sections(text) {
        let mut words = head.splitn(2, ' ');
        match (words.next().unwrap_or_default(), words.next().unwrap_or_default()) {
            ("", _) => out.push_str(body),
            ("file", path) => {
                let path = folder.0.join(path);
                std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder for the file");
                std::fs::write(path, body).expect("the file");
                let _ = write!(out, "--- {head}\n{body}");
            }
            ("stdin", _) => {
                body.clone_into(&mut stdin);
                let _ = write!(out, "--- {head}\n{body}");
            }
            ("run", command) => {
                let _ = writeln!(out, "--- {head}");
                out.push_str(&run(&folder.0, command, &std::mem::take(&mut stdin)));
            }
            // What a run gave is written anew.
            ("exit" | "stdout" | "stderr", _) => {}
            _ => panic!("unknown section `{head}`"),
        }
    }
    out
}

/// Heads (without `--- `) and bodies; what stands before the first head has an empty one.
fn sections(text: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let (mut head, mut start, mut at) = ("", 0, 0);
    for line in text.split_inclusive('\n') {
        if let Some(next) = line.strip_prefix("--- ") {
            found.push((head, &text[start..at]));
            head = next.trim_end();
            start = at + line.len();
        }
        at += line.len();
    }
    found.push((head, &text[start..]));
    found
}

fn run(folder: &Path, command: &str, stdin: &str) -> String {
    let args = arguments(command);
    assert_eq!(args.first().map(String::as_str), Some("headwater"), "cases run `headwater`");
    let mut child = Command::new(env!("CARGO_BIN_EXE_headwater"))
        .args(&args[1..])
        .current_dir(folder)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program");
    let mut input = child.stdin.take().expect("its standard input");
    let bytes = stdin.as_bytes().to_vec();
    let writer = std::thread::spawn(move || {
        // A program that does not read its input is none of our business.
        let _ = input.write_all(&bytes);
    });
    let output = child.wait_with_output().expect("its end");
    writer.join().expect("its input");
    let mut text = String::new();
    match output.status.code() {
        Some(0) => {}
        Some(code) => {
            let _ = writeln!(text, "--- exit {code}");
        }
        None => text.push_str("--- exit by signal\n"),
    }
    for (name, bytes) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
        let shown = normalised(&String::from_utf8_lossy(bytes), folder);
        if !shown.is_empty() {
            let _ = write!(text, "--- {name}\n{shown}");
            if !shown.ends_with('\n') {
                text.push('\n');
            }
        }
    }
    text
}

fn arguments(command: &str) -> Vec<String> {
    let (mut found, mut word, mut quoted) = (Vec::new(), None::<String>, false);
    let mut chars = command.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' if quoted && chars.next_if_eq(&'\'').is_some() => word.get_or_insert_default().push(c),
            '\'' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            ' ' if !quoted => found.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    found.extend(word);
    found
}

/// Without what differs from run to run.
fn normalised(text: &str, folder: &Path) -> String {
    let mut out = String::new();
    for line in text.replace(&*folder.to_string_lossy(), "[DIR]").split_inclusive('\n') {
        out.push_str(&without_epoch(&without_seconds(line)));
    }
    out
}

fn without_epoch(line: &str) -> String {
    match line.split_once("the checkpoint of epoch ") {
        Some((before, after)) => {
            let rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
            format!("{before}the checkpoint of epoch [EPOCH]{rest}")
        }
        None => line.to_owned(),
    }
}

fn without_seconds(line: &str) -> String {
    let number = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | '-');
    for mark in ["\"seconds\":", " time=\""] {
        if let Some(at) = line.find(mark) {
            let (before, after) = line.split_at(at + mark.len());
            return format!("{before}[SECONDS]{}", after.trim_start_matches(number));
        }
    }
    match line.strip_suffix(" s\n").and_then(|rest| rest.rfind(' ').map(|at| (at, rest))) {
        Some((at, rest)) if rest[at + 1..].parse::<f64>().is_ok() => format!("{} [SECONDS] s\n", &rest[..at]),
        _ => line.to_owned(),
    }
}

/// Lines of one text that the other has not, in short.
fn difference(expected: &str, got: &str) -> String {
    let mut out = String::new();
    for line in expected.lines().filter(|line| !got.lines().any(|other| other == *line)) {
        let _ = writeln!(out, "  - {line}");
    }
    for line in got.lines().filter(|line| !expected.lines().any(|other| other == *line)) {
        let _ = writeln!(out, "  + {line}");
    }
    out
}

/// A temporary folder that goes when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("headwater-cli-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a temporary folder");
        Self(path.canonicalize().expect("a temporary folder"))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
