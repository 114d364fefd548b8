//! Rules about the text of one file.
//!
//! A file that is a table of data may say so in its first line (`//! Data: …`) and is then free of the length limits.

const FILE_LINES_MAX: usize = 800;
const FUNCTION_LINES_MAX: usize = 70;
/// rustfmt keeps code within 120; prose may run a little over.
const LINE_CHARS_MAX: usize = 130;

/// Marks of unfinished work, written so that this file does not hold them itself.
const MARKS: [&str; 6] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("todo", "!("),
    concat!("unimplemented", "!("),
    concat!("dbg", "!("),
    concat!("#[ig", "nore"),
];

pub(super) fn check(name: &str, source: &str) -> Vec<String> {
    let mut findings = Vec::new();
    let lines: Vec<&str> = source.lines().collect();
    if !source.starts_with("//! ") {
        findings.push(format!("{name}:1: a file begins with `//!`: what it is for and the terms it defines"));
    }
    let is_data = source.starts_with("//! Data: ");
    if lines.len() > FILE_LINES_MAX && !is_data {
        findings.push(format!("{name}:{}: {} lines, at most {FILE_LINES_MAX}", lines.len(), lines.len()));
    }
    for (index, line) in lines.iter().enumerate() {
        if line.chars().count() > LINE_CHARS_MAX && !line.contains('"') {
            findings.push(format!("{name}:{}: more than {LINE_CHARS_MAX} characters", index + 1));
        }
        if let Some(mark) = MARKS.iter().find(|mark| line.contains(**mark)) {
            findings.push(format!("{name}:{}: `{mark}` does not stay in the tree", index + 1));
        }
    }
    if !is_data {
        findings.extend(long_functions(name, &lines));
    }
    findings
}

/// Functions as rustfmt lays them out: from the `fn` line to the closing brace of the same indentation.
fn long_functions(name: &str, lines: &[&str]) -> Vec<String> {
    let mut findings = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let starts = ["fn ", "pub fn ", "pub(crate) fn ", "pub(super) fn ", "async fn ", "pub async fn ", "const fn "]
            .iter()
            .any(|prefix| code.starts_with(prefix));
        if !starts {
            continue;
        }
        let closing = format!("{}}}", &line[..line.len() - code.len()]);
        let length = lines[start..].iter().position(|end| **end == closing).unwrap_or(0) + 1;
        if length > FUNCTION_LINES_MAX {
            findings.push(format!("{name}:{}: a function of {length} lines, at most {FUNCTION_LINES_MAX}", start + 1));
        }
    }
    findings
}

#[test]
fn finds_what_it_should() {
    let long = format!("//! x\nfn f() {{\n{}}}\n", "    g();\n".repeat(80));
    assert_eq!(check("a.rs", &long), ["a.rs:2: a function of 82 lines, at most 70"]);
    assert_eq!(check("a.rs", "fn f() {}\n").len(), 1);
    assert_eq!(check("a.rs", &format!("//! x\n// {}: later\n", MARKS[0])).len(), 1);
    assert!(check("a.rs", "//! x\nfn f() {}\n").is_empty());
}
