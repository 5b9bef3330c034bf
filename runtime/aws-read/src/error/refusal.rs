//! A call that AWS answered with an error, and what its reader can do.

use std::fmt;

use super::denial::Denial;
use crate::redaction::redact_text;
use crate::region::Region;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// `s3:ListBuckets`
    pub operation: String,
    pub region: Region,
    pub fault: Fault,
    /// What the caller's role must allow for this call.
    pub iam_actions: Vec<String>,
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

impl Refusal {
    /// Takes over the action that AWS's own message names, which can be narrower than
    /// what the operation needs in general.
    pub(crate) fn new(operation: String, region: Region, fault: Fault, iam_actions: Vec<String>) -> Self {
        let named = Denial::of(&fault).and_then(|denial| denial.action).map(|action| vec![action]);
        let fault = Fault { message: redact_text(&without_encoded_part(fault.message)), ..fault };
        Self { operation, region, fault, iam_actions: named.unwrap_or(iam_actions) }
    }

    /// What the reader can do about it.
    pub fn hint(&self) -> Option<String> {
        if let Some(denial) = Denial::of(&self.fault) {
            return Some(denial.hint(&self.iam_actions));
        }
        if self.fault.is_cost_explorer_off() {
            let hint = "the management account switches Cost Explorer on, for itself and its member accounts";
            return Some(hint.into());
        }
        if self.fault.is_expired() {
            return Some("the credentials have expired; get new ones".into());
        }
        if self.fault.is_unknown_identity() && self.region.needs_opting_in() {
            return Some(format!("{} is probably not enabled in this account", self.region));
        }
        None
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}: {}", self.operation, self.region, self.fault)?;
        match self.hint() {
            Some(hint) => write!(f, " (hint: {hint})"),
            None => Ok(()),
        }
    }
}

impl Fault {
    /// The caller is known and may not do this. The answer to a HEAD request has no
    /// body and so no code (S3 API reference, HeadBucket).
    pub fn is_denied(&self) -> bool {
        const CODES: [&str; 8] = [
            "AccessDenied",
            "AccessDeniedException",
            "AllAccessDisabled",
            "AuthorizationError",
            "AuthorizationErrorException",
            "HTTP 403",
            "UnauthorizedException",
            "UnauthorizedOperation",
        ];
        CODES.contains(&self.code.as_str()) && !self.is_cost_explorer_off()
    }

    /// "User not enabled for cost explorer access" comes as a denial, and no permission
    /// helps (Cost Management user guide, "Controlling access to Cost Explorer").
    fn is_cost_explorer_off(&self) -> bool {
        self.message.to_lowercase().contains("not enabled for cost explorer")
    }

    pub(crate) fn is_expired(&self) -> bool {
        ["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"].contains(&self.code.as_str())
    }

    /// AWS does not know the key, which is also what a region says that the account
    /// has not enabled (AWS re:Post, "AuthFailure in an opt-in region").
    fn is_unknown_identity(&self) -> bool {
        const CODES: [&str; 6] = [
            "AuthFailure",
            "InvalidAccessKeyId",
            "InvalidClientTokenId",
            "InvalidToken",
            "OptInRequired",
            "UnrecognizedClientException",
        ];
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

/// EC2 and others append a long text that only sts:DecodeAuthorizationMessage can read.
fn without_encoded_part(message: String) -> String {
    match message.find("Encoded authorization failure message") {
        Some(position) => message[..position].trim_end().to_owned(),
        None => message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(code: &str, message: &str, region: &str) -> Refusal {
        let fault = Fault { status: 403, code: code.into(), message: message.into(), request_id: None, region: None };
        let actions = vec!["s3:ListAllMyBuckets".into()];
        Refusal::new("s3:ListBuckets".into(), Region::parse(region).unwrap(), fault, actions)
    }

    #[test]
    fn a_denial_names_the_permission() {
        assert_eq!(
            refusal("AccessDenied", "no", "us-east-1").to_string(),
            "s3:ListBuckets in us-east-1: AccessDenied: no (hint: the tool function's role needs s3:ListAllMyBuckets)"
        );
        assert_eq!(refusal("NoSuchBucket", "no", "us-east-1").hint(), None);
    }

    #[test]
    fn cost_explorer_that_is_off_is_no_missing_permission() {
        let refusal = refusal("AccessDeniedException", "User not enabled for cost explorer access", "us-east-1");
        assert!(!refusal.fault.is_denied());
        assert!(refusal.hint().unwrap().starts_with("the management account switches Cost Explorer on"), "{refusal}");
    }

    #[test]
    fn a_denial_without_a_body_is_one() {
        let refusal = refusal("HTTP 403", "", "us-east-1");
        assert_eq!(refusal.hint().unwrap(), "the tool function's role needs s3:ListAllMyBuckets");
    }

    #[test]
    fn secrets_are_taken_out_of_messages() {
        let refusal = refusal("ValidationError", "Parameter 'x' has password=canary-7f3a-flies", "us-east-1");
        assert!(refusal.to_string().ends_with("password=***redacted***"), "{refusal}");
    }

    #[test]
    fn the_encoded_part_of_a_message_is_left_out() {
        let message = "You are not authorized to perform this operation. User: arn:aws:sts::1:assumed-role/r/s is not \
                       authorized to perform: ec2:DescribeVolumes because no identity-based policy allows the \
                       ec2:DescribeVolumes action. Encoded authorization failure message: c2VjcmV0";
        let refusal = refusal("UnauthorizedOperation", message, "us-east-1");
        assert!(!refusal.to_string().contains("c2VjcmV0"), "{refusal}");
        assert_eq!(refusal.iam_actions, ["ec2:DescribeVolumes"]);
    }

    #[test]
    fn expired_credentials_and_regions_that_are_not_enabled_have_hints() {
        assert!(refusal("ExpiredToken", "", "us-east-1").hint().unwrap().contains("expired"));
        let opt_in = refusal("UnrecognizedClientException", "invalid", "af-south-1").hint().unwrap();
        assert_eq!(opt_in, "af-south-1 is probably not enabled in this account");
        assert_eq!(refusal("UnrecognizedClientException", "invalid", "us-east-1").hint(), None);
    }
}
