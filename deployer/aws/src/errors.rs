//! AWS's errors in the deployer's words: what kind of trouble it is, the code a
//! command ends with, and the gap that an observation keeps.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;
use deployer_core::Failure;
use deployer_core::observed::{Gap, GapReason};

/// What an AWS error is about. The first seven end a command with a code of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Denied,
    Credentials,
    Throttled,
    Quota,
    NotFound,
    Unreachable,
    Failed,
    /// It exists already, or is busy with something else.
    Conflict,
}

impl Kind {
    /// The kind that a gap stands for.
    pub fn of(reason: GapReason) -> Self {
        match reason {
            GapReason::Denied => Self::Denied,
            GapReason::Throttled => Self::Throttled,
            GapReason::Failed => Self::Failed,
        }
    }

    pub fn code(self) -> &'static str {
        match self {
            Self::Denied => "aws/denied",
            Self::Credentials => "aws/credentials",
            Self::Throttled => "aws/throttled",
            Self::Quota => "aws/quota",
            Self::NotFound => "aws/not-found",
            Self::Unreachable => "aws/unreachable",
            Self::Failed | Self::Conflict => "aws/failed",
        }
    }
}

/// One failed call, read once so that it can become a failure or a gap.
#[derive(Debug, Clone)]
pub(crate) struct Trouble {
    pub kind: Kind,
    /// In AWS's words, with its error code and request id where there are any.
    pub message: String,
}

impl Trouble {
    /// An answer that arrived and cannot be used.
    pub fn unusable(message: impl Into<String>) -> Self {
        Self { kind: Kind::Failed, message: message.into() }
    }

    pub fn failure(&self, doing: impl Into<String>) -> Failure {
        Failure::new(self.kind.code(), doing, &self.message)
    }

    pub fn gap(&self) -> Gap {
        let reason = match self.kind {
            Kind::Denied | Kind::Credentials => GapReason::Denied,
            Kind::Throttled => GapReason::Throttled,
            _ => GapReason::Failed,
        };
        Gap { reason, message: self.message.clone() }
    }
}

impl<E> From<SdkError<E, HttpResponse>> for Trouble
where
    E: ProvideErrorMetadata + Error + 'static,
{
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        let kind = match &error {
            SdkError::ServiceError(service) => service_kind(
                error.code().unwrap_or_default(),
                error.message().unwrap_or_default(),
                service.raw().status().as_u16(),
            ),
            _ if caused_by_credentials(&error) => Kind::Credentials,
            SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) => Kind::Unreachable,
            _ => Kind::Failed,
        };
        let words = match error.code() {
            Some(code) => format!("{code}: {}", error.message().unwrap_or("no message")),
            None => chain(&error),
        };
        let message = match error.request_id() {
            Some(id) => format!("{words} (request {id})"),
            None => words,
        };
        Self { kind, message }
    }
}

/// For `map_err`: the failure of a call that was `doing` something.
pub(crate) fn failed<E>(doing: impl Into<String>) -> impl FnOnce(SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + Error + 'static,
{
    move |error| Trouble::from(error).failure(doing)
}

/// None where AWS says that the thing does not exist.
pub(crate) fn found<T, E>(answer: Result<T, SdkError<E, HttpResponse>>) -> Result<Option<T>, Trouble>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match answer.map_err(Trouble::from) {
        Ok(value) => Ok(Some(value)),
        Err(trouble) if trouble.kind == Kind::NotFound => Ok(None),
        Err(trouble) => Err(trouble),
    }
}

/// The code for a cause that AWS gives as text only, such as a stack event's reason.
pub(crate) fn code_of_reason(reason: &str) -> &'static str {
    let denied = ["AccessDenied", "Access Denied", "not authorized to perform"];
    let quota = ["LimitExceeded", "QuotaExceeded", "limit exceeded"];
    if denied.iter().any(|words| reason.contains(words)) {
        Kind::Denied.code()
    } else if quota.iter().any(|words| reason.contains(words)) {
        Kind::Quota.code()
    } else {
        Kind::Failed.code()
    }
}

/// True for words that a service uses while a new role or policy has not reached it yet.
/// What is said of `caller`, the principal that deploys, is not about our role: waiting changes nothing.
pub(crate) fn may_be_iam_propagation(reason: &str, caller: &str) -> bool {
    if !caller.is_empty() && reason.contains(caller) {
        return false;
    }
    let reason = reason.to_lowercase();
    ["assume", "not authorized", "access denied", "accessdenied", "permission", "execution role", "principal"]
        .iter()
        .any(|words| reason.contains(words))
}

