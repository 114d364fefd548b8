//! `headwater run`: runs the project's pipelines in this process.

use super::Run as RunCommand;
use crate::context::{Answer, CommandResult, Context, Failure};
use crate::door::{self, DoorFlags, OpenDoor};
use crate::input::Sources;
use crate::memory;
use crate::progress::{CaughtUp, Progress};
use crate::project;
use clap::{Args, ValueEnum};
use data::{ChangeBatch, Diagnostic, Schema};
use deploy::embedded::{Finished, RunMode, RunOptions, run};
use deploy::pipelines::Pipelines;
use deploy::Selector;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const EXAMPLES: &str = "Examples:
  headwater run
  headwater run --mode batch --clock 2024-06-20 --export customer_analytics_c360=out.csv
  headwater run --http 127.0.0.1:9000
  headwater run --select customer_analytics_c360 --mode batch
  headwater run --until-idle 2s --parallelism 2";

/// Run the project's pipelines
///
/// A stream keeps its state in the data folder: stopped and started again, it goes on where it was. It answers over HTTP while
/// it runs, and with --http it stays when its sources have ended.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Run {
    /// `batch` reads what is there, once, and ends
    #[arg(long, value_enum, default_value_t = Mode::Stream)]
    pub(crate) mode: Mode,
    /// Run a part: a table, a layer like `facts`, a product or a folder, with all that it needs; `NAME+` adds what follows from
    /// it. Lists and several flags add up; `*` stands for any text; table:, layer:, product: and path: say what is meant
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', value_parser = selectors)]
    pub(crate) select: Vec<Selectors>,
    /// Processing time at the start; it goes on with real time, in batch it stands still [default: `clock` of headwater.toml, or
    /// now]
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) clock: Option<i64>,
    /// At the end, write a table into a .csv, .jsonl or .parquet file, relative to the current folder; may be repeated
    #[arg(long, value_name = "TABLE=FILE", value_parser = export)]
    pub(crate) export: Vec<(String, PathBuf)>,
    /// State, checkpoints and appended rows [default: `target` in the project]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Memory of the process, like `512MB`: what it does not need at hand goes to a file in the data folder. On other systems
    /// than Linux the run ends when its state takes more
    #[arg(long, value_name = "SIZE", value_parser = memory_size)]
    pub(crate) memory: Option<u64>,
    /// Instances of each keyed operator
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=128))]
    pub(crate) parallelism: u16,
    /// Read at most so many rows a second from each source
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max_rows_per_second: Option<u64>,
    /// End when nothing came for so long
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) until_idle: Option<Duration>,
    /// Rows of an epoch [default: up to 32768, or 131072 while there is a backlog; with --memory at most one per KiB of it, but
    /// 8192]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) epoch_rows: Option<u32>,
    /// Time between checkpoints; `off` keeps none, and the next run starts anew
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = checkpoint_interval)]
    pub(crate) checkpoint_interval: CheckpointInterval,
    #[command(flatten)]
    pub(crate) door: DoorFlags,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    Stream,
    Batch,
}

impl RunCommand for Run {
    fn run(self, context: &mut Context) -> CommandResult {
        context.output.text_or_json()?;
        let Some(root) = project::root(&context.global) else { return Err(no_project().into()) };
        let mut sources = Sources::default();
        match run_project(&self, &root, context, &mut sources, None) {
            Ok(finished) => {
                // The process ends here: giving state back piece by piece would only take time.
                std::mem::forget(finished);
                Ok(Answer::Yes)
            }
            Err(Stopped::Findings(findings)) => {
                if context.output.is_json() {
                    context.output.findings(&findings, &sources)?;
                } else {
                    context.output.complaints(&findings, &sources)?;
                }
                Ok(Answer::No)
            }
            Err(Stopped::Failure(failure)) => Err(failure),
        }
    }
}

/// Why a run did not come to its end.
pub(crate) enum Stopped {
    /// What is wrong with the project, its data or its surroundings.
    Findings(Vec<Diagnostic>),
    Failure(Failure),
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<Diagnostic> for Stopped {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Findings(vec![diagnostic])
    }
}

