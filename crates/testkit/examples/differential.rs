//! Runs random queries in all ways, and on a real Flink: `differential [--pairs N] [--seed S] [--flink]`. Prints how each
//! operator fared and, as its last line, the figures as JSON; exits 1 when something differs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use testkit::differential::{Case, Outcome, check, shrink, smallest};

/// Scripts that one JVM judges; more of them take memory without saving time.
const FLINK_BATCH: usize = 250;

#[derive(Default)]
struct Tally {
    pairs: u64,
    agreed: u64,
    differed: u64,
    refused: u64,
}

struct Arguments {
    pairs: u64,
    seed: u64,
    flink: bool,
}

fn arguments() -> Option<Arguments> {
    let mut found = Arguments { pairs: 200, seed: 1, flink: false };
    let mut rest = std::env::args().skip(1);
    while let Some(flag) = rest.next() {
        match flag.as_str() {
            "--pairs" => found.pairs = rest.next()?.parse().ok()?,
            "--seed" => found.seed = rest.next()?.parse().ok()?,
            "--flink" => found.flink = true,
            _ => return None,
        }
    }
    Some(found)
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]
fn main() -> ExitCode {
    let Some(arguments) = arguments() else {
        eprintln!("usage: differential [--pairs N] [--seed S] [--flink]");
        return ExitCode::from(2);
    };
    // A seed is a world of its own: neighbours share no case.
    let first = arguments.seed.wrapping_mul(1_000_003);
    let cases: Vec<Case> = (0..arguments.pairs).map(|at| Case::new(first.wrapping_add(at))).collect();
    let mut tally: BTreeMap<String, Tally> = BTreeMap::new();
    let mut failures = Vec::new();
    for case in &cases {
        let entry = tally.entry(case.operator.name()).or_default();
        entry.pairs += 1;
        match check(case) {
            Outcome::Agrees => entry.agreed += 1,
            Outcome::Differs(why) => {
                entry.differed += 1;
                failures.push(format!("seed {}: {why}\n{}", case.seed, shrink(case)));
            }
            Outcome::Refused(why) => {
                entry.refused += 1;
                failures.push(format!("seed {}: {why}", case.seed));
            }
        }
    }
    let mut flink = None;
    if arguments.flink {
        let differing = judge(&cases);
        for case in &differing {
            let small = smallest(case, first_differing);
            let script = small.answered().unwrap_or_else(|outcome| format!("{outcome:?}"));
            failures.push(format!("seed {}: Flink answers otherwise\n{script}", case.seed));
        }
        flink = Some(differing.len());
    }
    for failure in &failures {
        println!("{failure}\n");
    }
    println!("{:22} {:>6} {:>6} {:>6} {:>7}", "operator", "pairs", "agree", "differ", "refused");
    for (operator, entry) in &tally {
        println!("{operator:22} {:>6} {:>6} {:>6} {:>7}", entry.pairs, entry.agreed, entry.differed, entry.refused);
    }
    let sum = |part: fn(&Tally) -> u64| tally.values().map(part).sum::<u64>();
    println!(
        "{}",
        serde_json::json!({
            "pairs": sum(|entry| entry.pairs), "agree": sum(|entry| entry.agreed),
            "differ": sum(|entry| entry.differed), "refused": sum(|entry| entry.refused),
            "flink_differ": flink, "seed": arguments.seed,
        })
    );
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The cases on which Flink answers otherwise than we do.
fn judge(cases: &[Case]) -> Vec<&Case> {
    let differing = |part: &[Case]| {
        verdicts(part).into_iter().enumerate().filter(|(_, agrees)| !agrees).map(|(at, _)| at).collect()
    };
    let mut found = Vec::new();
    for part in cases.chunks(FLINK_BATCH) {
        let at: Vec<usize> = differing(part);
        found.extend(at.into_iter().map(|at| &part[at]));
    }
    found
}

fn first_differing(candidates: &[Case]) -> Option<usize> {
    if candidates.is_empty() { None } else { verdicts(candidates).iter().position(|agrees| !agrees) }
}

/// Whether Flink agrees with our answers, by case. What we refuse has no answers and is judged elsewhere.
fn verdicts(cases: &[Case]) -> Vec<bool> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |at: usize| folder.path().join(format!("{at:06}.slt"));
    let answered: Vec<bool> = cases
        .iter()
        .enumerate()
        .map(|(at, case)| match case.answered() {
            Ok(script) => std::fs::write(path(at), script).is_ok(),
            Err(_) => false,
        })
        .collect();
    let report = folder.path().join("report.json");
    let status = Command::new(root().join("oracle/slt.sh"))
        .args(["--quiet", "--json"])
        .arg(&report)
        .arg(folder.path())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .status()
        .expect("oracle/slt.sh starts");
    assert!(status.code().is_some_and(|code| code < 3), "Flink is not there: run oracle/setup.sh");
    let text = std::fs::read_to_string(&report).expect("the oracle's report");
    let disagreeing = disagreeing(&serde_json::from_str(&text).expect("the oracle's report is JSON"));
    (0..cases.len()).map(|at| !answered[at] || !disagreeing.contains(&at)).collect()
}

/// Numbers of the files with a block that differs or could not be run.
fn disagreeing(report: &serde_json::Value) -> Vec<usize> {
    let files = report["files"].as_array().cloned().unwrap_or_default();
    let is_off = |file: &&serde_json::Value| {
        let blocks = file["blocks"].as_array().cloned().unwrap_or_default();
        blocks.iter().any(|block| !matches!(block["verdict"].as_str(), Some("ok" | "skipped" | "not-comparable")))
    };
    let number = |file: &serde_json::Value| {
        let name = file["file"].as_str().unwrap_or_default();
        Path::new(name).file_stem()?.to_str()?.parse().ok()
    };
    files.iter().filter(is_off).filter_map(number).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
