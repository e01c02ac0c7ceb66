//! Answers.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use serde::Serialize;
use serde_json::json;

use crate::drive::desk::DeskError;

/// An answer to a request.
pub(super) type Answer = Response<Full<Bytes>>;

/// An answer of a kind.
pub(super) fn of_kind(kind: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// Facts as JSON.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Answer {
    match serde_json::to_vec(body) {
        Ok(text) => {
            let mut answer = of_kind("application/json", text);
            *answer.status_mut() = status;
            answer
        }
        Err(error) => failure(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

/// What is wrong.
pub(super) fn failure(status: StatusCode, error: &str) -> Answer {
    let mut answer = of_kind("application/json", json!({ "error": error }).to_string());
    *answer.status_mut() = status;
    answer
}

/// Nothing stands at the address.
pub(super) fn not_found() -> Answer {
    failure(StatusCode::NOT_FOUND, "there is nothing here; see /api")
}

impl From<DeskError> for Answer {
    fn from(error: DeskError) -> Self {
        failure(StatusCode::SERVICE_UNAVAILABLE, &error.to_string())
    }
}
