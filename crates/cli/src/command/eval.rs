//! `headwater eval`: scalar expressions, one per line of standard input.

use super::Run;
use crate::context::{Answer, CommandResult, Context, Failure};
use crate::input::Sources;
use crate::output::{Output, located};
use crate::scalar::{Calculator, Column, Evaluated};
use clap::Args;
use data::{Diagnostic, Located, crash};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Stdin};

const EXAMPLES: &str = r#"Examples:
  headwater eval "CAST('12' AS INT) / 5"
  echo "UPPER('ada') || '!'" | headwater eval
  echo '{"expr": "a + 1", "columns": [{"name": "a", "type": "INT"}], "row": [41]}' | headwater eval"#;

/// Evaluate scalar expressions, one per line of standard input
///
/// A line is an expression, or a JSON object {"id", "expr", "columns": [{"name", "type"}], "row": […], "config": {}}
/// of which all but "expr" may be left out. A line that fails does not stop the next.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Eval {
    /// Expressions; without any they are read from standard input
    #[arg(value_name = "EXPR")]
    expressions: Vec<String>,
}

/// A line in JSON.
#[derive(Deserialize)]
struct Request {
    #[serde(default)]
    id: Json,
    expr: String,
    #[serde(default)]
    columns: Vec<Column>,
    row: Option<Vec<Json>>,
    #[serde(default)]
    config: BTreeMap<String, Json>,
}

#[derive(Serialize)]
struct Response<'a> {
    id: &'a Json,
    expr: &'a str,
    #[serde(rename = "type")]
    data_type: Option<String>,
    value: Option<String>,
    error: Option<Located>,
}

impl Run for Eval {
    fn run(self, context: &mut Context) -> CommandResult {
        context.output.text_or_json()?;
        let mut calculator = Calculator::new();
        let mut all_good = true;
        if !self.expressions.is_empty() {
            for expression in &self.expressions {
                all_good &= evaluate(&mut context.output, &mut calculator, expression)?;
            }
            return Ok(Answer::yes_if(all_good));
        }
        let mut stdin = BufReader::new(std::io::stdin());
        while let Some(line) = next_line(&mut stdin)? {
            let text = line.trim();
            if !text.is_empty() && !text.starts_with("--") {
                all_good &= evaluate(&mut context.output, &mut calculator, text)?;
            }
            // Whoever writes line by line wants to be answered line by line.
            if stdin.buffer().is_empty() {
                context.output.flush()?;
            }
        }
        Ok(Answer::yes_if(all_good))
    }
}

/// A line, with what is not UTF-8 in it replaced.
fn next_line(stdin: &mut BufReader<Stdin>) -> Result<Option<String>, Failure> {
    let mut bytes = Vec::new();
    let read = stdin.read_until(b'\n', &mut bytes).map_err(|error| {
        Failure::from(Diagnostic::run("HW4501", "standard input cannot be read")
                .detail(error.to_string())
                .hint("pass expressions as UTF-8 text, one a line"))
    })?;
    Ok((read > 0).then(|| String::from_utf8_lossy(&bytes).into_owned()))
}

/// Whether it has a value.
fn evaluate(output: &mut Output, calculator: &mut Calculator, line: &str) -> Result<bool, Failure> {
    let request = if line.starts_with('{') {
        serde_json::from_str(line).map_err(|error| {
            Diagnostic::parse("HW4520", data::Span::default(), "the line is not a request")
                .detail(error.to_string())
                .hint("write {\"id\", \"expr\", \"columns\": [{\"name\", \"type\"}], \"row\": […], \"config\": {}}")
        })
    } else {
        Ok(Request { id: Json::Null, expr: line.to_owned(), columns: Vec::new(), row: None, config: BTreeMap::new() })
    };
    let (id, expr, result) = match request {
        Err(error) => (Json::Null, line.to_owned(), Err(error)),
        Ok(request) => {
            let work = || calculator.evaluate(&request.expr, &request.columns, request.row.as_deref(), &request.config);
            let result = crash::catch(work).unwrap_or_else(|crashed| {
                // What was half done then is not gone on with.
                *calculator = Calculator::new();
                Err(crashed)
            });
            (request.id, request.expr, result)
        }
    };
    show(output, &id, &expr, result)
}

fn show(output: &mut Output, id: &Json, expr: &str, result: Result<Evaluated, Diagnostic>) -> Result<bool, Failure> {
    let sources = Sources::one(None, expr);
    let good = result.is_ok();
    if output.is_json() {
        let (data_type, value, error) = match result {
            Ok(Evaluated { data_type, value }) => (Some(data_type), Some(value), None),
            Err(error) => (None, None, Some(located(&error, &sources))),
        };
        output.json(&Response { id, expr, data_type, value, error })?;
    } else {
        match result {
            Ok(Evaluated { data_type, value }) => output.line(format_args!("{expr}\t{data_type}\t{value}"))?,
            Err(error) => {
                output.line(format_args!("{expr}\t-\terror: {}: {}", error.code, error.message))?;
                output.complaints(&[error], &sources)?;
            }
        }
    }
    Ok(good)
}
