//! Bodies of requests: of a type that is wanted, not too large, and sent in time.

use crate::problem::Problem;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, StatusCode, header};
use std::time::Duration;

pub(super) const BODY_BYTES: usize = 8 << 20;
const BODY_TIME: Duration = Duration::from_secs(10);

/// The media type of the body, without its parameters, in lower case.
pub(super) fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    value.split(';').next().unwrap_or("").trim().to_ascii_lowercase()
}

pub(super) fn unsupported(wanted: &str) -> Problem {
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "HW5150", "the body is of another type than is read here")
        .hint(format!("send Content-Type: {wanted}"))
}

pub(super) async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
    let too_large = || {
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "HW5130", format!("a body has at most {} MiB", BODY_BYTES >> 20))
            .hint("send it in parts, or use `headwater load`")
    };
    let encoding = headers.get(header::CONTENT_ENCODING).map_or("identity", |value| value.to_str().unwrap_or("?"));
    if !encoding.trim().eq_ignore_ascii_case("identity") {
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "HW5151", "the body is encoded")
            .hint("send it as it is, without Content-Encoding"));
    }
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > BODY_BYTES as u64) {
        return Err(too_large());
    }
    match tokio::time::timeout(BODY_TIME, to_bytes(body, BODY_BYTES)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        // A client that goes away in the middle hears nothing of this.
        Ok(Err(_)) => Err(too_large()),
        Err(_) => Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "HW5080", "the body did not come in time")),
    }
}

/// A JSON document of the wanted shape.
pub(super) async fn json<T: serde::de::DeserializeOwned>(
    headers: &HeaderMap,
    body: Body,
    shape: &str,
) -> Result<T, Problem> {
    if media_type(headers) != "application/json" {
        return Err(unsupported("application/json"));
    }
    let bytes = read(headers, body).await?;
    serde_json::from_slice(&bytes).map_err(|error| {
        Problem::parameter("HW5005", format!("the body is not what is read here: {error}")).hint(shape)
    })
}
