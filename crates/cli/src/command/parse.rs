//! `headwater parse`: syntax only.

use super::Run;
use crate::context::{Answer, CommandResult, Context};
use crate::input::{self, Sources};
use crate::output::located;
use clap::Args;
use data::Located;
use serde::Serialize;

const EXAMPLES: &str = "Examples:
  headwater parse orders.sql
  echo 'select 1' | headwater parse -";

/// Check the syntax of SQL files, and print their statements in canonical form
///
/// Nothing is resolved: names need not exist. Canonical text has upper-case keywords, back-quoted identifiers and no
/// comments; equivalent spellings give one text.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Parse {
    /// SQL files, or folders of `.sql` files; `-` is standard input
    #[arg(default_value = "-")]
    files: Vec<String>,
}

#[derive(Serialize)]
struct Entry<'a> {
    file: Option<&'a str>,
    index: usize,
    kind: Option<&'a str>,
    ok: bool,
    text: Option<String>,
    diagnostics: Vec<Located>,
}

impl Run for Parse {
    fn run(self, context: &mut Context) -> CommandResult {
        context.output.text_or_json()?;
        let mut all_ok = true;
        for path in input::files(&self.files, "sql")? {
            let source = input::read(&path)?;
            let file = source.file.clone();
            let sources = Sources::of(vec![source]);
            let text = sources.text(file.as_deref()).unwrap_or_default();
            for (index, mut parsed) in sql::parse_statements(text).enumerate() {
                all_ok &= parsed.errors.iter().all(|error| !error.is_error());
                for error in &mut parsed.errors {
                    error.file.clone_from(&file);
                }
                let canonical = parsed.statement.as_ref().map(sql::print::statement);
                if context.output.is_json() {
                    context.output.json(&Entry {
                        file: file.as_deref(),
                        index,
                        kind: parsed.statement.as_ref().map(|statement| statement.kind_name()),
                        ok: parsed.statement.is_some(),
                        text: canonical,
                        diagnostics: parsed.errors.iter().map(|error| located(error, &sources)).collect(),
                    })?;
                } else {
                    if let Some(text) = canonical {
                        context.output.line(format_args!("{text};"))?;
                    }
                    context.output.complaints(&parsed.errors, &sources)?;
                }
            }
        }
        Ok(Answer::yes_if(all_ok))
    }
}
