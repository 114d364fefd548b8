//! `GET /v1/pipeline`: tables, the statements between them, and what was found about them.

use super::Reply;
use crate::door::Door;
use crate::read::parameters::only;
use crate::reply;
use axum::extract::State;
use axum::http::Uri;
use serde_json::{Value as Json, json};
use std::sync::Arc;

pub(super) async fn get(State(door): State<Arc<Door>>, uri: Uri) -> Reply {
    let [] = only(uri.query(), [])?;
    let project = &door.project;
    let nodes: Vec<Json> = project
        .tables
        .iter()
        .map(|table| {
            let kind = if table.is_managed() { "managed" } else { "external" };
            json!({ "table": table.path.name, "layer": table.layer, "kind": kind })
        })
        .collect();
    let statements: Vec<Json> = project
        .statements
        .iter()
        .map(|statement| {
            json!({
                "label": statement.label,
                "file": statement.file,
                "target": statement.target,
                "reads": statement.reads,
                "sql": statement.sql,
            })
        })
        .collect();
    let document = json!({ "project": project.name, "nodes": nodes, "statements": statements, "diagnostics": project.diagnostics });
    Ok(reply::json(document.to_string()))
}
