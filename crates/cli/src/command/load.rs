//! `headwater load`: appends rows to a managed table of a running or stopped project.

use super::Run;
use super::run::no_project;
use crate::context::{Answer, CommandResult, Context};
use crate::input::Sources;
use crate::project;
use clap::Args;
use connect::OpenContext;
use data::Diagnostic;
use deploy::embedded::Inbox;
use serde_json::json;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

const EXAMPLES: &str = "Examples:
  headwater load orders new_orders.csv
  headwater load orders monday.jsonl tuesday.jsonl";

/// Append rows to a managed table, of a running or a stopped project
///
/// The files are checked as a whole first. What is appended is durable: a running project reads it within a second, a
/// stopped one with its next run.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Load {
    /// Name of the table
    table: String,
    /// .csv with a header, .jsonl or .parquet
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Where the project keeps its state [default: `target` in the project]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

impl Run for Load {
    fn run(self, context: &mut Context) -> CommandResult {
        context.output.text_or_json()?;
        let Some(root) = project::root(&context.global) else { return Err(no_project().into()) };
        let mut sources = Sources::default();
        let loaded = project::read(&context.global, &root, &mut sources)
            .and_then(|project| deploy::load(&project, &root, false));
        let loaded = match loaded {
            Ok(loaded) => loaded,
            Err(findings) => {
                context.output.findings(&findings, &sources)?;
                return Ok(Answer::No);
            }
        };
        let mut tables = loaded.pipelines.tables.iter();
        let found = tables.find(|(full, table)| **full == self.table || table.short_name == self.table);
        let Some((_, table)) = found else {
            let error = Diagnostic::run("HW4511", format!("there is no table `{}`", self.table));
            context.output.findings(&[error.hint("`headwater check` lists what is wrong with a project")], &sources)?;
            return Ok(Answer::No);
        };
        let inbox = Inbox::new(&self.data_dir.unwrap_or_else(|| root.join("target")));
        let open = OpenContext {
            base: root,
            bounded: true,
            dead_letter: true,
            exact_columns: true,
            output: Arc::new(Mutex::new(std::io::sink())),
        };
        let (mut rows, mut rejected) = (0, 0);
        for file in &self.files {
            let done = match inbox.load(table, file, &open) {
                Ok(done) => done,
                Err(error) => {
                    context.output.findings(&[error], &sources)?;
                    return Ok(Answer::No);
                }
            };
            rows += done.rows;
            rejected += done.rejected.len();
            for row in &done.rejected {
                context.output.note(format_args!("{}:{}: {}", row.origin, row.line, row.reason))?;
            }
        }
        if context.output.is_json() {
            context.output.json(&json!({ "table": self.table, "rows": rows, "rejected": rejected }))?;
        } else {
            let rejected = if rejected == 0 { String::new() } else { format!(", {rejected} rejected") };
            context.output.line(format_args!("{rows} rows appended to {}{rejected}", self.table))?;
        }
        Ok(Answer::yes_if(rejected == 0))
    }
}
