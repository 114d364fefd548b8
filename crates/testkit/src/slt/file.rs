//! One file, block by block: what each directive does to the [`World`], and the verdict.

use super::compare::{Printed, last_per_key, same_list, same_multiset};
use super::depend::Missing;
use super::parse::leading_name;
use super::pool::{Input, Options, Shared, locked};
use super::report::{BlockReport, Mode, Verdict};
use super::row::BAD_ROW;
use super::script::{Block, Directive, Expectation, Rewrite, RowLine, Script, Sql, phase_word};
use super::world::World;
use data::{Diagnostic, Span, crash};
use engine::Delivery;
use std::borrow::Cow;

/// Runs a file in all ways asked for; reports go to `shared` block by block.
pub(super) fn run(input: &Input, options: &Options, shared: &Shared) {
    let script = match super::parse(&input.path, &input.text) {
        Ok(script) => script,
        Err(errors) => {
            let malformed = |error: Diagnostic| {
                let at = error.span.map_or(0, |span| span.start as usize);
                let line = data::diagnostic::line_column(&input.text, at).0;
                let mut report = BlockReport::new(line, "file", options.modes[0], Verdict::Error);
                report.diagnostic = Some(error);
                report
            };
            locked(shared).blocks.extend(errors.into_iter().map(malformed));
            return;
        }
    };
    let own = |block: &Block| matches!(block.directive, Directive::Checkpoint | Directive::Restart { .. });
    let straight_only = script.blocks.iter().any(own);
    for &mode in &options.modes {
        // A file that has its own checkpoints runs straight only, once.
        if straight_only && mode != Mode::Straight && options.modes.contains(&Mode::Straight) {
            continue;
        }
        let mode = if straight_only { Mode::Straight } else { mode };
        let mut run = Run::new(&script, mode, options.delivery);
        for index in 0..script.blocks.len() {
            let block = &script.blocks[index];
            {
                let mut progress = locked(shared);
                if progress.given_up {
                    return;
                }
                progress.now = Some((block.line, block.directive.name(), mode));
            }
            let report = run.block(index);
            locked(shared).blocks.push(report);
        }
        run.revise(&mut locked(shared).blocks);
        if options.update && mode == Mode::Straight {
            let text = script.rewritten(&run.rewrites);
            locked(shared).updated = (text != script.text && !run.rewrites.is_empty()).then_some(text);
        }
    }
}

/// A file in one way.
struct Run<'s> {
    script: &'s Script,
    mode: Mode,
    world: World,
    missing: Missing,
    rewrites: Vec<Rewrite>,
    /// A panic while rows were moving: the world cannot be trusted any more.
    broken: Option<Diagnostic>,
    restarts: usize,
}

/// What came of a block.
enum Outcome {
    /// With a remark, if there is one.
    Ok(Option<Diagnostic>),
    Differs {
        got: Vec<String>,
        why: Option<Diagnostic>,
    },
    Error(Diagnostic),
}

impl<'s> Run<'s> {
    fn new(script: &'s Script, mode: Mode, delivery: Delivery) -> Self {
        let batch = script.blocks.iter().any(|block| {
            matches!(&block.directive, Directive::Config { key, value }
                if key == "execution.runtime-mode" && value.eq_ignore_ascii_case("batch"))
        });
        let own = |block: &Block| matches!(block.directive, Directive::Checkpoint | Directive::Restart { .. });
        let checkpoints = mode != Mode::Straight || script.blocks.iter().any(own);
        Self {
            script,
            mode,
            world: World::new(batch, checkpoints, delivery),
            missing: Missing::default(),
            rewrites: Vec::new(),
            broken: None,
            restarts: 0,
        }
    }

