//! `GET /openapi.json`: all of this, described for this project.

use super::Reply;
use crate::door::Door;
use crate::openapi;
use crate::read::parameters::only;
use crate::reply;
use axum::extract::State;
use axum::http::Uri;
use std::sync::Arc;

pub(super) async fn get(State(door): State<Arc<Door>>, uri: Uri) -> Reply {
    let [] = only(uri.query(), [])?;
    Ok(reply::json(openapi::document(&door.project).to_string()))
}
