//! What an answer is made of.

use http_body_util::{Either, Full};
use hyper::{
    Response, StatusCode,
    body::Bytes,
    header::{self, HeaderValue},
};
use serde::Serialize;

use super::events::Events;

const TEXT: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json";

/// An answer.
pub(super) type Answer = Response<Either<Full<Bytes>, Events>>;

/// One of text.
pub(super) fn text(status: StatusCode, body: impl Into<Bytes>) -> Answer {
    made(status, TEXT, whole(body))
}

/// One of JSON.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Answer {
    match serde_json::to_vec(body) {
        Ok(body) => made(status, JSON, whole(body)),
        Err(error) => text(StatusCode::INTERNAL_SERVER_ERROR, format!("this can't be written: {error}\n")),
    }
}

/// One of this type.
pub(super) fn made(status: StatusCode, content_type: &'static str, body: Either<Full<Bytes>, Events>) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}

/// A body that is there already.
pub(super) fn whole(body: impl Into<Bytes>) -> Either<Full<Bytes>, Events> {
    Either::Left(Full::new(body.into()))
}
