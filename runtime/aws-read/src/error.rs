//! What can go wrong with a read.

mod denial;
mod refusal;

use thiserror::Error;

use crate::allowlist::Tier;
use crate::region::Region;

pub use refusal::{Fault, Refusal};

/// Why a read gave no answer. The text is fit for the model and the user: it
/// holds no credential, no request header and no signed address.
#[derive(Debug, Error)]
pub enum ReadError {
    /// `tier` is none for an operation that does not exist.
    #[error("{service}:{operation} is not among the allowed reads{}{}", why(*tier), meant(nearest))]
    NotAllowed { service: String, operation: String, tier: Option<Tier>, nearest: Vec<String> },

    /// `path` leads to the place in the parameters (`Filters[0].Values`), and `problem`
    /// goes on after it (`is required`); it is empty when they are wrong as a whole.
    #[error("parameters of {operation}: {}{problem}{}{}", place(path), wanted(expected), meant(nearest))]
    Parameter { operation: String, path: String, expected: Option<String>, problem: String, nearest: Vec<String> },

    #[error("{region} is no region that is known here{}", meant(nearest))]
    UnknownRegion { region: String, nearest: Vec<String> },

    /// The rules have no address for these parameters in this region.
    #[error("{operation} in {region}: find the endpoint: {cause}")]
    Endpoint { operation: String, region: Region, cause: String },

    #[error("set up the AWS client: {cause}")]
    Setup { cause: String },

    #[error("get AWS credentials: {cause}")]
    Credentials { cause: String },

    #[error("{0}")]
    Refused(Box<Refusal>),

    /// The other end, mostly a stand-in for AWS, does not know the operation.
    #[error("{operation} in {region}: {host} does not implement this operation")]
    NotImplemented { operation: String, region: Region, host: String },

    #[error("{operation}: no answer from {host}: {cause}")]
    Unreachable { operation: String, host: String, cause: String },

    #[error("{operation}: the answer has more than {limit} bytes (hint: ask for less, with filters or a smaller page)")]
    TooLarge { operation: String, limit: usize },

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
            Self::UnknownRegion { .. } => "read/unknown-region",
            Self::Endpoint { .. } => "read/endpoint",
            Self::Setup { .. } => "read/setup",
            Self::Credentials { .. } => "read/credentials",
            Self::Refused(refusal) => &refusal.fault.code,
            Self::NotImplemented { .. } => "read/not-implemented",
            Self::Unreachable { .. } => "read/unreachable",
            Self::TooLarge { .. } => "read/too-large",
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
            Self::NotAllowed { .. }
            | Self::Parameter { .. }
            | Self::UnknownRegion { .. }
            | Self::Endpoint { .. }
            | Self::Setup { .. }
            | Self::Credentials { .. } => false,
            Self::Deadline { sent, .. } => *sent,
            Self::Refused(_)
            | Self::NotImplemented { .. }
            | Self::Unreachable { .. }
            | Self::TooLarge { .. }
            | Self::Answer { .. } => true,
        }
    }
}

fn why(tier: Option<Tier>) -> String {
    let Some(tier) = tier else { return String::new() };
    let hint = if tier == Tier::Data { " (hint: an environment can allow it in its data operations)" } else { "" };
    format!(" (tier {tier}){hint}")
}

fn place(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("{path} ") }
}

fn wanted(expected: &Option<String>) -> String {
    expected.as_ref().map(|expected| format!(", expected {expected}")).unwrap_or_default()
}

fn meant(nearest: &[String]) -> String {
    match nearest {
        [] => String::new(),
        [names @ .., last] if !names.is_empty() => format!("; did you mean {} or {last}?", names.join(", ")),
        [only, ..] => format!("; did you mean {only}?"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn up_to_three_names_are_offered() {
        let offered = |names: &[&str]| meant(&names.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(offered(&[]), "");
        assert_eq!(offered(&["a"]), "; did you mean a?");
        assert_eq!(offered(&["a", "b", "c"]), "; did you mean a, b or c?");
    }

    #[test]
    fn a_parameter_fault_says_where() {
        let error = |path: &str| ReadError::Parameter {
            operation: "ec2:DescribeVolumes".into(),
            path: path.into(),
            expected: Some("array of string".into()),
            problem: "found a string".into(),
            nearest: Vec::new(),
        };
        let start = "parameters of ec2:DescribeVolumes: ";
        assert_eq!(error("").to_string(), format!("{start}found a string, expected array of string"));
        let text = error("Filters[0].Values").to_string();
        assert_eq!(text, format!("{start}Filters[0].Values found a string, expected array of string"));
    }

    #[test]
    fn only_what_left_the_process_counts_as_sent() {
        let unknown = ReadError::UnknownRegion { region: "eu-west-9".into(), nearest: vec!["eu-west-1".into()] };
        assert!(!unknown.was_sent());
        assert_eq!(unknown.to_string(), "eu-west-9 is no region that is known here; did you mean eu-west-1?");
        assert!(ReadError::TooLarge { operation: "s3:ListObjectsV2".into(), limit: 1 }.was_sent());
    }
}