    fn block(&mut self, index: usize) -> BlockReport {
        let block = &self.script.blocks[index];
        let outcome = self.skipped(block).map_or_else(|| self.guarded(index), Outcome::Error);
        for (refused, _) in self.world.refused_at_start() {
            if let Some(sql) = self.script.blocks[*refused].directive.sql() {
                self.missing.refuse(&sql.text);
            }
        }
        let skipped = matches!(&outcome, Outcome::Error(error) if error.code == SKIPPED);
        let mut report = BlockReport::new(block.line, block.directive.name(), self.mode, Verdict::Ok);
        report.label = block.label.as_deref().map(str::to_owned);
        match outcome {
            Outcome::Ok(remark) => report.diagnostic = remark,
            Outcome::Differs { got, why } => {
                report.verdict = Verdict::Differs;
                report.got = got;
                report.expected = block.directive.expected().to_vec();
                report.diagnostic = why;
            }
            Outcome::Error(diagnostic) => {
                report.verdict = match skipped {
                    true => Verdict::Skipped,
                    false if diagnostic.is_unsupported() => Verdict::Unsupported,
                    false => Verdict::Error,
                };
                report.diagnostic = Some(diagnostic);
            }
        }
        report.diagnostic = report.diagnostic.map(|diagnostic| self.placed(block, diagnostic));
        report
    }

    /// The diagnostic with its span in the file.
    fn placed(&self, block: &Block, mut diagnostic: Diagnostic) -> Diagnostic {
        if diagnostic.file.is_some() {
            return diagnostic;
        }
        let start = match block.directive.sql() {
            Some(sql) => sql.start as u32,
            None if diagnostic.code == BAD_ROW => 0,
            None => {
                diagnostic.span = None;
                0
            }
        };
        let moved = |span: Span| Span { start: span.start + start, end: span.end + start };
        diagnostic.span = diagnostic.span.map(moved);
        for related in &mut diagnostic.related {
            related.span = related.span.map(moved);
        }
        for fix in &mut diagnostic.fix {
            fix.span = moved(fix.span);
        }
        diagnostic.in_file(&self.script.path)
    }

    /// Why the block is not run at all.
    fn skipped(&mut self, block: &Block) -> Option<Diagnostic> {
        let skip = |cause: String| {
            Diagnostic::run(SKIPPED, "not run, because it needs a statement that was not carried out").detail(cause)
        };
        if let Some(broken) = &self.broken {
            return Some(skip(broken.to_string()));
        }
        let text: Cow<str> = match &block.directive {
            Directive::Statement { sql, .. } | Directive::Query { sql, .. } | Directive::Ask { sql, .. } => {
                sql.text.as_str().into()
            }
            Directive::Feed { table: Some(table), .. }
            | Directive::Replace { table, .. }
            | Directive::Watermark { table, .. }
            | Directive::End { table: Some(table) }
            | Directive::Changelog { table, .. }
            | Directive::Table { table, .. } => table.as_str().into(),
            Directive::Feed { table: None, rows, .. } => {
                let name = |row: &RowLine| leading_name(row.text.trim_start()).map(|(name, _)| name.to_owned());
                rows.iter().filter_map(name).collect::<Vec<_>>().join(" ").into()
            }
            _ => return None,
        };
        if let Directive::Statement { sql, .. } = &block.directive {
            // A second attempt to create what is missing is not a dependant of the first.
            self.missing.found(&sql.text);
        }
        let name = self.missing.mentioned(&text)?.to_owned();
        if let Directive::Statement { sql, .. } = &block.directive {
            self.missing.refuse(&sql.text);
        }
        Some(skip(format!("`{name}` is not there, or not filled")))
    }

    /// Runs the block; a panic is an error of this block, and of the world if it may be half-changed.
    fn guarded(&mut self, index: usize) -> Outcome {
        let asks = matches!(
            self.script.blocks[index].directive,
            Directive::Statement { .. } | Directive::Query { .. } | Directive::Ask { .. }
        );
        match crash::catch(|| self.step(index)) {
            Ok(outcome) => outcome,
            Err(diagnostic) => {
                if asks {
                    if let Directive::Statement { sql, .. } = &self.script.blocks[index].directive {
                        self.missing.refuse(&sql.text);
                    }
                } else {
                    self.broken = Some(diagnostic.clone());
                }
                Outcome::Error(diagnostic)
            }
        }
    }

