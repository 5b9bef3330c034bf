//! What DynamoDB's errors mean to us.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

use crate::failure::{Code, Failure, causes};

/// A call that failed; the message names the call's purpose and AWS's own reason.
pub fn of<E, R>(doing: &str, error: SdkError<E, R>) -> Failure
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
{
    let service = error.as_service_error();
    let code = service.and_then(ProvideErrorMetadata::code).unwrap_or_default();
    let hint = match code {
        "ResourceNotFoundException" => "the conversation table is not there: run `deployer status`",
        "AccessDeniedException" => "the agent's role may not use the conversation table: run `deployer plan`",
        _ => "ask again in a moment",
    };
    let cause = match service {
        Some(service) => format!("{code}: {}", service.message().unwrap_or("AWS gave no reason")),
        None => causes(&error),
    };
    Failure::new(Code::ConversationStore, format!("{doing}: {cause}")).hint(hint)
}
