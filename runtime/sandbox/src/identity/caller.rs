//! The outcome of authentication and authorisation.

use http::StatusCode;

/// Whoever signed a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub account: String,
    /// Of the user, the assumed-role session or the account's root.
    pub arn: String,
    pub user_id: String,
    pub access_key_id: String,
    pub kind: CallerKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallerKind {
    Root,
    User,
    Role,
}

/// A refusal in AWS's words. The one who answers gives it the protocol's form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Denied {
    pub code: String,
    pub message: String,
}

impl Denied {
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into() }
    }

    /// AWS refuses with 403 in every case that concerns us.
    pub fn status(&self) -> StatusCode {
        StatusCode::FORBIDDEN
    }

    pub fn not_authorized(caller: &Caller, action: &str, resource: &str) -> Self {
        let message = format!("User: {} is not authorized to perform: {action} on resource: {resource}", caller.arn);
        Self::new("AccessDeniedException", message)
    }
}
