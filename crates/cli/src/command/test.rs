//! `headwater test`: scripted SQL tests.

use super::Run;
use crate::context::{Answer, CommandResult, Context, Failure};
use crate::input::{self, Sources, Text};
use crate::output::{Output, Paint, located};
use crate::values::duration;
use clap::Args;
use data::{Diagnostic, Located};
use serde::Serialize;
use std::time::Duration;
use testkit::slt::{BlockReport, FileReport, Input, Mode, Options, Summary, Verdict, junit_xml, run_files};

const EXAMPLES: &str = "Examples:
  headwater test
  headwater test tests/orders.slt --mode straight,checkpoint,restart
  headwater test --update tests/new.slt    fill in what comes out, then read the diff";

/// Run scripted SQL tests (`.slt`)
///
/// A script feeds tables, moves time, and says what must come out: changelogs, table contents, query results, types,
/// row kinds, keys, errors. Nothing outside the process is needed, and files do not depend on each other.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Test {
    /// Files, or folders of `.slt` files; `-` is standard input [default: the current folder]
    paths: Vec<String>,
    /// Ways to run each file: as it stands, with a checkpoint after each feed, with a restart after each feed
    #[arg(long = "mode", value_name = "MODE", value_delimiter = ',', default_value = "straight", value_parser = mode)]
    modes: Vec<Mode>,
    /// Rewrite expectations to what came out
    #[arg(long)]
    update: bool,
    /// Limit for one file
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = duration)]
    timeout: Duration,
    /// Blocks that are not supported do not count as failures
    #[arg(long)]
    allow_unsupported: bool,
    /// Write a report in JUnit's format
    #[arg(long, value_name = "FILE")]
    junit_xml: Option<String>,
    /// Files at a time
    #[arg(long, value_name = "N", default_value_t = 2)]
    jobs: usize,
}

fn mode(text: &str) -> Result<Mode, String> {
    Mode::from_name(text).ok_or_else(|| "one of `straight`, `checkpoint`, `restart`".to_owned())
}

/// A line of the JSON result.
#[derive(Serialize)]
struct BlockLine<'a> {
    file: &'a str,
    line: usize,
    block: &'a str,
    label: Option<&'a str>,
    mode: Mode,
    verdict: Verdict,
    got: &'a [String],
    expected: &'a [String],
    diagnostic: Option<Located>,
}

#[derive(Serialize)]
struct SummaryLine {
    summary: Summary,
}

impl Run for Test {
    fn run(self, context: &mut Context) -> CommandResult {
        context.output.text_or_json()?;
        let start = deploy::instant();
        let paths = if self.paths.is_empty() { vec![".".to_owned()] } else { self.paths.clone() };
        let mut inputs = Vec::new();
        let mut reports = Vec::new();
        let files = input::files(&paths, "slt")?;
        if files.is_empty() {
            let error = Diagnostic::run("HW4505", format!("there are no .slt files in {}", paths.join(", ")));
            return Err(error.hint("name a file, or a folder with scripted tests in it").into());
        }
        for path in files {
            match input::read(&path) {
                Ok(Text { file, text }) => inputs.push(Input { path: file.unwrap_or(path), text }),
                // What is wrong with one file of a folder is no reason to leave out the others.
                Err(Failure::Because(error)) if !paths.contains(&path) => {
                    let report = FileReport::unreadable(&path, *error, self.modes[0]);
                    show(&mut context.output, &report)?;
                    reports.push(report);
                }
                Err(failure) => return Err(failure),
            }
        }
        let options =
            Options {
 modes: distinct(&self.modes), timeout: self.timeout, threads: self.jobs, update: self.update, ..Options::default() };
        let mut failed = None;
        run_files(inputs, &options, |report| {
            if let Err(failure) = show(&mut context.output, &report) {
                failed = Some(failure);
            }
            reports.push(report);
            failed.is_none()
        });
        if let Some(failure) = failed {
            return Err(failure);
        }
        let summary = Summary::of(&reports, start.elapsed().as_secs_f64());
        let updated = write_updates(&reports)?;
        if let Some(path) = &self.junit_xml {
            write(path, &junit_xml(&reports, &summary))?;
        }
        finish(&mut context.output, &summary, updated)?;
        Ok(Answer::yes_if(summary.passed(self.allow_unsupported)))
    }
}

