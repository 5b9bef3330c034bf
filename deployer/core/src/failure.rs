//! The one form of an error that a deployer command ends with.

use std::fmt;

use serde::Serialize;

/// What we were doing to what, why it did not work, and what to do about it.
///
/// `code` is a promise (`config/unknown-key`, `aws/denied`): new ones are added,
/// old ones keep their meaning. No field ever holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    pub code: &'static str,
    /// "create target `aws` in gateway `ops-prod`"
    pub doing: String,
    pub cause: String,
    pub hint: Option<String>,
}

impl Failure {
    pub fn new(code: &'static str, doing: impl Into<String>, cause: impl fmt::Display) -> Self {
        Self { code, doing: doing.into(), cause: cause.to_string(), hint: None }
    }

    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} [{}]", self.doing, self.cause, self.code)?;
        if let Some(hint) = &self.hint {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}
