//! Answers that are not what was asked for: RFC 9457 problem documents with our codes, HW5… for requests.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use data::{Diagnostic, Located};
use serde_json::json;

#[derive(Clone, Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    hint: Option<String>,
    diagnostics: Vec<Located>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), hint: None, diagnostics: Vec::new() }
    }

    /// A parameter is wrong.
    pub(crate) fn parameter(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What is wrong with a text of SQL, or with running it.
    pub(crate) fn of(status: StatusCode, diagnostics: &[Diagnostic], text: &str) -> Self {
        let first = diagnostics.iter().find(|diagnostic| diagnostic.is_error()).or(diagnostics.first());
        let place_of = |_: Option<&str>, offset: usize| Some(data::diagnostic::line_column(text, offset));
        let detail = first.map_or_else(String::new, |first| match &first.detail {
            Some(detail) => format!("{}: {detail}", first.message),
            None => first.message.clone(),
        });
        Self {
            status,
            code: first.map_or("HW9001", |first| first.code),
            detail,
            hint: first.and_then(|first| first.hint.clone()),
            diagnostics: diagnostics.iter().map(|found| Located::new(found, &place_of)).collect(),
        }
    }

    /// Something of ours went wrong.
    pub(crate) fn internal(diagnostic: &Diagnostic) -> Self {
        Self::of(StatusCode::INTERNAL_SERVER_ERROR, std::slice::from_ref(diagnostic), "")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let document = json!({
            "type": "about:blank",
            "title": self.status.canonical_reason().unwrap_or("Problem"),
            "status": self.status.as_u16(),
            "detail": self.detail,
            "code": self.code,
            "hint": self.hint,
            "diagnostics": self.diagnostics,
        });
        let mut response = Response::new(Body::from(document.to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
