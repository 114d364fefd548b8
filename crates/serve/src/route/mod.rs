//! The routes: one file each, one line in [`router`].

mod append;
mod body;
mod changes;
mod events;
mod explain;
mod live;
mod metrics;
mod openapi;
mod page;
mod pipeline;
mod query;
mod ready;
mod row;
mod rows;
mod status;
mod status_stream;
mod tables;

use crate::clock;
use crate::door::Door;
use crate::guard::Guard;
use crate::problem::Problem;
use crate::read::parameters::percent_decode;
use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use std::sync::Arc;

/// Methods of what is only read.
const READING: HeaderValue = HeaderValue::from_static("GET,HEAD");

type Reply = Result<Response, Problem>;

pub(crate) fn router(door: Arc<Door>, guard: Guard) -> Router {
    Router::new()
        .route("/v1/tables", get(tables::get))
        .route("/v1/tables/{t}", get(rows::get).post(append::post))
        .route("/v1/tables/{t}/changes", get(changes::get))
        .route("/v1/tables/{t}/{key}", get(row::get))
        .route("/v1/query", post(query::post))
        .route("/v1/explain", post(explain::post))
        .route("/v1/pipeline", get(pipeline::get))
        .route("/v1/status", get(status::get))
        .route("/v1/status/stream", get(status_stream::get))
        .route("/live", get(live::get))
        .route("/ready", get(ready::get))
        .route("/metrics", get(metrics::get))
        .route("/openapi.json", get(openapi::get))
        .fallback(page::get)
        .method_not_allowed_fallback(not_allowed)
        .with_state(Arc::clone(&door))
        .layer(from_fn_with_state((door, Arc::new(guard)), observe))
}

/// Guards, counts and finishes every request.
async fn observe(State((door, guard)): State<(Arc<Door>, Arc<Guard>)>, request: Request, next: Next) -> Response {
    let started = clock::now();
    let path = request.extensions().get::<MatchedPath>().cloned();
    let mut response = match guard.check(request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin"));
    let route = path.as_ref().map_or("page", MatchedPath::as_str);
    door.metrics.count(route, response.status().as_u16(), started.elapsed());
    response
}

async fn not_allowed(State(door): State<Arc<Door>>, method: Method, uri: Uri) -> Response {
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "HW5050", format!("{method} is not for {}", uri.path()))
        .hint("the header Allow names the methods that are");
    let mut response = problem.into_response();
    // The router only knows that rows may be posted to some table.
    let table = path_part(&uri, 3).ok().and_then(|name| door.table(&name).ok());
    if uri.path().starts_with("/v1/tables/") && table.is_some_and(|(_, table)| !table.appendable) {
        response.headers_mut().insert(header::ALLOW, READING);
    }
    response
}

/// A part of the path, decoded; the first is 1.
fn path_part(uri: &Uri, at: usize) -> Result<String, Problem> {
    percent_decode(raw_part(uri, at), false)
}

fn raw_part(uri: &Uri, at: usize) -> &str {
    uri.path().split('/').nth(at).unwrap_or("")
}