fn distinct(modes: &[Mode]) -> Vec<Mode> {
    let mut found = Vec::new();
    for mode in modes {
        if !found.contains(mode) {
            found.push(*mode);
        }
    }
    found
}

fn write(path: &str, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|error| {
        Failure::from(Diagnostic::run("HW4502", format!("`{path}` cannot be written"))
                .detail(error.to_string())
                .hint("check that this user may write the file, and that the disk is not full"))
    })
}

/// How many files were rewritten.
fn write_updates(reports: &[FileReport]) -> Result<usize, Failure> {
    let mut count = 0;
    for report in reports {
        if let Some(text) = &report.updated {
            write(&report.path, text)?;
            count += 1;
        }
    }
    Ok(count)
}

fn show(output: &mut Output, report: &FileReport) -> Result<(), Failure> {
    let sources = Sources::one(Some(&report.path), &report.text);
    if output.is_json() {
        for block in &report.blocks {
            output.json(&BlockLine {
                file: &report.path,
                line: block.line,
                block: block.block,
                label: block.label.as_deref(),
                mode: block.mode,
                verdict: block.verdict,
                got: &block.got,
                expected: &block.expected,
                diagnostic: block.diagnostic.as_ref().map(|diagnostic| located(diagnostic, &sources)),
            })?;
        }
        return output.flush();
    }
    let sums = Summary::of(std::slice::from_ref(report), report.seconds);
    let bad = sums.differs + sums.error + sums.unsupported;
    let word = if bad == 0 { output.paint(Paint::Good, "ok    ") } else { output.paint(Paint::Bad, "FAILED") };
    output.line(format_args!("{word} {} ({} blocks)", report.path, sums.blocks))?;
    for block in report.blocks.iter().filter(|block| block.verdict != Verdict::Ok) {
        show_block(output, report, block, &sources)?;
    }
    output.flush()
}

fn show_block(output: &mut Output, report: &FileReport, block: &BlockReport, sources: &Sources) -> Result<(), Failure> {
    if block.verdict == Verdict::Skipped {
        return Ok(());
    }
    let label = block.label.as_ref().map(|label| format!(" ({label})")).unwrap_or_default();
    let way = if block.mode == Mode::Straight { String::new() } else { format!(", {} way", block.mode.name()) };
    let verdict = output.paint(Paint::Bad, block.verdict.name());
    output.line(format_args!("  {}:{}: {}{label} {verdict}{way}", report.path, block.line, block.block))?;
    let (missing, extra) = block.difference();
    for line in &missing {
        let mark = output.paint(Paint::Bad, "-");
        output.line(format_args!("    {mark} {line}"))?;
    }
    for line in &extra {
        let mark = output.paint(Paint::Good, "+");
        output.line(format_args!("    {mark} {line}"))?;
    }
    if block.verdict == Verdict::Differs && block.diagnostic.is_none() && missing.is_empty() && extra.is_empty() {
        output.line("    the same rows in another order")?;
    }
    if let Some(diagnostic) = &block.diagnostic {
        output.findings(std::slice::from_ref(diagnostic), sources)?;
    }
    Ok(())
}

fn finish(output: &mut Output, summary: &Summary, updated: usize) -> Result<(), Failure> {
    if output.is_json() {
        return output.json(&SummaryLine { summary: *summary });
    }
    let mut parts = Vec::new();
    for (count, word) in [
        (summary.differs, "differ"),
        (summary.error, "in error"),
        (summary.unsupported, "unsupported"),
        (summary.skipped, "skipped"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {word}"));
        }
    }
    let rest = if parts.is_empty() { String::new() } else { format!(", {}", parts.join(", ")) };
    let Summary { files, blocks, ok, seconds, .. } = summary;
    output.line(format_args!("{files} files, {blocks} blocks: {ok} ok{rest}, {seconds:.2} s"))?;
    if updated > 0 {
        output.note(format_args!("{updated} files rewritten; read the diff"))?;
    }
    Ok(())
}
