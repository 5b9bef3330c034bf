//! Errors of the local server, in the agent's own form: `{"error": {code, message, hint}}`.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use contract::ErrorBody;

use crate::failure::Failure;

/// An answer that is no success.
#[derive(Debug)]
pub struct Refused {
    status: StatusCode,
    body: ErrorBody,
}

impl Refused {
    pub fn new(status: StatusCode, code: &str, message: &str) -> Self {
        Self { status, body: ErrorBody::new(code, message) }
    }

    pub fn hint(mut self, hint: &str) -> Self {
        self.body = self.body.with_hint(hint);
        self
    }
}

/// The local server stands in front of the agent as a gateway does, so whatever failed behind it is a
/// 502; the code in the body says what it was.
impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self { status: StatusCode::BAD_GATEWAY, body: ErrorBody { error: failure.detail() } }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.status, Json(self.body)).into_response()
    }
}
