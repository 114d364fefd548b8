//! Runs random queries in all ways, and on a real Flink: `differential [--pairs N] [--seed S] [--flink]`. Prints how each
//! operator fared and, as its last line, the figures as JSON; exits 1 when something differs. A statement that Flink
//! does not carry out is named with Flink's reason: it has no answer that could differ.

use serde_json::Value as Json;
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
        let (mut differ, mut refuse) = (0, 0);
        for (case, judgement) in cases.iter().zip(judge(&cases)) {
            match judgement {
                Judgement::Agrees => {}
                Judgement::Refuses(why) => {
                    refuse += 1;
                    println!("seed {}: Flink refuses it: {why}\n", case.seed);
                }
                Judgement::Differs => {
                    differ += 1;
                    let small = smallest(case, first_differing);
                    let script = small.answered().unwrap_or_else(|outcome| format!("{outcome:?}"));
                    failures.push(format!("seed {}: Flink answers otherwise\n{script}", case.seed));
                }
            }
        }
        flink = Some((differ, refuse));
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
            "flink_differ": flink.map(|flink| flink.0), "flink_refuse": flink.map(|flink| flink.1),
            "seed": arguments.seed,
        })
    );
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What Flink says of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Judgement {
    Agrees,
    Differs,
    /// It does not carry out a statement of the case, and why.
    Refuses(String),
}

/// What Flink says of each case.
fn judge(cases: &[Case]) -> Vec<Judgement> {
    cases.chunks(FLINK_BATCH).flat_map(judge_part).collect()
}

fn first_differing(candidates: &[Case]) -> Option<usize> {
    judge(candidates).iter().position(|judgement| *judgement == Judgement::Differs)
}

/// What we refuse has no answers and is judged elsewhere.
fn judge_part(cases: &[Case]) -> Vec<Judgement> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |at: usize| folder.path().join(format!("{at:06}.slt"));
    for (at, case) in cases.iter().enumerate() {
        if let Ok(script) = case.answered() {
            std::fs::write(path(at), script).expect("a script can be written");
        }
    }
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
    let report: Json = serde_json::from_str(&text).expect("the oracle's report is JSON");
    let mut judgements = vec![Judgement::Agrees; cases.len()];
    for file in report["files"].as_array().into_iter().flatten() {
        let name = Path::new(file["file"].as_str().unwrap_or_default()).file_stem().unwrap_or_default();
        let number = name.to_str().and_then(|name| name.parse::<usize>().ok());
        if let Some(judgement) = number.and_then(|number| judgements.get_mut(number)) {
            *judgement = judgement_of(file);
        }
    }
    judgements
}

fn judgement_of(file: &Json) -> Judgement {
    let is_off = |block: &&Json| !matches!(block["verdict"].as_str(), Some("ok" | "skipped" | "not-comparable"));
    let blocks: Vec<&Json> = file["blocks"].as_array().into_iter().flatten().filter(is_off).collect();
    match blocks.iter().find(|block| block["kind"] == "statement") {
        Some(refused) => Judgement::Refuses(refused["reason"].as_str().unwrap_or_default().to_owned()),
        None if blocks.is_empty() => Judgement::Agrees,
        None => Judgement::Differs,
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
