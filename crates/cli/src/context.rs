//! What every command gets: the global flags and the output; and what it gives back.

use crate::output::Output;
use clap::{Args, ValueEnum};
use data::Diagnostic;
use std::io;
use std::path::PathBuf;

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Folder of the project [default: found by walking up from the current folder]
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) project: Option<PathBuf>,
    /// How results are printed: `json` for scripts; `csv` and `rows` for `query` only
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text, global = true)]
    pub(crate) output: Format,
    /// Results only, nothing for eyes
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Colours; `auto` is on terminals, unless NO_COLOR is set
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Color::Auto, global = true)]
    pub(crate) color: Color,
    /// Environment whose `environments/NAME` declares inputs and outputs
    #[arg(long, value_name = "NAME", default_value = deploy::files::DEFAULT_ENVIRONMENT, global = true)]
    pub(crate) env: String,
    /// Value of `${name}` in SQL files; may be repeated
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = variable, global = true)]
    pub(crate) vars: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
    Csv,
    Rows,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("NAME=VALUE is wanted".to_owned()),
    }
}

/// Whether the command's answer is yes; both mean that it worked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Yes,
    No,
}

impl Answer {
    pub(crate) fn yes_if(condition: bool) -> Self {
        if condition { Self::Yes } else { Self::No }
    }
}

/// The command could not do its work.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nobody reads our output any more; no fault of anyone.
    BrokenPipe,
    /// Wrong usage, unreadable input, or our fault.
    Because(Box<Diagnostic>),
}

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Because(Box::new(diagnostic))
    }
}

/// Writing results failed.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::BrokenPipe;
        }
        Diagnostic::run("HW4502", "results cannot be written")
            .detail(error.to_string())
            .hint("check where standard output goes, and that the disk is not full")
            .into()
    }
}

pub(crate) type CommandResult = Result<Answer, Failure>;

pub(crate) struct Context {
    pub(crate) global: Global,
    pub(crate) output: Output,
}

impl Context {
    pub(crate) fn new(global: Global) -> Result<Self, Failure> {
        let output = Output::new(global.output, global.quiet, global.color);
        Ok(Self { global, output })
    }
}
