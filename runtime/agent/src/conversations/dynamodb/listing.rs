//! An owner's conversations by the index `owner-updated_at`, which is
//! eventually consistent: a conversation may appear, or go, some moments late.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::Select;
use contract::chat::ConversationSummary;
use time::OffsetDateTime;

use super::attributes::{self as attribute, Item};
use super::fault;
use super::read::Reader;
use crate::conversations::cursor::Cursor;
use crate::conversations::{ConversationId, Listing, Page};
use crate::failure::Failure;
use crate::identity::Owner;

/// Items that are asked for at least, so that a page of few among many expired ones is no chain of small reads.
const SMALLEST_READ: usize = 25;
const DOING: &str = "list the conversations";

impl Reader<'_> {
    /// Reads until the page is full, and one conversation more, which tells whether another page follows.
    /// DynamoDB filters after it has counted, so that its own pages may be short or empty.
    pub async fn list(&self, owner: &Owner, now: OffsetDateTime, page: Page) -> Result<Listing, Failure> {
        let mut start = start(owner, page.cursor.as_deref())?;
        let mut found: Vec<ConversationSummary> = Vec::new();
        while found.len() <= page.limit {
            let missing = (page.limit + 1 - found.len()).max(SMALLEST_READ);
            let query = self.owned(owner, now).set_limit(i32::try_from(missing).ok()).set_exclusive_start_key(start);
            let read = summaries(query).send().await.map_err(|error| fault::of(DOING, error))?;
            let items = read.items.unwrap_or_default();
            found.extend(items.iter().map(attribute::summary_of).collect::<Result<Vec<_>, _>>()?);
            start = read.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        Ok(Listing::of(owner, found, page.limit))
    }

    /// How many conversations follow the cursor.
    pub async fn count(&self, owner: &Owner, now: OffsetDateTime, cursor: Option<&str>) -> Result<usize, Failure> {
        let (mut start, mut count) = (start(owner, cursor)?, 0);
        loop {
            let query = self.owned(owner, now).select(Select::Count).set_exclusive_start_key(start);
            let read = query.send().await.map_err(|error| fault::of(DOING, error))?;
            count += usize::try_from(read.count).unwrap_or_default();
            start = read.last_evaluated_key;
            if start.is_none() {
                return Ok(count);
            }
        }
    }

    /// The owner's conversations that have not expired, newest first.
    fn owned(&self, owner: &Owner, now: OffsetDateTime) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(self.table)
            .index_name(attribute::OWNER_INDEX)
            .key_condition_expression("#owner = :owner")
            .filter_expression("#ttl > :now")
            .expression_attribute_names("#owner", attribute::OWNER)
            .expression_attribute_names("#ttl", attribute::TTL)
            .expression_attribute_values(":owner", attribute::text(owner.as_str()))
            .expression_attribute_values(":now", attribute::number(now.unix_timestamp()))
            .scan_index_forward(false)
    }
}

/// Reads what a summary needs and no more.
fn summaries(query: QueryFluentBuilder) -> QueryFluentBuilder {
    query
        .projection_expression("#id, #updated, #count, #title")
        .expression_attribute_names("#id", attribute::ID)
        .expression_attribute_names("#updated", attribute::UPDATED_AT)
        .expression_attribute_names("#count", attribute::MESSAGE_COUNT)
        .expression_attribute_names("#title", attribute::TITLE)
}

/// The index's key of the conversation that the cursor names, always as one of this owner's.
fn start(owner: &Owner, cursor: Option<&str>) -> Result<Option<Item>, Failure> {
    let Some(cursor) = cursor.map(|cursor| Cursor::read(cursor, owner)).transpose()? else { return Ok(None) };
    let mut key = attribute::key(&ConversationId::parse(&cursor.conversation_id)?, attribute::META);
    key.insert(attribute::OWNER.into(), attribute::text(owner.as_str()));
    key.insert(attribute::UPDATED_AT.into(), attribute::text(cursor.updated_at));
    Ok(Some(key))
}