/// By AWS's error code first: the status alone says too little, and CloudFormation
/// calls a missing stack a ValidationError.
fn service_kind(code: &str, message: &str, status: u16) -> Kind {
    match code {
        "ExpiredToken"
        | "ExpiredTokenException"
        | "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "SignatureDoesNotMatch"
        | "InvalidSignatureException"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "IncompleteSignature"
        | "InvalidAccessKeyId"
        | "AuthFailure"
        | "RequestExpired"
        | "TokenRefreshRequired" => Kind::Credentials,
        "AccessDenied"
        | "AccessDeniedException"
        | "UnauthorizedOperation"
        | "UnauthorizedException"
        | "AuthorizationError" => Kind::Denied,
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "TooManyRequestsException"
        | "RequestLimitExceeded"
        | "RequestThrottled"
        | "ProvisionedThroughputExceededException"
        | "SlowDown" => Kind::Throttled,
        "LimitExceeded"
        | "LimitExceededException"
        | "ServiceQuotaExceededException"
        | "CodeStorageExceededException"
        | "ResourceLimitExceeded" => Kind::Quota,
        "ConflictException" | "ResourceConflictException" | "ResourceInUseException" | "DeleteConflict" => {
            Kind::Conflict
        }
        "ValidationError" if message.contains("does not exist") => Kind::NotFound,
        _ if code.contains("AlreadyExists") => Kind::Conflict,
        _ if code.contains("NotFound") || code.starts_with("NoSuchEntity") => Kind::NotFound,
        _ => match status {
            401 | 403 => Kind::Denied,
            402 => Kind::Quota,
            429 => Kind::Throttled,
            _ => Kind::Failed,
        },
    }
}

fn caused_by_credentials(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(|cause| cause.is::<CredentialsError>())
}

/// Every message of the chain, without those that only repeat the one before.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut messages: Vec<String> = Vec::new();
    for cause in causes(error) {
        let message = cause.to_string();
        if !messages.last().is_some_and(|last| last.contains(&message)) {
            messages.push(message);
        }
    }
    messages.join(": ")
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&cause| cause.source())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_iam::operation::get_role::GetRoleError;
    use aws_smithy_runtime_api::client::result::ConnectorError;
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;

    fn answer(code: &str, message: &str, status: u16) -> SdkError<GetRoleError, HttpResponse> {
        let meta = ErrorMetadata::builder().code(code).message(message).build();
        let mut raw = HttpResponse::new(status.try_into().unwrap(), SdkBody::empty());
        raw.headers_mut().insert("x-amzn-requestid", "request-1");
        SdkError::service_error(GetRoleError::generic(meta), raw)
    }

    #[test]
    fn each_kind_of_answer_has_its_code() {
        let cases = [
            ("AccessDenied", "no", 403, "aws/denied"),
            ("ExpiredToken", "old", 403, "aws/credentials"),
            ("ThrottlingException", "slow", 400, "aws/throttled"),
            ("ServiceQuotaExceededException", "full", 402, "aws/quota"),
            ("NoSuchEntity", "none", 404, "aws/not-found"),
            ("RepositoryNotFoundException", "none", 400, "aws/not-found"),
            ("ValidationError", "Stack with id x does not exist", 400, "aws/not-found"),
            ("ValidationError", "Template format error", 400, "aws/failed"),
            ("Unheard", "of", 403, "aws/denied"),
            ("InternalFailure", "sorry", 500, "aws/failed"),
        ];
        for (code, message, status, expected) in cases {
            assert_eq!(Trouble::from(answer(code, message, status)).kind.code(), expected, "{code}");
        }
    }

    #[test]
    fn existing_things_are_a_conflict() {
        for code in ["EntityAlreadyExists", "AlreadyExistsException", "ConflictException", "ResourceConflictException"]
        {
            assert_eq!(Trouble::from(answer(code, "", 409)).kind, Kind::Conflict, "{code}");
        }
    }

    #[test]
    fn missing_credentials_are_told_from_an_unreachable_endpoint() {
        let missing = CredentialsError::not_loaded("no providers in chain");
        let credentials: SdkError<GetRoleError, HttpResponse> =
            SdkError::dispatch_failure(ConnectorError::other(missing.into(), None));
        assert_eq!(Trouble::from(credentials).kind, Kind::Credentials);
        let refused: SdkError<GetRoleError, HttpResponse> =
            SdkError::dispatch_failure(ConnectorError::io("Connection refused".into()));
        let trouble = Trouble::from(refused);
        assert_eq!(trouble.kind, Kind::Unreachable);
        assert!(trouble.message.contains("Connection refused"), "{}", trouble.message);
    }

    #[test]
    fn a_failure_holds_awss_words_and_the_request_id() {
        let failure = failed("read role `x`")(answer("AccessDenied", "User u may not", 403));
        assert_eq!(failure.cause, "AccessDenied: User u may not (request request-1)");
    }

    #[test]
    fn a_gap_keeps_denied_and_throttled_apart() {
        assert_eq!(Trouble::from(answer("AccessDenied", "", 403)).gap().reason, GapReason::Denied);
        assert_eq!(Trouble::from(answer("Throttling", "", 400)).gap().reason, GapReason::Throttled);
        assert_eq!(Trouble::from(answer("Boom", "", 500)).gap().reason, GapReason::Failed);
    }

    #[test]
    fn only_what_is_said_of_others_may_be_propagation() {
        let (role, caller) = ("arn:aws:iam::1:role/gateway", "arn:aws:sts::1:assumed-role/deployer/ann");
        let of = |who: &str| format!("User: {who} is not authorized to perform: x:Y");
        assert!(may_be_iam_propagation(&of(role), caller));
        assert!(!may_be_iam_propagation(&of(caller), caller));
        assert!(!may_be_iam_propagation("the name is too long", caller));
    }

    #[test]
    fn a_denied_stack_resource_is_denied() {
        assert_eq!(code_of_reason("User u is not authorized to perform: iam:CreateRole"), "aws/denied");
        assert_eq!(code_of_reason("Properties validation failed"), "aws/failed");
    }
}