impl From<door::Stopped> for Stopped {
    fn from(stopped: door::Stopped) -> Self {
        match stopped {
            door::Stopped::Diagnostic(diagnostic) => diagnostic.into(),
            door::Stopped::Failure(failure) => failure.into(),
        }
    }
}

/// Reads, plans and runs the project in `root`, and tells of it; `caught_up` is called when all that there was is read.
pub(crate) fn run_project(
    flags: &Run,
    root: &Path,
    context: &mut Context,
    sources: &mut Sources,
    caught_up: Option<CaughtUp<'_>>,
) -> Result<Finished, Stopped> {
    flags.door.check()?;
    let project = project::read(&context.global, root, sources).map_err(Stopped::Findings)?;
    let is_batch = flags.mode == Mode::Batch;
    let mut loaded = deploy::load(&project, root, is_batch).map_err(Stopped::Findings)?;
    let selectors: Vec<Selector> = flags.select.iter().flat_map(|selectors| selectors.0.iter().cloned()).collect();
    deploy::select(&mut loaded, &project, &selectors).map_err(Failure::from)?;
    loaded.findings.extend(project::unused_variables(&context.global, &project));
    context.output.complaints(&loaded.findings, sources)?;
    let pipelines = loaded.pipelines;
    let exports = find_exports(&flags.export, &pipelines).map_err(Failure::from)?;
    let data_dir = flags.data_dir.clone().unwrap_or_else(|| root.join("target"));
    let limit = flags.memory.map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
    let keeper = limit.map(|bytes| memory::limit(bytes, &data_dir)).transpose()?.flatten();
    let stop = stop_flag();
    let open = match flags.door.options(is_batch) {
        Some(options) => {
            let described = deploy::door::describe(&project, loaded.session, &pipelines, &loaded.findings);
            Some(OpenDoor::open(described, &options, &mut context.output)?)
        }
        None => None,
    };
    let options = RunOptions {
        mode: if flags.mode == Mode::Batch { RunMode::Batch } else { RunMode::Stream },
        clock_millis: flags.clock.or(project.settings.clock_millis()),
        data_dir,
        parallelism: usize::from(flags.parallelism),
        memory_limit: limit.filter(|_| keeper.is_none()),
        keeper,
        until_idle: flags.until_idle,
        max_rows_per_second: flags.max_rows_per_second,
        checkpoint_interval: flags.checkpoint_interval.0,
        epoch_rows: flags.epoch_rows.map(|rows| rows as usize),
        stop,
        output: Arc::new(Mutex::new(std::io::stdout())),
        door: open.as_ref().map(|open| Arc::clone(&open.door)),
        stay: open.is_some() && (flags.door.is_asked_for() || caught_up.is_some()),
    };
    let mut progress = Progress::new(&mut context.output, open.as_ref().map(OpenDoor::url), caught_up);
    let finished = run(&pipelines, &options, &mut progress);
    if let Some(open) = open {
        open.close();
    }
    let mut finished = finished?;
    progress.done(&finished.summary)?;
    for (name, path) in exports {
        let snapshot = finished.engine.snapshot(&name)?;
        let (schema, batches) = without_system_columns(&snapshot.schema, &snapshot.batches);
        connect::export(&path, &schema, &batches)?;
    }
    Ok(finished)
}

/// The columns that `*` would give.
pub(crate) fn without_system_columns(schema: &Schema, batches: &[ChangeBatch]) -> (Schema, Vec<ChangeBatch>) {
    let kept: Vec<usize> = (0..schema.len()).filter(|at| !schema.fields[*at].name.starts_with('$')).collect();
    let fields = kept.iter().map(|at| schema.fields[*at].clone()).collect();
    (Schema::new(fields), batches.iter().map(|batch| batch.project(&kept)).collect())
}

/// Selectors of one part of a list, parted by blanks.
#[derive(Clone, Debug)]
pub(crate) struct Selectors(Vec<Selector>);

fn selectors(text: &str) -> Result<Selectors, String> {
    text.split_whitespace().map(str::parse).collect::<Result<_, _>>().map(Selectors)
}

