//! Everything else: the page and its files, from inside the program. What is not there is a problem document.

use crate::problem::Problem;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::sync::LazyLock;

mod files {
    include!(concat!(env!("OUT_DIR"), "/page.rs"));
}

/// Nothing from outside, nothing inside a page of somebody else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

struct File {
    path: &'static str,
    kind: &'static str,
    content: &'static [u8],
    /// Of its content.
    tag: String,
}

static FILES: LazyLock<Vec<File>> = LazyLock::new(|| {
    let file = |(path, kind, content): &(&'static str, &'static str, &'static [u8])| {
        let mut tag = String::from("\"");
        for byte in &Sha256::digest(content)[..12] {
            let _ = write!(tag, "{byte:02x}");
        }
        tag.push('"');
        File { path, kind, content, tag }
    };
    files::FILES.iter().map(file).collect()
});

pub(super) async fn get(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = if uri.path() == "/" { "/index.html" } else { uri.path() };
    let Some(file) = FILES.iter().find(|file| file.path == path) else {
        let problem = Problem::new(StatusCode::NOT_FOUND, "HW5040", format!("there is nothing at {}", uri.path()));
        return problem.hint("/openapi.json describes what there is").into_response();
    };
    if method != Method::GET && method != Method::HEAD {
        let detail = format!("{method} is not for {}", uri.path());
        let mut response = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "HW5050", detail).into_response();
        response.headers_mut().insert(header::ALLOW, super::READING);
        return response;
    }
    let is_known = headers.get(header::IF_NONE_MATCH).is_some_and(|tag| {
        tag.to_str().is_ok_and(|tags| tags.split(',').any(|tag| tag.trim().trim_start_matches("W/") == file.tag))
    });
    let mut response = Response::new(if is_known { Body::empty() } else { Body::from(file.content) });
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.kind));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    // Asked for each time, sent only when it has changed: another version of the program may answer next.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = HeaderValue::from_str(&file.tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}
