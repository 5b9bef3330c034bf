//! Writes: a turn with its meta item, a deletion, a clearing.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::delete_item::builders::DeleteItemFluentBuilder;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{DeleteRequest, Put, TransactWriteItem, WriteRequest};
use tokio::time::sleep;

use super::attributes::{self as attribute, Item};
use super::fault;
use crate::conversations::{Access, ConversationId, Meta, NewTurn, changed_meanwhile};
use crate::failure::{Code, Failure};

/// Most requests in one BatchWriteItem (Amazon DynamoDB API reference).
const BATCH: usize = 25;
/// Times that a batch is sent while DynamoDB leaves a part of it unprocessed.
const BATCH_ATTEMPTS: u32 = 8;
/// Pause before a batch's rest is sent again, times the attempts so far (DynamoDB asks for a growing one).
const BATCH_PAUSE: Duration = Duration::from_millis(50);

/// A meta item as it was read.
const UNCHANGED: &str = "#owner = :owner AND #version = :version AND #incarnation = :incarnation";

/// Writes to one table.
pub struct Writer<'a> {
    pub client: &'a Client,
    pub table: &'a str,
}

impl Writer<'_> {
    pub async fn append(&self, access: Access<'_>, base: Option<&Meta>, turn: NewTurn) -> Result<(), Failure> {
        let meta = Meta::with_turn(base, access.owner, &turn);
        let turn_item = attribute::turn_item(access.id, &meta, &turn)?;
        let put_turn = self.built(self.put(turn_item))?;
        let put_meta = self.built(expecting(self.put(attribute::meta_item(access.id, &meta)), access, base))?;
        let transaction = self
            .client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().put(put_meta).build())
            .transact_items(TransactWriteItem::builder().put(put_turn).build());
        match transaction.send().await {
            Ok(_) => Ok(()),
            Err(error) if lost_the_race(&error) => Err(changed_meanwhile(access.id)),
            Err(error) => Err(fault::of("store a turn", error)),
        }
    }

    /// Replaces the meta item if nobody changed it since it was read.
    pub async fn replace(&self, id: &ConversationId, read: &Meta, meta: &Meta) -> Result<(), Failure> {
        let put = self
            .client
            .put_item()
            .table_name(self.table)
            .set_item(Some(attribute::meta_item(id, meta)))
            .condition_expression(UNCHANGED)
            .expression_attribute_names("#owner", attribute::OWNER)
            .expression_attribute_names("#version", attribute::VERSION)
            .expression_attribute_names("#incarnation", attribute::INCARNATION)
            .expression_attribute_values(":owner", attribute::text(read.owner.as_str()))
            .expression_attribute_values(":version", attribute::number(read.version))
            .expression_attribute_values(":incarnation", attribute::text(&read.incarnation));
        match put.send().await {
            Ok(_) => Ok(()),
            Err(error)
                if error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Err(changed_meanwhile(id))
            }
            Err(error) => Err(fault::of("clear a conversation", error)),
        }
    }

    /// Removes the meta item if it is still this conversation's; its turns are then nobody's.
    pub async fn delete_meta(&self, id: &ConversationId, read: &Meta) -> Result<(), Failure> {
        match self.conditional_delete(id, read).send().await {
            Ok(_) => Ok(()),
            Err(error)
                if error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Err(changed_meanwhile(id))
            }
            Err(error) => Err(fault::of("delete a conversation", error)),
        }
    }

    fn conditional_delete(&self, id: &ConversationId, read: &Meta) -> DeleteItemFluentBuilder {
        self.client
            .delete_item()
            .table_name(self.table)
            .set_key(Some(attribute::key(id, attribute::META)))
            .condition_expression("#owner = :owner AND #incarnation = :incarnation")
            .expression_attribute_names("#owner", attribute::OWNER)
            .expression_attribute_names("#incarnation", attribute::INCARNATION)
            .expression_attribute_values(":owner", attribute::text(read.owner.as_str()))
            .expression_attribute_values(":incarnation", attribute::text(&read.incarnation))
    }

    pub async fn delete_turns(&self, id: &ConversationId, items: &[String]) -> Result<(), Failure> {
        for batch in items.chunks(BATCH) {
            let requests = batch.iter().map(|item| delete_request(attribute::key(id, item.as_str())));
            self.delete_batch(requests.collect::<Result<_, _>>()?).await?;
        }
        Ok(())
    }

    async fn delete_batch(&self, mut requests: Vec<WriteRequest>) -> Result<(), Failure> {
        let doing = "delete a conversation's turns";
        for attempt in 1..=BATCH_ATTEMPTS {
            let answer = self.client.batch_write_item().request_items(self.table, requests).send().await;
            let left = answer.map_err(|error| fault::of(doing, error))?.unprocessed_items.unwrap_or_default();
            requests = left.into_values().flatten().collect();
            if requests.is_empty() {
                return Ok(());
            }
            sleep(BATCH_PAUSE * attempt).await;
        }
        Err(Failure::new(Code::ConversationStore, format!("{doing}: DynamoDB is throttled")).hint("try again"))
    }

    fn put(&self, item: Item) -> PutBuilder {
        Put::builder().table_name(self.table).set_item(Some(item))
    }

    fn built(&self, put: PutBuilder) -> Result<Put, Failure> {
        put.build().map_err(|error| Failure::internal(format!("build a write to {}: {error}", self.table)))
    }
}

/// The condition on the meta item: as it was read, or not there (or expired) when there was none.
fn expecting(put: PutBuilder, access: Access<'_>, base: Option<&Meta>) -> PutBuilder {
    match base {
        Some(base) => put
            .condition_expression(UNCHANGED)
            .expression_attribute_names("#owner", attribute::OWNER)
            .expression_attribute_names("#version", attribute::VERSION)
            .expression_attribute_names("#incarnation", attribute::INCARNATION)
            .expression_attribute_values(":owner", attribute::text(access.owner.as_str()))
            .expression_attribute_values(":version", attribute::number(base.version))
            .expression_attribute_values(":incarnation", attribute::text(&base.incarnation)),
        None => put
            .condition_expression("attribute_not_exists(#id) OR #ttl <= :now")
            .expression_attribute_names("#id", attribute::ID)
            .expression_attribute_names("#ttl", attribute::TTL)
            .expression_attribute_values(":now", attribute::number(access.now.unix_timestamp())),
    }
}

/// True when another writer was first, or is writing right now.
fn lost_the_race<R>(error: &SdkError<TransactWriteItemsError, R>) -> bool {
    let Some(TransactWriteItemsError::TransactionCanceledException(canceled)) = error.as_service_error() else {
        return false;
    };
    let mut codes = canceled.cancellation_reasons().iter().filter_map(|reason| reason.code());
    codes.any(|code| ["ConditionalCheckFailed", "TransactionConflict"].contains(&code))
}

fn delete_request(key: Item) -> Result<WriteRequest, Failure> {
    let delete = DeleteRequest::builder().set_key(Some(key)).build();
    let delete = delete.map_err(|error| Failure::internal(format!("build a delete request: {error}")))?;
    Ok(WriteRequest::builder().delete_request(delete).build())
}
