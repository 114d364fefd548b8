//! Runs a case in all ways and compares what is left in its sinks.

use super::{Case, Variant};
use crate::slt::{FileReport, Input, Mode, Options, Verdict, run_files};
use std::collections::BTreeMap;

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Agrees,
    /// Which ways differ, and in what.
    Differs(String),
    /// A statement of the case was not accepted.
    Refused(String),
}

/// Rows by sink, sorted.
type Answers = BTreeMap<&'static str, Vec<String>>;

/// Runs the case in all ways and compares them.
pub fn check(case: &Case) -> Outcome {
    let whole = match answers(case, Variant::Records) {
        Ok(answers) => answers,
        Err(outcome) => return outcome,
    };
    let mut found = compare_ways(case, Variant::Records, &whole.updated);
    found.extend(compare_parts(&whole.answers));
    let mut others = vec![Variant::Together, Variant::Kept, Variant::KeptTogether];
    // What is late is left out of a stream, and batch knows no lateness. An aggregate without a key over no rows is no row in
    // a stream, one row in batch: so it is in Flink.
    let is_nothing = case.query.is_global && whole.answers.values().all(Vec::is_empty);
    if !case.may_be_late() && !is_nothing {
        others.push(Variant::Batch);
    }
    for variant in others {
        match answers(case, variant) {
            Ok(other) => {
                found.extend(compare(&whole.answers, &other.answers, variant));
                if variant.is_kept() {
                    found.extend(compare_ways(case, variant, &other.updated));
                }
            }
            Err(outcome) => return outcome,
        }
    }
    if found.is_empty() { Outcome::Agrees } else { Outcome::Differs(found.join("\n")) }
}

struct Ran {
    answers: Answers,
    /// The script with its answers.
    updated: String,
}

impl Case {
    /// The script whose answers are what our engine says, for another engine to judge.
    pub fn answered(&self) -> Result<String, Outcome> {
        answers(self, Variant::Records).map(|ran| ran.updated)
    }
}

fn answers(case: &Case, variant: Variant) -> Result<Ran, Outcome> {
    let text = case.script(variant);
    let report = run(&text, vec![Mode::Straight], true, variant);
    let mut answers = Answers::new();
    let tables = report.blocks.iter().filter(|block| block.block == "table");
    for ((sink, _), block) in case.sinks().into_iter().zip(tables) {
        let mut rows = block.got.clone();
        rows.sort();
        answers.insert(sink, rows);
    }
    if let Some(why) = refusal(&report) {
        return Err(Outcome::Refused(format!("{variant:?}: {why}\n{text}")));
    }
    Ok(Ran { answers, updated: report.updated.unwrap_or(text) })
}

fn run(text: &str, modes: Vec<Mode>, update: bool, variant: Variant) -> FileReport {
    let input = Input { path: "case".to_owned(), text: text.to_owned() };
    let options = Options { modes, update, threads: 1, delivery: variant.delivery(), ..Options::default() };
    let mut report = None;
    run_files(vec![input], &options, |done| {
        report = Some(done);
        true
    });
    report.expect("one report per file")
}

/// The first block that could not be carried out.
fn refusal(report: &FileReport) -> Option<String> {
    let failed = |verdict| matches!(verdict, Verdict::Error | Verdict::Unsupported);
    let block = report.blocks.iter().find(|block| failed(block.verdict))?;
    let why = block.diagnostic.as_ref().map_or_else(String::new, ToString::to_string);
    Some(format!("line {}: {} {}: {why}", block.line, block.block, block.verdict.name()))
}

/// With checkpoints and restarts the answers must be those of the straight way.
fn compare_ways(case: &Case, variant: Variant, updated: &str) -> Vec<String> {
    let report = run(updated, vec![Mode::Checkpoint, Mode::Restart], false, variant);
    let differing = report.blocks.iter().filter(|block| !matches!(block.verdict, Verdict::Ok | Verdict::Skipped));
    let describe = |block: &crate::slt::BlockReport| {
        let (missing, extra) = block.difference();
        let why = block.diagnostic.as_ref().map_or_else(String::new, ToString::to_string);
        format!(
            "{variant:?} {}: line {}: only straight {missing:?}, only here {extra:?} {why}",
            block.mode.name(),
            block.line
        )
    };
    debug_assert!(!case.sinks().is_empty(), "a case has a sink");
    differing.map(describe).collect()
}

/// The parts for which a condition holds, fails and is unknown add up to the whole.
fn compare_parts(answers: &Answers) -> Option<String> {
    let parts = ["holds", "fails", "neither"].map(|part| answers.get(part));
    let [Some(holds), Some(fails), Some(unknown)] = parts else { return None };
    let mut sum: Vec<String> = [holds, fails, unknown].into_iter().flatten().cloned().collect();
    sum.sort();
    (sum != answers["whole"]).then(|| format!("split: {}", difference(&answers["whole"], &sum)))
}

fn compare(whole: &Answers, other: &Answers, variant: Variant) -> Option<String> {
    let differing = whole.iter().find(|(sink, rows)| other.get(*sink) != Some(rows))?;
    let found = other.get(differing.0).map_or(&[] as &[String], Vec::as_slice);
    Some(format!("{variant:?}: {}: {}", differing.0, difference(differing.1, found)))
}

fn difference(expected: &[String], found: &[String]) -> String {
    let mut extra = found.to_vec();
    let mut missing = Vec::new();
    for row in expected {
        match extra.iter().position(|other| other == row) {
            Some(at) => drop(extra.remove(at)),
            None => missing.push(row),
        }
    }
    format!("missing {missing:?}, extra {extra:?}")
}