    fn step(&mut self, index: usize) -> Outcome {
        let block = &self.script.blocks[index];
        let done = |result: Result<(), Diagnostic>| result.map_or_else(Outcome::Error, |()| Outcome::Ok(None));
        match &block.directive {
            Directive::Config { key, value } => self.world.set(key, value).map_or_else(Outcome::Error, Outcome::Ok),
            Directive::Statement { sql, error } => self.statement(index, sql, error.as_ref()),
            Directive::Error(expectation) => self.failed(index, expectation),
            Directive::Feed { table, batch, rows } => {
                done(self.world.feed(table.as_deref(), *batch, rows).and_then(|()| self.interrupt()))
            }
            Directive::Replace { table, rows } => done(self.world.replace(table, rows)),
            Directive::Watermark { table, time } => done(self.world.watermark(table, time)),
            Directive::Clock { time } => done(self.world.clock(time)),
            Directive::End { table } => done(self.world.end(table.as_deref())),
            Directive::Checkpoint => done(self.world.checkpoint()),
            Directive::Restart { parallelism } => done(self.world.restart(*parallelism)),
            Directive::Changelog { table, upsert, expected } => self.changelog(index, table, *upsert, expected),
            Directive::Table { table, expected } => match self.world.table(table) {
                Ok(got) => self.compare(index, got, expected, false),
                Err(error) => Outcome::Error(error),
            },
            Directive::Query { sql, ordered, error, expected } => {
                self.query(index, sql, *ordered, error.as_ref(), expected)
            }
            Directive::Ask { question, sql, expected } => match self.world.ask(*question, &sql.text) {
                Ok(got) => {
                    let got = got.into_iter().map(Printed::exact).collect();
                    self.compare(index, got, expected, *question == super::script::Question::Types)
                }
                Err(error) => Outcome::Error(error),
            },
        }
    }

    /// What the way of running does after each feed.
    fn interrupt(&mut self) -> Result<(), Diagnostic> {
        if self.mode != Mode::Straight {
            self.world.checkpoint()?;
        }
        if self.mode == Mode::Restart {
            self.restarts += 1;
            self.world.restart(Some(1 + self.restarts % 3))?;
        }
        Ok(())
    }

    fn statement(&mut self, index: usize, sql: &Sql, error: Option<&Expectation>) -> Outcome {
        let run = error.is_some_and(Expectation::may_run);
        let result = self.world.statement(index, &sql.text, run);
        if result.as_ref().is_err_and(|diagnostic| error.is_none() || diagnostic.is_unsupported()) {
            self.missing.refuse(&sql.text);
        }
        self.judge(index, "statement", error, result)
    }

    fn failed(&mut self, index: usize, expectation: &Expectation) -> Outcome {
        match self.world.take_failure() {
            Err(error) => Outcome::Error(error),
            Ok(None) => {
                let why = Diagnostic::run(NOTHING_FAILED, "no running statement has failed");
                Outcome::Differs { got: Vec::new(), why: Some(why) }
            }
            Ok(Some(failure)) => self.judge(index, "error", Some(expectation), Err(failure)),
        }
    }

    fn changelog(&mut self, index: usize, table: &str, upsert: bool, expected: &[String]) -> Outcome {
        let got = match self.world.changelog(table) {
            Ok(got) => got,
            Err(error) => return Outcome::Error(error),
        };
        if self.mode != Mode::Straight {
            let why = "changes are compared in the straight way only: which of them come depends on where epochs end";
            return Outcome::Error(Diagnostic::run(SKIPPED, "not compared").detail(why));
        }
        if !upsert {
            return self.compare(index, got, expected, false);
        }
        match self.world.key(table) {
            Ok((key, width)) => {
                let got = last_per_key(got, |line| &line.text, &key, width);
                let expected = last_per_key(expected.to_vec(), |line| line, &key, width);
                self.compare(index, got, &expected, false)
            }
            Err(error) => Outcome::Error(error),
        }
    }

    fn query(
        &mut self,
        index: usize,
        sql: &Sql,
        ordered: bool,
        error: Option<&Expectation>,
        expected: &[String],
    ) -> Outcome {
        if let Err(error) = self.world.settle() {
            return Outcome::Error(error);
        }
        let mut got = match self.world.query(&sql.text) {
            Ok(got) => got,
            Err(diagnostic) => return self.judge(index, "query", error, Err(diagnostic)),
        };
        if !ordered {
            got.sort_by(|a, b| a.text.cmp(&b.text));
        }
        if error.is_none() {
            return self.compare(index, got, expected, ordered);
        }
        let lines: Vec<String> = got.into_iter().map(|line| line.text).collect();
        self.rewrite(index, Some("query".to_owned()), Some(lines.clone()));
        Outcome::Differs { got: lines, why: Some(accepted()) }
    }

