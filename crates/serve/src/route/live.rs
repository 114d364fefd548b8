//! `GET /live`: the process answers.

use super::Reply;
use crate::reply;

pub(super) const OK: &str = "{\"status\":\"ok\"}";

pub(super) async fn get() -> Reply {
    Ok(reply::json(OK))
}
