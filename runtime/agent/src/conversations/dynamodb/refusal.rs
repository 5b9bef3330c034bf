//! Writes that DynamoDB refused: for good, because a condition does not hold,
//! or for now, because another write is under way or the table is throttled.

use std::time::Duration;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use backon::{ExponentialBuilder, Retryable};

use super::fault;
use crate::failure::Failure;

/// Times that a write is sent again. The SDK repeats what was throttled or broke off; it does not
/// repeat what met another transaction, nor a transaction that was cancelled because of a throttle.
const RETRIES: usize = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(30);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

const CONDITION: &str = "ConditionalCheckFailed";
const CONFLICT: &str = "TransactionConflict";
const THROTTLES: [&str; 2] = ["ThrottlingError", "ProvisionedThroughputExceeded"];

/// Why a write was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// A condition does not hold.
    Condition,
    /// Another transaction writes one of the items right now.
    Conflict,
    /// The table or the account writes too much at this moment.
    Throttle,
}

/// Errors of writes that say why DynamoDB refused them.
pub trait Refused {
    /// None for whatever is no refusal of the kinds above.
    fn refusal(&self) -> Option<Refusal>;
}

/// Sends a write until it is taken or refused for good. False when a condition does not hold, and when
/// other transactions stay in its way. The pauses grow and are jittered, as DynamoDB's developer guide asks.
pub async fn write<T, E, F>(doing: &str, send: impl FnMut() -> F) -> Result<bool, Failure>
where
    E: Refused + ProvideErrorMetadata + std::error::Error + 'static,
    F: Future<Output = Result<T, SdkError<E>>>,
{
    let pauses = ExponentialBuilder::default()
        .with_min_delay(FIRST_PAUSE)
        .with_max_delay(LONGEST_PAUSE)
        .with_max_times(RETRIES)
        .with_jitter();
    let passing = |error: &SdkError<E>| matches!(of(error), Some(Refusal::Conflict | Refusal::Throttle));
    match send.retry(pauses).when(passing).await {
        Ok(_) => Ok(true),
        Err(error) => match of(&error) {
            Some(Refusal::Condition | Refusal::Conflict) => Ok(false),
            Some(Refusal::Throttle) | None => Err(fault::of(doing, error)),
        },
    }
}

fn of<E: Refused>(error: &SdkError<E>) -> Option<Refusal> {
    error.as_service_error().and_then(Refused::refusal)
}

impl Refused for TransactWriteItemsError {
    /// One reason for each item; a condition that does not hold outweighs the others, since it stays.
    fn refusal(&self) -> Option<Refusal> {
        let Self::TransactionCanceledException(canceled) = self else { return None };
        let codes: Vec<&str> = canceled.cancellation_reasons().iter().filter_map(|reason| reason.code()).collect();
        match () {
            () if codes.contains(&CONDITION) => Some(Refusal::Condition),
            () if codes.contains(&CONFLICT) => Some(Refusal::Conflict),
            () if codes.iter().any(|code| THROTTLES.contains(code)) => Some(Refusal::Throttle),
            () => None,
        }
    }
}

/// Writes of one item name their refusal themselves; throttles are repeated by the SDK.
macro_rules! refused_as_single_writes {
    ($($error:ty),+) => {
        $(impl Refused for $error {
            fn refusal(&self) -> Option<Refusal> {
                if self.is_conditional_check_failed_exception() {
                    return Some(Refusal::Condition);
                }
                self.is_transaction_conflict_exception().then_some(Refusal::Conflict)
            }
        })+
    };
}

refused_as_single_writes!(PutItemError, DeleteItemError, UpdateItemError);
