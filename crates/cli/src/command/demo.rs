//! `headwater demo`: the Customer 360 on generated data, from nothing to a result.

use super::Run as RunCommand;
use super::run::{Mode, Run, Stopped, run_project, without_system_columns};
use crate::context::{Answer, CommandResult, Context, Failure};
use crate::input::Sources;
use crate::output::{Output, Paint};
use crate::progress::{CaughtUp, grouped};
use clap::Args;
use data::{DataType, Diagnostic, Schema, Value};
use engine::Engine;
use std::path::{Path, PathBuf};
use std::time::Duration;
use testkit::generate::c360;

mod example {
    include!(concat!(env!("OUT_DIR"), "/c360.rs"));
}

/// The table that the demo is about.
const PRODUCT: &str = "customer_analytics_c360";
/// What of it is shown.
const SHOWN: [&str; 8] = [
    "customer_id",
    "first_name",
    "last_name",
    "loyalty_tier",
    "total_transactions",
    "total_spent",
    "customer_status",
    "customer_health_score",
];
const SHOWN_ROWS: usize = 10;
/// Rows of a million that cannot be read.
const BAD_ROWS: u64 = 100;

const EXAMPLES: &str = "Examples:
  headwater demo
  headwater demo --customers 10000 --mode batch";

/// Run the Customer 360 example on generated data
///
/// Writes the project and its data into a folder, runs it, shows the result when all data is read, and serves it over HTTP
/// until Ctrl-C. The clock of the project starts on 2024-06-20, the day on which the data ends. The project is yours to
/// change: run it again with `headwater run` in its folder.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Demo {
    /// How many customers there are
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    customers: u64,
    /// The same seed makes the same data
    #[arg(long, value_name = "N", default_value_t = 360)]
    seed: u64,
    /// Where the project goes
    #[arg(long, value_name = "DIR", default_value = "headwater-demo")]
    dir: PathBuf,
    #[command(flatten)]
    run: Run,
}

impl RunCommand for Demo {
    fn run(mut self, context: &mut Context) -> CommandResult {
        context.output.text_or_json()?;
        // With a door it stays, to be looked at; otherwise it ends when there is nothing left to do.
        let stays = self.run.until_idle.is_none() && self.run.door.options(self.run.mode == Mode::Batch).is_some();
        let stays = stays && self.run.mode == Mode::Stream;
        if !stays {
            self.run.until_idle = self.run.until_idle.or(Some(Duration::from_secs(1)));
        }
        self.claim_folder()?;
        write_project(&self.dir)?;
        let options = c360::Options {
            customers: self.customers,
            seed: self.seed,
            bad_rows: BAD_ROWS,
            ..c360::Options::default()
        };
        // The data ends on a certain day; looked at years later, every customer would have left.
        let mut day = String::new();
        data::time::append_date(&mut day, i32::try_from(options.today).unwrap_or_default());
        let clock = format!("# The data ends on this day. Without the line, time is now.\nclock = \"{day}T12:00:00Z\"\n");
        write_new(&self.dir.join(LOCAL_SETTINGS), &clock)?;
        let written = c360::write(&self.dir.join("data"), &options).map_err(|error| unwritable(&self.dir, &error))?;
        context.output.note(format_args!(
            "{} rows of {} customers in {}",
            grouped(written.rows()),
            grouped(self.customers),
            self.dir.display()
        ))?;
        let mut sources = Sources::default();
        let mut tell = |output: &mut Output, engine: &mut Engine, http: Option<&str>| {
            let key = show(output, engine)?;
            tell_addresses(output, http.unwrap_or_default(), &key)
        };
        let tell: CaughtUp<'_> = &mut tell;
        let caught_up = (stays && !context.output.is_json()).then_some(tell);
        match run_project(&self.run, &self.dir, context, &mut sources, caught_up) {
            Ok(mut finished) => {
                if !stays && !context.output.is_json() {
                    show(&mut context.output, &mut finished.engine)?;
                    let folder = self.dir.display();
                    context.output.note(format_args!("\nNext: cd {folder} && headwater query \"SELECT * FROM {PRODUCT} LIMIT 5\""))?;
                }
                Ok(Answer::Yes)
            }
            Err(Stopped::Findings(findings)) => {
                context.output.complaints(&findings, &sources)?;
                Ok(Answer::No)
            }
            Err(Stopped::Failure(failure)) => Err(failure),
        }
    }
}

