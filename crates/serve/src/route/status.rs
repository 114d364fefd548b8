//! `GET /v1/status`: where the run stands.

use super::Reply;
use crate::door::Door;
use crate::read::parameters::only;
use crate::reply;
use axum::extract::State;
use axum::http::Uri;
use std::sync::Arc;

pub(super) async fn get(State(door): State<Arc<Door>>, uri: Uri) -> Reply {
    let [] = only(uri.query(), [])?;
    let status = door.status();
    Ok(reply::data(status.epoch, status.json(door.started_millis).to_string()))
}