    /// A statement or query against what it is expected to do: fail in some way, or not.
    fn judge(
        &mut self,
        index: usize,
        directive: &str,
        expected: Option<&Expectation>,
        result: Result<(), Diagnostic>,
    ) -> Outcome {
        let diagnostic = match (result, expected) {
            (Ok(()), None) => return Outcome::Ok(None),
            (Ok(()), Some(_)) => {
                self.rewrite(index, Some(format!("{directive} ok")), None);
                return Outcome::Differs { got: vec!["ok".to_owned()], why: Some(accepted()) };
            }
            (Err(diagnostic), _) => diagnostic,
        };
        // What we cannot do is no answer to the question whether it should fail.
        if diagnostic.is_unsupported() || diagnostic.code == crash::INTERNAL {
            return Outcome::Error(diagnostic);
        }
        let Some(expected) = expected else {
            let phase = phase_word(diagnostic.phase);
            let answer = (directive == "query").then(Vec::new);
            self.rewrite(index, Some(format!("{directive} error {phase} {}", diagnostic.code)), answer);
            return Outcome::Error(diagnostic);
        };
        if meets(expected, &diagnostic) {
            return Outcome::Ok(None);
        }
        let mut tail = String::new();
        if expected.phase.is_some() {
            tail = format!(" {}", phase_word(diagnostic.phase));
        }
        if expected.code.is_some() || !expected.text.is_empty() {
            tail = format!("{tail} {}", diagnostic.code);
        }
        let middle = if directive == "error" { "" } else { " error" };
        self.rewrite(index, Some(format!("{directive}{middle}{tail}")), None);
        let got = vec![format!("{}: {diagnostic}", phase_word(diagnostic.phase))];
        Outcome::Differs { got, why: Some(diagnostic) }
    }

    fn compare(&mut self, index: usize, mut got: Vec<Printed>, expected: &[String], ordered: bool) -> Outcome {
        let same = if ordered { same_list(&got, expected) } else { same_multiset(&got, expected) };
        if same {
            return Outcome::Ok(None);
        }
        if matches!(self.script.blocks[index].directive, Directive::Table { .. }) {
            got.sort_by(|a, b| a.text.cmp(&b.text));
        }
        let lines: Vec<String> = got.into_iter().map(|line| line.text).collect();
        self.rewrite(index, None, Some(lines.clone()));
        Outcome::Differs { got: lines, why: None }
    }

    fn rewrite(&mut self, block: usize, directive: Option<String>, answer: Option<Vec<String>>) {
        self.rewrites.push(Rewrite { block, directive, answer });
    }

    /// Statements that turned out to be unsupported when they were started carry that verdict themselves.
    fn revise(&self, reports: &mut [BlockReport]) {
        for (index, diagnostic) in self.world.refused_at_start() {
            let block = &self.script.blocks[*index];
            let same = |report: &&mut BlockReport| report.line == block.line && report.mode == self.mode;
            if let Some(report) = reports.iter_mut().find(same) {
                report.verdict = if diagnostic.is_unsupported() { Verdict::Unsupported } else { Verdict::Error };
                report.diagnostic = Some(self.placed(block, diagnostic.clone()));
            }
        }
    }
}

/// A block was not run because of another one.
const SKIPPED: &str = "HW4602";
/// `error` found nothing that failed.
const NOTHING_FAILED: &str = "HW4603";
/// What should have been refused was accepted.
const ACCEPTED: &str = "HW4604";

fn accepted() -> Diagnostic {
    Diagnostic::run(ACCEPTED, "it is accepted; an error was expected")
}

/// Whether the failure is the one that is expected.
fn meets(expected: &Expectation, diagnostic: &Diagnostic) -> bool {
    if expected.phase.is_some_and(|phase| phase != diagnostic.phase) {
        return false;
    }
    if let Some(code) = &expected.code {
        return code == diagnostic.code;
    }
    let texts = [Some(&diagnostic.message), diagnostic.detail.as_ref(), diagnostic.hint.as_ref()];
    expected.text.is_empty() || texts.into_iter().flatten().any(|text| text.contains(&expected.text))
}
