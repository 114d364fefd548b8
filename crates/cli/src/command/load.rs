//! `headwater load`: appends rows to a managed table of a running or stopped project.

use super::Run;
use super::run::no_project;
use crate::context::{Answer, CommandResult, Context};
use crate::input::{Sources, unreadable};
use crate::project;
use clap::Args;
use connect::OpenContext;
use data::Diagnostic;
use deploy::embedded::{Inbox, format_of};
use deploy::pipelines::{PipelineTable, Pipelines};
use serde_json::json;
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
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
        let files = self.files.iter().map(|file| readable(file)).collect::<Result<Vec<_>, _>>()?;
        let table = find(&loaded.pipelines, &self.table)?;
        let inbox = Inbox::new(&self.data_dir.unwrap_or_else(|| root.join("target")));
        let open = OpenContext {
            base: root,
            bounded: true,
            dead_letter: true,
            exact_columns: true,
            output: Arc::new(Mutex::new(std::io::sink())),
        };
        // All are checked before any is appended: what is refused can be mended and loaded again, without rows twice.
        let checked = files.into_iter().map(|(file, format)| inbox.check(table, file, format, &open));
        let appended = checked.collect::<Result<Vec<_>, _>>().and_then(|checked| {
            checked.iter().try_for_each(|file| inbox.append(table, file))?;
            Ok(checked)
        });
        let appended = match appended {
            Ok(appended) => appended,
            Err(error) => {
                context.output.findings(&[error], &sources)?;
                return Ok(Answer::No);
            }
        };
        let rows: u64 = appended.iter().map(|file| file.rows).sum();
        let rejected: usize = appended.iter().map(|file| file.rejected.len()).sum();
        for row in appended.iter().flat_map(|file| &file.rejected) {
            context.output.note(format_args!("{}:{}: {}", row.origin, row.line, row.reason))?;
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

/// A file that can be opened, and its format.
fn readable(file: &Path) -> Result<(&Path, &'static str), Diagnostic> {
    let format = format_of(file)?;
    let is_folder = File::open(file).and_then(|opened| Ok(opened.metadata()?.is_dir()));
    match is_folder {
        Ok(false) => Ok((file, format)),
        Ok(true) => Err(unreadable(&file.display().to_string(), &ErrorKind::IsADirectory.into())),
        Err(error) => Err(unreadable(&file.display().to_string(), &error)),
    }
}

fn find<'a>(pipelines: &'a Pipelines, name: &str) -> Result<&'a PipelineTable, Diagnostic> {
    let mut tables = pipelines.tables.iter();
    if let Some((_, table)) = tables.find(|(full, table)| **full == name || table.short_name == name) {
        return Ok(table);
    }
    let names = pipelines.tables.values().filter(|table| table.is_managed()).map(|table| table.short_name.as_str());
    let names: Vec<&str> = names.collect();
    let meant = plan::nearest(name, names.iter().copied()).map(|near| format!("did you mean `{near}`? "));
    Err(Diagnostic::run("HW4511", format!("there is no table `{name}`"))
        .hint(format!("{}tables that take rows: {}", meant.unwrap_or_default(), names.join(", "))))
}
