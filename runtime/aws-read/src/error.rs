//! What can go wrong with a read.

use std::fmt;

use thiserror::Error;

use crate::region::Region;

/// Why a read gave no answer. The text is fit for the model and the user: it
/// holds no credential and no request header.
#[derive(Debug, Error)]
pub enum ReadError {
    #[error("{service}:{operation} is not among the allowed reads{}", meant(nearest))]
    NotAllowed { service: String, operation: String, nearest: Option<String> },

    #[error("parameters of {operation}: {problem}{}", meant(nearest))]
    Parameter { operation: String, problem: String, nearest: Option<String> },

    #[error("set up the AWS client: {cause}")]
    Setup { cause: String },

    #[error("get AWS credentials: {cause}")]
    Credentials { cause: String },

    #[error("{0}")]
    Refused(Box<Refusal>),

    #[error("{operation}: no answer from {host}: {cause}")]
    Unreachable { operation: String, host: String, cause: String },

    /// `sent`: a request may have been on its way.
    #[error("{operation}: the time for this answer is over")]
    Deadline { operation: String, sent: bool },

    #[error("{operation}: AWS answered what its service model does not describe: {cause}")]
    Answer { operation: String, cause: String },
}

impl ReadError {
    /// A stable code; for an error of AWS the code that AWS gave (`AccessDenied`).
    pub fn code(&self) -> &str {
        match self {
            Self::NotAllowed { .. } => "read/not-allowed",
            Self::Parameter { .. } => "read/parameter",
            Self::Setup { .. } => "read/setup",
            Self::Credentials { .. } => "read/credentials",
            Self::Refused(refusal) => &refusal.fault.code,
            Self::Unreachable { .. } => "read/unreachable",
            Self::Deadline { .. } => "read/deadline",
            Self::Answer { .. } => "read/answer",
        }
    }

    /// IAM actions that the caller's role lacks; empty when the call was not denied.
    pub fn missing_permissions(&self) -> &[String] {
        match self {
            Self::Refused(refusal) if refusal.fault.is_denied() => &refusal.iam_actions,
            _ => &[],
        }
    }

    /// True when a request may have reached AWS.
    pub fn was_sent(&self) -> bool {
        match self {
            Self::NotAllowed { .. } | Self::Parameter { .. } | Self::Setup { .. } | Self::Credentials { .. } => false,
            Self::Deadline { sent, .. } => *sent,
            Self::Refused(_) | Self::Unreachable { .. } | Self::Answer { .. } => true,
        }
    }
}

/// A call that AWS answered with an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// `s3:ListBuckets`
    pub operation: String,
    pub region: Region,
    pub fault: Fault,
    /// What the caller's role must allow for this call.
    pub iam_actions: Vec<String>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operation, region, fault, iam_actions } = self;
        write!(f, "{operation} in {region}: {fault}")?;
        match fault.is_denied() {
            true => write!(f, " (hint: the tool function's role needs {})", iam_actions.join(", ")),
            false => Ok(()),
        }
    }
}

/// An error that AWS answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub status: u16,
    /// AWS's code, or `HTTP 503` when the answer had none.
    pub code: String,
    pub message: String,
    pub request_id: Option<String>,
    /// The region that should have been asked, when AWS named one.
    pub region: Option<Region>,
}

impl Fault {
    pub fn is_denied(&self) -> bool {
        const CODES: [&str; 4] =
            ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AllAccessDisabled"];
        CODES.contains(&self.code.as_str())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.message.as_str() {
            "" => f.write_str(&self.code),
            message => write!(f, "{}: {message}", self.code),
        }
    }
}

fn meant(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|name| format!("; did you mean {name}?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: &str) -> ReadError {
        let fault = Fault { status: 403, code: code.into(), message: "no".into(), request_id: None, region: None };
        let iam_actions = vec!["s3:ListAllMyBuckets".into()];
        let operation = "s3:ListBuckets".into();
        ReadError::Refused(Box::new(Refusal { operation, region: Region::default_region(), fault, iam_actions }))
    }

    #[test]
    fn a_denial_names_the_permission() {
        assert_eq!(
            refused("AccessDenied").to_string(),
            "s3:ListBuckets in us-east-1: AccessDenied: no (hint: the tool function's role needs s3:ListAllMyBuckets)"
        );
        assert!(!refused("NoSuchBucket").to_string().contains("hint"));
    }

    #[test]
    fn the_code_of_an_aws_error_is_its_own() {
        assert_eq!(refused("NoSuchBucket").code(), "NoSuchBucket");
    }
}
