//! `headwater query`: statements as they come, and the result of each query.

use super::Run;
use crate::context::{Answer, CommandResult, Context, Failure, Format};
use crate::input::{self, Script, Sources, Text};
use crate::output::{Output, located};
use crate::project;
use crate::rows::{ColumnEntry, ResultSet};
use crate::workbench::Outcome;
use clap::{Args, ValueEnum};
use data::{Diagnostic, Located, crash};
use serde::Serialize;
use serde_json::Value as Json;

const EXAMPLES: &str = r#"Examples:
  headwater query "SELECT UPPER(name) FROM (VALUES ('ada')) AS t (name)"
  headwater query -f report.sql --output csv
  headwater query --mode stream "SELECT k, COUNT(*) FROM t GROUP BY k""#;

/// Run statements: definitions and INSERTs as they come, then the result of each query
///
/// Inside a project its tables are there. Tables without a connector live in memory for the time of the command.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Query {
    /// Statements, separated by `;`
    #[arg(value_name = "SQL", required_unless_present = "file")]
    sql: Option<String>,
    /// A file of statements; `-` is standard input
    #[arg(short, long, value_name = "FILE", conflicts_with = "sql")]
    file: Option<String>,
    /// Go on with the next statement after one that fails
    #[arg(long)]
    keep_going: bool,
    /// `batch`: the final result; `stream`: the changes that lead to it
    #[arg(long, value_enum, default_value_t = Mode::Batch)]
    mode: Mode,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Mode {
    Batch,
    Stream,
}

#[derive(Serialize)]
struct Entry<'a> {
    index: usize,
    kind: Option<&'a str>,
    columns: Vec<ColumnEntry>,
    rows: Vec<Vec<Json>>,
    kinds: Vec<&'static str>,
    error: Option<Located>,
}

impl Run for Query {
    fn run(self, context: &mut Context) -> CommandResult {
        let source = match (&self.file, &self.sql) {
            (Some(path), _) => input::read(path)?,
            (None, sql) => Text { file: None, text: sql.clone().unwrap_or_default() },
        };
        let mut sources = Sources::of(vec![source.clone()]);
        let stream = self.mode == Mode::Stream;
        let opened = project::script(&context.global, source)
            .and_then(|script| Ok((script, project::workbench(&context.global, stream, &mut sources)?)));
        let (script, mut workbench) = match opened {
            Ok(opened) => opened,
            Err(errors) => {
                context.output.complaints(&errors, &sources)?;
                return Ok(Answer::No);
            }
        };
        let mut all_good = true;
        for (index, mut parsed) in sql::parse_statements(&script.text).enumerate() {
            let kind = parsed.statement.as_ref().map(|statement| statement.kind_name());
            let mut show = Show { output: &mut context.output, index, kind, changelog: stream, has_begun: false, failed: None };
            let result = match parsed.statement.take() {
                Some(statement) if parsed.errors.is_empty() => {
                    let run = || workbench.execute(&statement, &script.text, &mut |part| show.part(part));
                    crash::catch(run).unwrap_or_else(|crashed| Err(vec![crashed]))
                }
                _ => Err(parsed.errors),
            };
            if let Some(failure) = show.failed.take() {
                return Err(failure);
            }
            match result {
                Ok(outcome) => show.outcome(outcome)?,
                Err(errors) => {
                    all_good = false;
                    show.errors(errors, &script, &sources)?;
                    if !self.keep_going {
                        break;
                    }
                }
            }
            context.output.flush()?;
            context.output.complaints(&workbench.take_warnings(), &sources)?;
        }
        Ok(Answer::yes_if(all_good))
    }
}

/// Prints what one statement gives.
struct Show<'a> {
    output: &'a mut Output,
    index: usize,
    kind: Option<&'a str>,
    changelog: bool,
    /// Some of the changelog was printed.
    has_begun: bool,
    failed: Option<Failure>,
}

impl Show<'_> {
    /// Some changes of a stream; whether more are wanted.
    fn part(&mut self, part: &ResultSet) -> bool {
        let shown = self.rows(part).and_then(|()| self.output.flush());
        self.failed = shown.err();
        self.failed.is_none()
    }

    fn outcome(&mut self, outcome: Outcome) -> Result<(), Failure> {
        match outcome {
            Outcome::Rows(rows) if self.changelog && rows.rows.is_empty() && !self.output.is_json() => Ok(()),
            Outcome::Rows(rows) => self.rows(&rows),
            Outcome::Done if self.output.is_json() => self.entry(&ResultSet::default(), None),
            Outcome::Done => Ok(()),
        }
    }

    fn rows(&mut self, rows: &ResultSet) -> Result<(), Failure> {
        let heads = !std::mem::replace(&mut self.has_begun, self.changelog);
        match self.output.format() {
            Format::Json => self.entry(rows, None),
            Format::Rows => rows.print_rows(self.output),
            Format::Csv => rows.print_csv(self.output, self.changelog, heads),
            Format::Text => rows.print_table(self.output, self.changelog, heads),
        }
    }

    fn entry(&mut self, rows: &ResultSet, error: Option<Located>) -> Result<(), Failure> {
        self.output.json(&Entry {
            index: self.index,
            kind: self.kind,
            columns: rows.column_entries(),
            rows: rows.json_rows(),
            kinds: rows.kinds(),
            error,
        })
    }

    fn errors(&mut self, errors: Vec<Diagnostic>, script: &Script, sources: &Sources) -> Result<(), Failure> {
        let errors: Vec<Diagnostic> = errors.into_iter().map(|error| script.placed(error)).collect();
        if self.output.is_json() {
            let first = errors.iter().find(|error| error.is_error()).or(errors.first());
            return self.entry(&ResultSet::default(), first.map(|error| located(error, sources)));
        }
        self.output.complaints(&errors, sources)
    }
}
