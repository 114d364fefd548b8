//! `POST /v1/explain`: the plan of a statement, as it would run in this project.

use super::{Reply, body, query};
use crate::door::Door;
use crate::problem::Problem;
use crate::read::parameters::only;
use crate::reply;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use data::{Diagnostic, crash};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    sql: String,
}

pub(super) async fn post(State(door): State<Arc<Door>>, request: Request) -> Reply {
    let (parts, content) = request.into_parts();
    let [] = only(parts.uri.query(), [])?;
    let asked: Asked = body::json(&parts.headers, content, "send {\"sql\": \"SELECT …\"}").await?;
    let explained = tokio::task::spawn_blocking(move || {
        crash::catch(|| explain(&door, &asked.sql)).unwrap_or_else(|error| Err(Problem::internal(&error)))
    });
    let internal = |error: tokio::task::JoinError| {
        Problem::internal(&Diagnostic::run(crash::INTERNAL, "internal error").detail(error.to_string()))
    };
    Ok(reply::json(explained.await.map_err(internal)??.to_string()))
}

fn explain(door: &Door, text: &str) -> Result<Json, Problem> {
    let statement = query::only_statement(text)?;
    let plans = door.project.session.plans(&statement);
    let plans = plans.map_err(|errors| Problem::of(StatusCode::UNPROCESSABLE_ENTITY, &errors, text))?;
    let texts: Vec<String> = plans.iter().map(plan::explain::text).collect();
    let plan = match plans.as_slice() {
        [plan] => plan::explain::json(plan),
        plans => Json::Array(plans.iter().map(plan::explain::json).collect()),
    };
    Ok(json!({ "plan": plan, "text": texts.join("\n"), "diagnostics": [] }))
}
