//! Errors in the form of AWS's REST-JSON services: the code in
//! `x-amzn-ErrorType`, the text in a JSON body.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde_json::json;

use crate::identity::Denied;

/// An answer that an AWS client turns into its typed error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestError {
    pub status: StatusCode,
    pub code: String,
    pub message: String,
}

impl RestError {
    pub fn new(status: StatusCode, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into() }
    }
}

impl From<Denied> for RestError {
    fn from(denied: Denied) -> Self {
        Self::new(denied.status(), denied.code, denied.message)
    }
}

impl IntoResponse for RestError {
    fn into_response(self) -> Response {
        let source = if self.status.is_server_error() { "Service" } else { "User" };
        let body = json!({"Type": source, "message": self.message, "__type": self.code});
        let response = Response::builder()
            .status(self.status)
            .header("content-type", "application/json")
            .header("x-amzn-errortype", self.code)
            .body(Body::from(body.to_string()));
        response.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
    }
}
