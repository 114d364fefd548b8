//! Runs the corpus (or the files given) on a real Flink and reports how far it agrees, by family; for the whole corpus it
//! writes `docs/conformance.md`. The last line is the figures as JSON; exits 1 when a final table differs.

use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// What became of the blocks of a family.
#[derive(Default)]
struct Family {
    files: u64,
    agree: u64,
    differ: Vec<String>,
    not_judged: u64,
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]
fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let corpus = root.join("tests/slt");
    let given: Vec<PathBuf> = std::env::args().skip(1).map(PathBuf::from).collect();
    let is_whole = given.is_empty();
    let paths = if is_whole { vec![corpus] } else { given };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let report = folder.path().join("report.json");
    let mut command = Command::new(root.join("oracle/slt.sh"));
    let status = command.args(["--quiet", "--json"]).arg(&report).args(&paths).status();
    if !status.is_ok_and(|status| status.code().is_some_and(|code| code < 3)) {
        eprintln!("Flink is not there: run oracle/setup.sh");
        return ExitCode::from(2);
    }
    let text = std::fs::read_to_string(&report).expect("the oracle's report");
    let families = families(&serde_json::from_str(&text).expect("the oracle's report is JSON"));
    let table = table(&families);
    println!("{table}");
    let sum = |part: fn(&Family) -> u64| families.values().map(part).sum::<u64>();
    let differ = sum(|family| family.differ.len() as u64);
    for place in families.values().flat_map(|family| &family.differ) {
        println!("differs: {place}");
    }
    if is_whole {
        let page = format!("{INTRODUCTION}\n{table}{}", listed(&families));
        std::fs::write(root.join("docs/conformance.md"), page).expect("the page can be written");
    }
    println!(
        "{}",
        serde_json::json!({
            "files": sum(|family| family.files), "agree": sum(|family| family.agree), "differ": differ,
            "not_judged": sum(|family| family.not_judged),
        })
    );
    if differ == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

const INTRODUCTION: &str = "# Agreement with Apache Flink

Written by `cargo xtask oracle`: the scripted tests of `tests/slt`, carried out by Apache Flink 2.3.0. The expectations are
those that our engine is held against by the plain tests, so that a block on which Flink agrees is one on which both do.
Blocks that are not judged are marked in their files with the reason, need a statement that is not judged, or ask for one
of our own codes.
";

fn families(report: &Json) -> BTreeMap<String, Family> {
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    for file in report["files"].as_array().into_iter().flatten() {
        let path = file["file"].as_str().unwrap_or_default();
        let below = path.rsplit_once("tests/slt/").map_or(path, |(_, below)| below);
        let name = below.rsplit_once('/').map_or("", |(folder, _)| folder);
        let family = families.entry(name.to_owned()).or_default();
        family.files += 1;
        for block in file["blocks"].as_array().into_iter().flatten() {
            match block["verdict"].as_str() {
                Some("ok") => family.agree += 1,
                Some("not-comparable" | "skipped") => family.not_judged += 1,
                verdict => {
                    let place = format!("{below}:{} {}", block["line"], verdict.unwrap_or_default());
                    family.differ.push(place);
                }
            }
        }
    }
    families
}

fn table(families: &BTreeMap<String, Family>) -> String {
    let mut text = "| family | files | blocks that agree | differ | not judged |\n|---|---|---|---|---|\n".to_owned();
    for (name, family) in families {
        let (files, agree, differ) = (family.files, family.agree, family.differ.len());
        let _ = writeln!(text, "| {name} | {files} | {agree} | {differ} | {} |", family.not_judged);
    }
    text
}

fn listed(families: &BTreeMap<String, Family>) -> String {
    let differing: Vec<&String> = families.values().flat_map(|family| &family.differ).collect();
    if differing.is_empty() {
        return String::new();
    }
    let lines: Vec<String> = differing.into_iter().map(|place| format!("- {place}\n")).collect();
    format!("\nBlocks that differ:\n\n{}", lines.concat())
}
