//! Answers with data: JSON, and the epoch that it is of.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;

pub(crate) const EPOCH: HeaderName = HeaderName::from_static("headwater-epoch");

/// A JSON document.
pub(crate) fn json(body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A JSON document of one epoch.
pub(crate) fn data(epoch: u64, body: impl Into<Body>) -> Response {
    let mut response = json(body);
    response.headers_mut().insert(EPOCH, HeaderValue::from(epoch));
    response
}

#[must_use]
pub(crate) fn with_status(mut response: Response, status: StatusCode) -> Response {
    *response.status_mut() = status;
    response
}
