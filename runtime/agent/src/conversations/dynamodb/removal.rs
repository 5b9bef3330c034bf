//! Removes turn items in batches.

use std::time::Duration;

use aws_sdk_dynamodb::types::{DeleteRequest, WriteRequest};
use backon::{BackoffBuilder, ExponentialBuilder};
use tokio::time::sleep;

use super::attributes::{self as attribute, Item};
use super::fault;
use super::write::Writer;
use crate::conversations::ConversationId;
use crate::failure::{Code, Failure};

/// Most requests in one BatchWriteItem (Amazon DynamoDB API reference).
const BATCH: usize = 25;
/// Times that a batch's rest is sent again while DynamoDB leaves a part of it unprocessed; the
/// reference asks for growing pauses.
const RETRIES: usize = 7;
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

const DOING: &str = "delete a conversation's turns";

impl Writer<'_> {
    /// Removes the turn items of these sort keys; one that is gone already is no fault.
    pub async fn delete_turns(&self, id: &ConversationId, items: &[String]) -> Result<(), Failure> {
        for batch in items.chunks(BATCH) {
            let requests = batch.iter().map(|item| delete_request(attribute::key(id, item.as_str())));
            self.delete_batch(requests.collect::<Result<_, _>>()?).await?;
        }
        Ok(())
    }

    async fn delete_batch(&self, requests: Vec<WriteRequest>) -> Result<(), Failure> {
        let mut left = self.delete_some(requests).await?;
        for pause in pauses() {
            if left.is_empty() {
                return Ok(());
            }
            sleep(pause).await;
            left = self.delete_some(left).await?;
        }
        match left.is_empty() {
            true => Ok(()),
            false => Err(Failure::new(Code::ConversationStore, format!("{DOING}: DynamoDB is throttled"))
                .hint("delete it again in a moment")),
        }
    }

    /// What DynamoDB left unprocessed.
    async fn delete_some(&self, requests: Vec<WriteRequest>) -> Result<Vec<WriteRequest>, Failure> {
        let answer = self.client.batch_write_item().request_items(self.table, requests).send().await;
        let left = answer.map_err(|error| fault::of(DOING, error))?.unprocessed_items.unwrap_or_default();
        Ok(left.into_values().flatten().collect())
    }
}

fn pauses() -> impl Iterator<Item = Duration> {
    ExponentialBuilder::default()
        .with_min_delay(FIRST_PAUSE)
        .with_max_delay(LONGEST_PAUSE)
        .with_max_times(RETRIES)
        .with_jitter()
        .build()
}

fn delete_request(key: Item) -> Result<WriteRequest, Failure> {
    let delete = DeleteRequest::builder().set_key(Some(key)).build();
    let delete = delete.map_err(|error| Failure::internal(format!("build a delete request: {error}")))?;
    Ok(WriteRequest::builder().delete_request(delete).build())
}