/// Full names of the tables to export.
fn find_exports(exports: &[(String, PathBuf)], pipelines: &Pipelines) -> Result<Vec<(String, PathBuf)>, Diagnostic> {
    let find = |(name, path): &(String, PathBuf)| {
        let selected = pipelines.tables.iter().filter(|(full, _)| pipelines.is_selected(full));
        let mut managed = selected.filter(|(_, table)| table.is_managed());
        match managed.find(|(full, table)| *full == name || table.short_name == *name) {
            Some((full, table)) => {
                let (schema, _) = without_system_columns(&table.def.schema, &[]);
                connect::check_export(path, &schema)?;
                Ok((full.clone(), path.clone()))
            }
            None => Err(Diagnostic::run("HW4510", format!("there is no managed table `{name}` to export"))
                .hint("name a table of the project that has no 'connector' and that --select does not leave out")),
        }
    };
    exports.iter().map(find).collect()
}

/// Set by Ctrl-C; the run then ends at the next epoch, with a checkpoint. A second Ctrl-C ends at once.
fn stop_flag() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&stop);
    let handler = move || {
        if seen.swap(true, Ordering::Relaxed) {
            std::process::exit(2);
        }
    };
    // Without a handler the signal ends the process, and the last checkpoint holds.
    let _ = ctrlc::set_handler(handler);
    stop
}

pub(crate) fn no_project() -> Diagnostic {
    Diagnostic::run("HW4504", "there is no project here, and no path was given")
        .hint("go to a folder below `headwater.toml` or `pipelines/`, or name one with --project")
}

fn export(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((table, file)) if !table.is_empty() && !file.is_empty() => Ok((table.to_owned(), file.into())),
        _ => Err("TABLE=FILE is wanted, like orders=orders.csv".to_owned()),
    }
}

/// Absent: no checkpoints.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CheckpointInterval(Option<Duration>);

fn checkpoint_interval(text: &str) -> Result<CheckpointInterval, String> {
    if text == "off" {
        return Ok(CheckpointInterval(None));
    }
    duration(text).map(|interval| CheckpointInterval(Some(interval))).map_err(|wanted| format!("{wanted}, or `off`"))
}

/// `10s`, `200ms`, `5min`
fn duration(text: &str) -> Result<Duration, String> {
    plan::config::parse_duration(text)
        .and_then(|millis| u64::try_from(millis).ok())
        .map(Duration::from_millis)
        .ok_or_else(|| "a duration is wanted, like `10s` or `200ms`".to_owned())
}

/// `512MB`, `2GB`, bytes
fn size(text: &str) -> Result<u64, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let unit: u64 = match text[digits..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        _ => return Err("a size is wanted, like `512MB`".to_owned()),
    };
    let count: u64 = text[..digits].parse().map_err(|_| "a size is wanted, like `512MB`".to_owned())?;
    count.checked_mul(unit).ok_or_else(|| "the size is too large".to_owned())
}

/// A size in which a process can live at all.
fn memory_size(text: &str) -> Result<u64, String> {
    const LEAST: u64 = 1 << 20;
    size(text).and_then(|bytes| if bytes < LEAST { Err("at least 1MB is wanted".to_owned()) } else { Ok(bytes) })
}

/// ISO 8601, in UTC unless it says otherwise: milliseconds since 1970-01-01T00:00:00Z.
fn instant(text: &str) -> Result<i64, String> {
    data::time::parse_instant(text)
        .ok_or_else(|| "a time is wanted, like `2024-06-20` or `2024-06-20T12:00:00Z`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::{instant, memory_size, size};

    #[test]
    fn times_and_sizes() {
        assert_eq!(instant("1970-01-02"), Ok(86_400_000));
        assert!(instant("yesterday").is_err());
        assert_eq!(size("512MB"), Ok(512 << 20));
        assert_eq!(size("12"), Ok(12));
        assert_eq!(memory_size("2MB"), Ok(2 << 20));
        assert!(memory_size("0").is_err() && memory_size("900KB").is_err());
        assert!(size("many").is_err());
    }
}