const LOCAL_SETTINGS: &str = "environments/local/headwater.toml";

/// Says of which data a folder's demo is.
const MADE_OF: &str = "demo.txt";

impl Demo {
    /// Files that change below a run's checkpoint would not be read again: a folder keeps the data that it was made with.
    fn claim_folder(&self) -> Result<(), Failure> {
        let path = self.dir.join(MADE_OF);
        let made_of = format!("--customers {} --seed {}\n", self.customers, self.seed);
        match std::fs::read_to_string(&path) {
            Ok(before) if before == made_of => Ok(()),
            Ok(before) => {
                let folder = self.dir.display();
                Err(Diagnostic::run("HW4516", format!("the demo in {folder} is of other data"))
                    .detail(format!("it was made with {}", before.trim_end()))
                    .hint(format!("name another folder with --dir, or delete {folder}"))
                    .into())
            }
            Err(_) => std::fs::create_dir_all(&self.dir)
                .and_then(|()| std::fs::write(&path, made_of))
                .map_err(|error| unwritable(&path, &error).into()),
        }
    }
}

/// Puts the example's files into a folder; files that are there already and differ are somebody's work and stay.
fn write_project(folder: &Path) -> Result<(), Failure> {
    for (name, text) in example::FILES {
        write_new(&folder.join(name), text)?;
    }
    Ok(())
}

fn write_new(path: &Path, text: &str) -> Result<(), Failure> {
    if path.exists() {
        return Ok(());
    }
    std::fs::create_dir_all(path.parent().unwrap_or(path))
        .and_then(|()| std::fs::write(path, text))
        .map_err(|error| unwritable(path, &error).into())
}

fn unwritable(path: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::run("HW4512", format!("cannot write {}", path.display()))
        .detail(error.to_string())
        .hint("name another folder with --dir")
}

/// Lines to paste, and the page.
fn tell_addresses(output: &mut Output, http: &str, key: &str) -> Result<(), Failure> {
    let table = format!("{http}/v1/tables/{PRODUCT}");
    output.line("")?;
    output.line(format_args!("curl '{table}?select=customer_id,total_spent&order=total_spent.desc&limit=3'"))?;
    output.line(format_args!("curl '{table}/{key}'"))?;
    output.line(format_args!("curl '{table}?loyalty_tier=eq.Gold&total_transactions=gte.5&limit=3'"))?;
    output.line(format_args!("curl -N '{table}/changes?snapshot=true'"))?;
    output.flush()?;
    output.note(format_args!("\nThe page: {http}/   (Ctrl-C ends the demo)"))
}

/// The first rows of the product by key, a few columns of them; gives the first key.
fn show(output: &mut Output, engine: &mut Engine) -> Result<String, Failure> {
    let name = format!("default_catalog.default_database.{PRODUCT}");
    let snapshot = engine.snapshot(&name)?;
    let (schema, batches) = without_system_columns(&snapshot.schema, &snapshot.batches);
    let columns: Vec<usize> = SHOWN.iter().filter_map(|name| schema.index_of(name)).collect();
    let mut rows: Vec<Vec<String>> = Vec::new();
    for batch in &batches {
        for row in 0..batch.rows() {
            let cell = |column: &usize| text(&schema, *column, batch.column(*column).as_ref(), row);
            rows.push(columns.iter().map(cell).collect());
        }
    }
    rows.sort();
    rows.truncate(SHOWN_ROWS);
    let names: Vec<String> = columns.iter().map(|column| schema.fields[*column].name.clone()).collect();
    let width = |column: usize| rows.iter().chain([&names]).map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..names.len()).map(width).collect();
    let line = |row: &[String]| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ")
    };
    let header = output.paint(Paint::Strong, &line(&names));
    output.line(format_args!("\n{header}"))?;
    rows.iter().try_for_each(|row| output.line(line(row)))?;
    output.flush()?;
    Ok(rows.first().and_then(|row| row.first()).cloned().unwrap_or_default())
}

fn text(schema: &Schema, column: usize, values: &dyn arrow_array::Array, row: usize) -> String {
    let data_type: &DataType = &schema.fields[column].data_type;
    match Value::at(values, data_type, row) {
        Value::Null => "-".to_owned(),
        Value::String(text) => text,
        _ => {
            let mut out = String::new();
            data::text::append_value(&mut out, values, data_type, row);
            out
        }
    }
}

