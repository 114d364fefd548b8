//! Runs all scripted SQL tests of the workspace in all three ways. What does not agree yet is named in `tests/slt/gaps.txt`,
//! one `file:line  why` a line; a gap that has been closed must leave the list.

use engine::Delivery;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;
use testkit::slt::{FileReport, Input, Mode, Options, Summary, Verdict, run_files};

#[test]
fn all_scripts_agree_in_all_ways() {
    let root = root();
    let start = now();
    let reports = run_all(Delivery::Record);
    let summary = Summary::of(&reports, start.elapsed().as_secs_f64());
    let gaps = gaps(&std::fs::read_to_string(root.join("gaps.txt")).expect("a list of gaps"));
    let failed: BTreeSet<String> = reports.iter().flat_map(failed_blocks).collect();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        write_gaps(&root.join("gaps.txt"), &failed, &gaps);
        return;
    }
    let news = describe(&reports, &gaps);
    let closed: Vec<&String> = gaps.keys().filter(|gap| !failed.contains(*gap)).collect();
    assert!(
        news.is_empty() && closed.is_empty(),
        "{summary:?}\n{news}closed gaps, to be taken off the list: {closed:?}"
    );
}

/// Tables of sinks in which Flink leaves former rows: a -U whose +U has another key, or never comes, takes nothing away there.
/// Rows that come and go within an epoch never reach them in batch delivery, as with Flink's mini-batches.
const FORMER_ROWS: [&str; 3] = [
    "operators/filter_over_aggregate.slt:54",
    "operators/keyed_sink_superset_of_upsert_key.slt:40",
    "planner/sink_key_beside_casts.slt:83",
];

/// Tables do not depend on how changes travel: with every feed in one epoch, in batch delivery, they are the same.
#[test]
fn tables_are_the_same_in_batch_delivery() {
    let mut differing = String::new();
    let mut former: BTreeSet<&str> = FORMER_ROWS.into();
    for report in run_all(Delivery::Batch) {
        let failed = report.blocks.iter().filter(|block| !matches!(block.verdict, Verdict::Ok | Verdict::Skipped));
        for block in failed.filter(|block| block.block != "changelog") {
            let place = format!("{}:{}", report.path, block.line);
            if FORMER_ROWS.contains(&place.as_str()) {
                former.remove(place.as_str());
                continue;
            }
            let (missing, extra) = block.difference();
            let why = block.diagnostic.as_ref().map_or_else(String::new, ToString::to_string);
            let how = format!("{} {}", block.block, block.mode.name());
            let _ = writeln!(differing, "{place} {how}: only one by one {missing:?}, only together {extra:?} {why}");
        }
    }
    assert!(differing.is_empty() && former.is_empty(), "{differing}no former rows any more: {former:?}");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/slt")
}

fn run_all(delivery: Delivery) -> Vec<FileReport> {
    let root = root();
    let mut paths = Vec::new();
    walk(&root, &mut paths);
    paths.sort();
    assert!(!paths.is_empty(), "no scripts below {}", root.display());
    let inputs = paths.iter().map(|path| Input {
        path: path.strip_prefix(&root).unwrap_or(path).display().to_string(),
        text: std::fs::read_to_string(path).expect("a readable script"),
    });
    let options = Options { modes: Mode::ALL.to_vec(), delivery, ..Options::default() };
    let mut reports = Vec::new();
    run_files(inputs.collect(), &options, |report| {
        reports.push(report);
        true
    });
    reports
}

/// `file:line` of every block that neither agreed nor was skipped.
fn failed_blocks(report: &FileReport) -> impl Iterator<Item = String> {
    let failed = report.blocks.iter().filter(|block| !matches!(block.verdict, Verdict::Ok | Verdict::Skipped));
    failed.map(|block| format!("{}:{}", report.path, block.line))
}

/// Known gaps and why they are there.
fn gaps(text: &str) -> BTreeMap<String, String> {
    let gap = |line: &str| {
        let (place, why) = line.split_once("  ")?;
        Some((place.to_owned(), why.trim().to_owned()))
    };
    text.lines().filter(|line| !line.starts_with('#')).filter_map(gap).collect()
}

fn write_gaps(path: &Path, failed: &BTreeSet<String>, known: &BTreeMap<String, String>) {
    let mut text = "# Blocks that do not agree with Flink yet: file:line, and why.\n".to_owned();
    for place in failed {
        let _ = writeln!(text, "{place}  {}", known.get(place).map_or("not looked into", String::as_str));
    }
    std::fs::write(path, text).expect("the list can be written");
}

/// Examples in the documentation are scripts: fenced blocks that begin with a statement.
#[test]
fn documented_scripts_agree() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let mut inputs = Vec::new();
    for entry in std::fs::read_dir(root).expect("the documentation") {
        let path = entry.expect("an entry").path();
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let fenced = text.split("```\n").skip(1).step_by(2).filter(|block| block.starts_with("statement "));
        let name = path.display().to_string();
        inputs.extend(fenced.map(|block| Input { path: name.clone(), text: block.to_owned() }));
    }
    assert!(!inputs.is_empty(), "the documentation has examples");
    let mut reports = Vec::new();
    run_files(inputs, &Options::default(), |report| {
        reports.push(report);
        true
    });
    let summary = Summary::of(&reports, 0.0);
    assert!(summary.passed(false), "{}", describe(&reports, &BTreeMap::new()));
}

#[expect(clippy::disallowed_methods, reason = "a test says how long it took")]
fn now() -> Instant {
    Instant::now()
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "slt") {
            found.push(path);
        }
    }
}

fn describe(reports: &[FileReport], gaps: &BTreeMap<String, String>) -> String {
    let mut text = String::new();
    for report in reports {
        for block in &report.blocks {
            let is_known = gaps.contains_key(&format!("{}:{}", report.path, block.line));
            if is_known || matches!(block.verdict, Verdict::Ok | Verdict::Skipped) {
                continue;
            }
            let (way, verdict) = (block.mode.name(), block.verdict.name());
            let _ = writeln!(text, "{}:{}: {} {verdict} ({way})", report.path, block.line, block.block);
            if let Some(diagnostic) = &block.diagnostic {
                let _ = writeln!(text, "    {diagnostic}");
            }
            let (missing, extra) = block.difference();
            for line in missing {
                let _ = writeln!(text, "    - {line}");
            }
            for line in extra {
                let _ = writeln!(text, "    + {line}");
            }
        }
    }
    text
}
