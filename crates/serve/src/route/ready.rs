//! `GET /ready`: the run has got to its first epoch and has not failed.

use super::{Reply, live};
use crate::door::{Door, Phase};
use crate::problem::Problem;
use crate::reply;
use axum::extract::State;
use axum::http::StatusCode;
use std::sync::Arc;

pub(super) async fn get(State(door): State<Arc<Door>>) -> Reply {
    let detail = match door.phase() {
        Phase::Running | Phase::Ended => return Ok(reply::json(live::OK)),
        Phase::Starting => "the first epoch has not ended",
        Phase::Failed => "the run has failed",
    };
    Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "HW5300", detail))
}
