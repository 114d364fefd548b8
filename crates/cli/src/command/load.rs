//! `headwater load`: appends rows to a managed table of a running or stopped project.

use super::Run;
use super::run::no_project;
use crate::context::{Answer, CommandResult, Context};
use crate::input::{Sources, unreadable};
use crate::project;
use clap::{Args, ValueEnum};
use connect::OpenContext;
use data::Diagnostic;
use data::port::Rejected;
use deploy::embedded::{Checked, Inbox, format_of};
use deploy::pipelines::{PipelineTable, Pipelines};
use serde_json::json;
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

const EXAMPLES: &str = "Examples:
  headwater load orders new_orders.csv
  headwater load orders monday.jsonl tuesday.jsonl
  other-program | headwater load orders - --format jsonl";

/// Append rows to a managed table, of a running or a stopped project
///
/// The files are checked as a whole first. What is appended is durable: a running project reads it within a second, a
/// stopped one with its next run.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Load {
    /// Name of the table
    table: String,
    /// .csv with a header, .jsonl or .parquet; `-` is standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// What the files hold [default: by the ending of their names]; standard input needs it
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Rows>,
    /// Where the project keeps its state [default: `target` in the project]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

/// How rows are laid out in a file.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Rows {
    /// With a header
    Csv,
    /// One JSON object per line
    Jsonl,
    Parquet,
}

impl Rows {
    /// The name that connectors know it by.
    fn format(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Jsonl => "json",
            Self::Parquet => "parquet",
        }
    }
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
        let table = find(&loaded.pipelines, &self.table)?;
        if table.is_managed() && !loaded.pipelines.is_appendable(&table.def.name) {
            return Err(Diagnostic::run("HW3933", format!("rows of `{}` come from a statement", table.short_name))
                .hint("append to a table that no statement writes, or declare this one with 'headwater.appendable' = 'true'")
                .into());
        }
        if self.files.iter().filter(|file| file.as_os_str() == "-").count() > 1 {
            let error = Diagnostic::run("HW4501", "standard input cannot be read twice");
            return Err(error.hint("give `-` once").into());
        }
        let opened = self.files.iter().map(|file| Input::open(file, self.format, &root));
        let inputs = opened.collect::<Result<Vec<_>, _>>()?;
        let inbox = Inbox::new(&self.data_dir.unwrap_or_else(|| root.join("target")));
        let open = OpenContext {
            base: root.clone(),
            bounded: true,
            dead_letter: true,
            exact_columns: true,
            output: Arc::new(Mutex::new(std::io::sink())),
        };
        // All are checked before any is appended: what is refused can be mended and loaded again, without rows twice.
        let checked = inputs.iter().map(|input| input.check(table, &inbox, &open));
        let appended = checked.collect::<Result<Vec<_>, _>>().and_then(|mut checked| {
            inbox.append(table, &mut checked)?;
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
            let reason = |row: &Rejected| json!({ "file": row.origin, "line": row.line, "reason": row.reason });
            let reasons: Vec<_> = appended.iter().flat_map(|file| &file.rejected).map(reason).collect();
            context.output.json(
                &json!({ "table": self.table, "rows": rows, "rejected": rejected, "rejections": reasons }),
            )?;
        } else {
            let rejected = if rejected == 0 { String::new() } else { format!(", {rejected} rejected") };
            context.output.line(format_args!("{rows} rows appended to {}{rejected}", self.table))?;
        }
        Ok(Answer::yes_if(rejected == 0))
    }
}

/// What standard input is called where its rows are spoken of.
const STDIN: &str = "stdin";

/// A file that can be opened.
struct Input {
    file: PathBuf,
    format: &'static str,
    /// Names of files are shown from here.
    base: PathBuf,
    /// Where standard input was put, until its rows are appended.
    _spool: Option<Spool>,
}

impl Input {
    fn open(file: &Path, format: Option<Rows>, root: &Path) -> Result<Self, Diagnostic> {
        if file.as_os_str() == "-" {
            let Some(format) = format else {
                return Err(Diagnostic::run("HW3932", "cannot tell the format of standard input")
                    .hint("say which it is: --format csv (with a header), --format jsonl or --format parquet"));
            };
            let spool = Spool::fill()?;
            let (file, base) = (spool.0.join(STDIN), spool.0.clone());
            return Ok(Self { file, format: format.format(), base, _spool: Some(spool) });
        }
        let format = format.map_or_else(|| format_of(file), |format| Ok(format.format()))?;
        let is_folder = File::open(file).and_then(|opened| Ok(opened.metadata()?.is_dir()));
        let failed = |error: std::io::Error| unreadable(&file.display().to_string(), &error);
        if is_folder.map_err(failed)? {
            return Err(failed(ErrorKind::IsADirectory.into()));
        }
        Ok(Self { file: file.to_path_buf(), format, base: root.to_path_buf(), _spool: None })
    }

    fn check(&self, table: &PipelineTable, inbox: &Inbox, open: &OpenContext) -> Result<Checked, Diagnostic> {
        inbox.check(table, &self.file, self.format, &OpenContext { base: self.base.clone(), ..open.clone() })
    }
}

/// A folder for standard input: it is read twice, to be checked and to be appended.
struct Spool(PathBuf);

impl Spool {
    fn fill() -> Result<Self, Diagnostic> {
        let spool = Self::new().map_err(|error| unwritable(&std::env::temp_dir(), &error))?;
        let file = spool.0.join(STDIN);
        File::create_new(&file)
            .and_then(|mut to| std::io::copy(&mut std::io::stdin().lock(), &mut to))
            .map_err(|error| unwritable(&file, &error))?;
        Ok(spool)
    }

    fn new() -> std::io::Result<Self> {
        let mut attempt = 0;
        loop {
            let folder = std::env::temp_dir().join(format!("headwater-load-{}-{attempt}", std::process::id()));
            match std::fs::create_dir(&folder) {
                Ok(()) => return Ok(Self(folder)),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => attempt += 1,
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        // What is left there is in the folder for such things.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::run("HW4502", format!("standard input cannot be put into `{}`", path.display()))
        .detail(error.to_string())
        .hint("let TMPDIR name a folder with room that this user may write")
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
