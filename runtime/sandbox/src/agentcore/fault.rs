//! Errors of the control plane as the service model defines them.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::identity::Denied;

/// An error answer: its type decides the HTTP status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    Validation(Validation),
    Denied(Denied),
    NotFound(String),
    Conflict(String),
    QuotaExceeded(String),
    Internal(String),
}

/// What is wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Validation {
    pub(super) message: String,
    /// `FieldValidationFailed`, `CannotParse`, `ResourceConflict`, ...
    pub(super) reason: &'static str,
    pub(super) fields: Vec<FieldFault>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FieldFault {
    pub(super) name: String,
    pub(super) message: String,
}

impl Fault {
    pub(super) fn validation(reason: &'static str, message: impl Into<String>) -> Self {
        Self::Validation(Validation { message: message.into(), reason, fields: Vec::new() })
    }

    fn status_and_type(&self) -> (StatusCode, &str) {
        match self {
            Self::Validation(_) => (StatusCode::BAD_REQUEST, "ValidationException"),
            Self::Denied(denied) => (denied.status(), &denied.code),
            Self::NotFound(_) => (StatusCode::NOT_FOUND, "ResourceNotFoundException"),
            Self::Conflict(_) => (StatusCode::CONFLICT, "ConflictException"),
            Self::QuotaExceeded(_) => (StatusCode::PAYMENT_REQUIRED, "ServiceQuotaExceededException"),
            Self::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "InternalServerException"),
        }
    }

    fn body(&self) -> Value {
        match self {
            Self::Validation(Validation { message, reason, fields }) => {
                let fields: Vec<_> =
                    fields.iter().map(|field| json!({"name": field.name, "message": field.message})).collect();
                json!({"message": message, "reason": reason, "fieldList": fields})
            }
            Self::Denied(denied) => json!({"message": denied.message}),
            Self::NotFound(message)
            | Self::Conflict(message)
            | Self::QuotaExceeded(message)
            | Self::Internal(message) => json!({"message": message}),
        }
    }
}

impl From<Denied> for Fault {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let (status, error_type) = self.status_and_type();
        let builder = answer_head(status).header("x-amzn-errortype", error_type);
        builder.body(Body::from(self.body().to_string())).expect("error types are header values")
    }
}

/// An answer with its request id and JSON body.
pub(super) fn answer(status: StatusCode, body: &Value) -> Response {
    answer_head(status).body(Body::from(body.to_string())).expect("the head is valid")
}

/// 204, as the tag operations answer.
pub(super) fn empty_answer() -> Response {
    answer_head(StatusCode::NO_CONTENT).body(Body::empty()).expect("the head is valid")
}

fn answer_head(status: StatusCode) -> http::response::Builder {
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "application/json")
        .header("x-amzn-requestid", Uuid::new_v4().to_string())
}

/// Gathers the faults of a request, so that all are reported together.
#[derive(Default)]
pub(super) struct Faults(Vec<FieldFault>);

impl Faults {
    pub(super) fn add(&mut self, field: &str, message: impl Into<String>) {
        self.0.push(FieldFault { name: field.into(), message: message.into() });
    }

    pub(super) fn require(&mut self, holds: bool, field: &str, message: impl Into<String>) {
        if !holds {
            self.add(field, message);
        }
    }

    /// A text whose length, counted in characters, must lie within a range.
    pub(super) fn length(&mut self, field: &str, text: Option<&str>, range: std::ops::RangeInclusive<usize>) {
        let Some(text) = text else { return };
        let constraint = format!("Member must have length between {} and {}", range.start(), range.end());
        self.require(range.contains(&text.chars().count()), field, constraint);
    }

    pub(super) fn into_result(self) -> Result<(), Fault> {
        if self.0.is_empty() {
            return Ok(());
        }
        let count = self.0.len();
        let sentences: Vec<_> = self
            .0
            .iter()
            .map(|field| format!("Value at '{}' failed to satisfy constraint: {}", field.name, field.message))
            .collect();
        let plural = if count == 1 { "" } else { "s" };
        let message = format!("{count} validation error{plural} detected: {}", sentences.join("; "));
        Err(Fault::Validation(Validation { message, reason: "FieldValidationFailed", fields: self.0 }))
    }
}
