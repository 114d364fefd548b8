//! `headwater fmt`: layout for people.

use super::Run;
use crate::context::{Answer, CommandResult, Context};
use crate::input::{self, Sources, Text};
use crate::output::located;
use clap::Args;
use data::{Diagnostic, Located};
use serde::Serialize;

const EXAMPLES: &str = "Examples:
  headwater fmt
  headwater fmt --check pipelines
  cat orders.sql | headwater fmt -";

/// Lay out SQL files: keywords in upper case, clauses on their own lines, comments kept
///
/// Files are rewritten in place; `-` reads standard input and prints the result.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Fmt {
    /// SQL files, or folders of `.sql` files
    #[arg(default_value = ".")]
    paths: Vec<String>,
    /// Change nothing; exit 1 where something would change
    #[arg(long)]
    check: bool,
}

#[derive(Serialize)]
struct Entry<'a> {
    file: Option<&'a str>,
    changed: bool,
    diagnostics: Vec<Located>,
}

impl Run for Fmt {
    fn run(self, context: &mut Context) -> CommandResult {
        context.output.text_or_json()?;
        let (mut all_good, mut count) = (true, 0);
        for path in input::files(&self.paths, "sql")? {
            let Text { file, text } = input::read(&path)?;
            let formatted = match sql::format(&text) {
                Ok(formatted) => formatted,
                Err(mut errors) => {
                    all_good = false;
                    errors.iter_mut().for_each(|error| error.file.clone_from(&file));
                    let sources = Sources::one(file.as_deref(), &text);
                    if context.output.is_json() {
                        let diagnostics = errors.iter().map(|error| located(error, &sources)).collect();
                        context.output.json(&Entry { file: file.as_deref(), changed: false, diagnostics })?;
                    } else {
                        context.output.complaints(&errors, &sources)?;
                    }
                    continue;
                }
            };
            let changed = formatted != text;
            count += usize::from(changed);
            all_good &= !(self.check && changed);
            if path == "-" && !self.check && !context.output.is_json() {
                context.output.raw(&formatted)?;
            } else if changed && !self.check && path != "-" {
                std::fs::write(&path, &formatted).map_err(|error| {
                    Diagnostic::run("HW4502", format!("`{path}` cannot be written"))
                .detail(error.to_string())
                .hint("check that this user may write the file, and that the disk is not full")
                })?;
            }
            if context.output.is_json() {
                context.output.json(&Entry { file: file.as_deref(), changed, diagnostics: Vec::new() })?;
            } else if changed && path != "-" {
                context.output.line(&path)?;
            }
        }
        let done = if self.check { "would change" } else { "changed" };
        context.output.note(format_args!("{count} files {done}"))?;
        Ok(Answer::yes_if(all_good))
    }
}
