//! `headwater explain`: the plan of each statement.

use super::Run;
use crate::context::{Answer, CommandResult, Context, Failure};
use crate::input::{self, Sources};
use crate::output::located;
use crate::project;
use clap::Args;
use data::{Diagnostic, Located, crash};
use plan::{Node, Planned};
use serde::Serialize;
use serde_json::Value as Json;

const EXAMPLES: &str = "Examples:
  headwater explain report.sql
  echo 'SELECT 1' | headwater explain";

/// Show the plan of each statement: operators, row kinds, upsert keys, state
///
/// Definitions in the file are carried out first, in their order; inside a project its tables are there.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Explain {
    /// A file of SQL; `-` is standard input
    #[arg(default_value = "-")]
    file: String,
    /// Plan for bounded input
    #[arg(long)]
    batch: bool,
}

#[derive(Serialize)]
struct Entry {
    index: usize,
    plan: Json,
    error: Option<Located>,
}

impl Run for Explain {
    fn run(self, context: &mut Context) -> CommandResult {
        context.output.text_or_json()?;
        let source = input::read(&self.file)?;
        let mut sources = Sources::of(vec![source.clone()]);
        let opened = project::script(&context.global, source)
            .and_then(|script| Ok((script, project::workbench(&context.global, !self.batch, &mut sources)?)));
        let (script, mut workbench) = match opened {
            Ok(opened) => opened,
            Err(errors) => {
                context.output.complaints(&errors, &sources)?;
                return Ok(Answer::No);
            }
        };
        let session = workbench.session_mut();
        let mut all_good = true;
        for (index, mut parsed) in sql::parse_statements(&script.text).enumerate() {
            let result = match parsed.statement.take() {
                Some(statement) if parsed.errors.is_empty() => {
                    let planned = crash::catch(|| session.execute(&statement, &script.text));
                    planned.unwrap_or_else(|crashed| Err(vec![crashed]))
                }
                _ => Err(parsed.errors),
            };
            match result {
                Ok(planned) => {
                    for plan in plans(planned) {
                        show(context, index, &plan)?;
                    }
                }
                Err(errors) => {
                    all_good = false;
                    let errors: Vec<Diagnostic> = errors.into_iter().map(|error| script.placed(error)).collect();
                    if context.output.is_json() {
                        let error = errors.first().map(|error| located(error, &sources));
                        context.output.json(&Entry { index, plan: Json::Null, error })?;
                    } else {
                        context.output.complaints(&errors, &sources)?;
                    }
                }
            }
        }
        Ok(Answer::yes_if(all_good))
    }
}

fn plans(planned: Planned) -> Vec<Node> {
    match planned {
        Planned::Query(node) => vec![node],
        Planned::Insert(insertion) | Planned::CreateTableAs(insertion) => vec![insertion.node],
        Planned::StatementSet(insertions) => insertions.into_iter().map(|insertion| insertion.node).collect(),
        Planned::Done | Planned::Answer(_) => Vec::new(),
    }
}

fn show(context: &mut Context, index: usize, plan: &Node) -> Result<(), Failure> {
    if context.output.is_json() {
        return context.output.json(&Entry { index, plan: plan::explain::json(plan), error: None });
    }
    context.output.note(format_args!("statement {}", index + 1))?;
    context.output.raw(&plan::explain::text(plan))
}
