//! `GET /v1/tables`: what tables there are.

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
    let status = door.status();
    let rows = |name: &str| status.tables.get(name).and_then(|table| table.rows);
    let tables: Vec<Json> = door.project.tables.iter().map(|table| table.describe(rows(&table.path.name))).collect();
    Ok(reply::data(status.epoch, json!({ "epoch": status.epoch, "tables": tables }).to_string()))
}
