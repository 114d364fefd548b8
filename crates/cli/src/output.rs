//! The one place that prints. Results go to standard output, everything for eyes to standard error.

use crate::context::{Color, Failure, Format};
use crate::input::Sources;
use crate::render;
use data::{Diagnostic, Located};
use serde::Serialize;
use std::fmt::Display;
use std::io::{self, BufWriter, IsTerminal, Stdout, Write};

pub(crate) struct Output {
    format: Format,
    quiet: bool,
    stdout: BufWriter<Stdout>,
    /// Colours on standard output, on standard error.
    colors: (bool, bool),
}

impl Output {
    pub(crate) fn new(format: Format, quiet: bool, color: Color) -> Self {
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let colors = match color {
            Color::Always => (true, true),
            Color::Never => (false, false),
            Color::Auto if no_color => (false, false),
            Color::Auto => (io::stdout().is_terminal(), io::stderr().is_terminal()),
        };
        Self { format, quiet, stdout: BufWriter::with_capacity(1 << 16, io::stdout()), colors }
    }

    pub(crate) fn format(&self) -> Format {
        self.format
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }

    pub(crate) fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Only `query` prints CSV and rows.
    pub(crate) fn text_or_json(&self) -> Result<(), Failure> {
        match self.format {
            Format::Text | Format::Json => Ok(()),
            Format::Csv | Format::Rows => {
                let error = Diagnostic::run("HW4503", "this command prints `text` or `json`");
                Err(error.hint("`--output csv` and `--output rows` belong to `query`").into())
            }
        }
    }

    /// A line of the result.
    pub(crate) fn line(&mut self, text: impl Display) -> Result<(), Failure> {
        writeln!(self.stdout, "{text}")?;
        Ok(())
    }

    /// A part of the result as it is.
    pub(crate) fn raw(&mut self, text: &str) -> Result<(), Failure> {
        self.stdout.write_all(text.as_bytes())?;
        Ok(())
    }

    /// A JSON document on one line.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        serde_json::to_writer(&mut self.stdout, value).map_err(io::Error::from)?;
        self.stdout.write_all(b"\n")?;
        Ok(())
    }

    /// Diagnostics that are the result: JSON lines, or compiler-style text, on standard output.
    pub(crate) fn findings(&mut self, diagnostics: &[Diagnostic], sources: &Sources) -> Result<(), Failure> {
        for diagnostic in diagnostics {
            if self.is_json() {
                self.json(&located(diagnostic, sources))?;
            } else {
                let text = render::text(diagnostic, sources, self.colors.0);
                self.line(text)?;
            }
        }
        Ok(())
    }

    /// Diagnostics beside a result, for eyes: standard error. A script finds them in the JSON of the result.
    pub(crate) fn complaints(&mut self, diagnostics: &[Diagnostic], sources: &Sources) -> Result<(), Failure> {
        self.stdout.flush()?;
        for diagnostic in diagnostics {
            let text = render::text(diagnostic, sources, self.colors.1);
            eprint_line(&text);
        }
        Ok(())
    }

    /// A remark for eyes, unless they want quiet.
    pub(crate) fn note(&mut self, text: impl Display) -> Result<(), Failure> {
        if !self.quiet {
            self.stdout.flush()?;
            eprint_line(&text.to_string());
        }
        Ok(())
    }

    /// The text in green, red or bold where standard output has colours.
    pub(crate) fn paint(&self, paint: Paint, text: &str) -> String {
        let code = match paint {
            Paint::Good => "32",
            Paint::Bad => "1;31",
            Paint::Strong => "1",
            Paint::Dim => "2",
        };
        if self.colors.0 { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        self.stdout.flush()?;
        Ok(())
    }

    /// Says why the command could not do its work; the exit code.
    pub(crate) fn failure(&mut self, failure: &Failure) -> u8 {
        match (failure, self.flush()) {
            (Failure::BrokenPipe, _) | (_, Err(Failure::BrokenPipe)) => 0,
            (Failure::Because(diagnostic), _) => {
                eprint_line(&render::text(diagnostic, &Sources::default(), self.colors.1));
                2
            }
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Paint {
    Good,
    Bad,
    Strong,
    Dim,
}

/// The diagnostic with lines and columns.
pub(crate) fn located(diagnostic: &Diagnostic, sources: &Sources) -> Located {
    Located::new(diagnostic, &|file, offset| sources.place(file, offset))
}

/// Standard error that is gone takes nothing with it.
fn eprint_line(text: &str) {
    let mut stderr = io::stderr().lock();
    let _ = writeln!(stderr, "{text}");
}

/// For a failure before there is an [`Output`]; the exit code.
pub(crate) fn last_words(failure: &Failure) -> u8 {
    Output::new(Format::Text, false, Color::Auto).failure(failure)
}
