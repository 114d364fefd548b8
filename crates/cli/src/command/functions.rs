//! `headwater functions`: the built-in functions, from the table that also evaluates them.

use super::Run;
use crate::context::{Answer, CommandResult, Context, Failure};
use crate::output::{Output, Paint};
use clap::Args;
use data::Diagnostic;
use functions::registry::{Example, Volatility};
use serde::Serialize;

const EXAMPLES: &str = "Examples:
  headwater functions
  headwater functions JSON_VALUE
  headwater functions --family temporal";

/// List the built-in functions
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Functions {
    /// Only functions with this name, or with it in their name
    name: Option<String>,
    /// Only this family, such as `string` or `temporal`
    #[arg(long)]
    family: Option<String>,
}

#[derive(Serialize)]
struct Entry {
    name: &'static str,
    aliases: &'static [&'static str],
    kind: &'static str,
    family: String,
    syntax: &'static [&'static str],
    doc: &'static str,
    examples: Vec<ExampleEntry>,
    volatility: &'static str,
}

#[derive(Serialize)]
struct ExampleEntry {
    sql: &'static str,
    result: &'static str,
}

impl Run for Functions {
    fn run(self, context: &mut Context) -> CommandResult {
        context.output.text_or_json()?;
        let mut entries: Vec<Entry> = all().collect();
        if let Some(family) = &self.family {
            entries.retain(|entry| entry.family.eq_ignore_ascii_case(family));
        }
        if let Some(name) = &self.name {
            entries = by_name(entries, &name.to_uppercase());
        }
        if entries.is_empty() {
            let error = Diagnostic::run("HW4510", "no built-in function is of this name or family");
            return Err(error.hint("`headwater functions` lists them all").into());
        }
        for entry in &entries {
            if context.output.is_json() {
                context.output.json(entry)?;
            } else {
                show(&mut context.output, entry, entries.len() == 1)?;
            }
        }
        Ok(Answer::Yes)
    }
}

fn all() -> impl Iterator<Item = Entry> {
    let scalars = functions::all().map(|def| Entry {
        name: def.name,
        aliases: def.aliases,
        kind: "scalar",
        family: format!("{:?}", def.family).to_lowercase(),
        syntax: def.syntax,
        doc: def.doc,
        examples: examples(def.examples),
        volatility: match def.volatility {
            Volatility::Immutable => "immutable",
            Volatility::Epoch => "epoch",
            Volatility::Volatile => "volatile",
        },
    });
    let aggregates = functions::all_aggregates().map(|def| Entry {
        name: def.name,
        aliases: def.aliases,
        kind: "aggregate",
        family: "aggregate".to_owned(),
        syntax: def.syntax,
        doc: def.doc,
        examples: examples(def.examples),
        volatility: "immutable",
    });
    scalars.chain(aggregates)
}

fn examples(examples: &'static [Example]) -> Vec<ExampleEntry> {
    examples.iter().map(|example| ExampleEntry { sql: example.sql, result: example.result }).collect()
}

/// Those of exactly this name, or else those that have it in theirs.
fn by_name(entries: Vec<Entry>, name: &str) -> Vec<Entry> {
    let exact = |entry: &Entry| entry.name == name || entry.aliases.contains(&name);
    if entries.iter().any(exact) {
        return entries.into_iter().filter(exact).collect();
    }
    entries.into_iter().filter(|entry| entry.name.contains(name)).collect()
}

fn show(output: &mut Output, entry: &Entry, whole: bool) -> Result<(), Failure> {
    if !whole {
        let syntax = entry.syntax.first().copied().unwrap_or(entry.name);
        let family = output.paint(Paint::Dim, &format!("{:<12}", entry.family));
        return output.line(format_args!("{family} {syntax}"));
    }
    let syntax = output.paint(Paint::Strong, &entry.syntax.join("\n"));
    output.line(syntax)?;
    output.line(format_args!("  {} ({})", entry.doc, entry.family))?;
    for example in &entry.examples {
        output.line(format_args!("  {} -> {}", example.sql, example.result))?;
    }
    Ok(())
}
