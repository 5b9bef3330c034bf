//! Reads: one conversation, one owner's conversations.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, Select};
use contract::chat::ConversationSummary;
use time::OffsetDateTime;

use super::attributes::{self as attribute, Item};
use super::fault;
use crate::caller::Owner;
use crate::conversations::{Access, Conversation, ConversationId, Extent, Lookup, Meta, StoredTurn};
use crate::failure::Failure;

/// Reads of one table.
pub struct Reader<'a> {
    pub client: &'a Client,
    pub table: &'a str,
}

impl Reader<'_> {
    /// Meta item and turns are read at the same time; turns count only when the meta item says so.
    pub async fn lookup(&self, access: Access<'_>, extent: Extent) -> Result<Lookup, Failure> {
        let (meta, turns) = tokio::try_join!(self.meta(access.id), self.turns(access.id, extent))?;
        let Some(meta) = meta.filter(|meta| meta.expires_at > access.now) else {
            return Ok(Lookup::Absent);
        };
        if meta.owner != *access.owner {
            return Ok(Lookup::Foreign);
        }
        Ok(Lookup::Found(Conversation { turns: belonging(turns, &meta, access.now)?, meta }))
    }

    pub async fn meta(&self, id: &ConversationId) -> Result<Option<Meta>, Failure> {
        let read = self.client.get_item().table_name(self.table).set_key(Some(attribute::key(id, attribute::META)));
        let answer =
            read.consistent_read(true).send().await.map_err(|error| fault::of("read a conversation", error))?;
        answer.item.as_ref().map(attribute::meta_of).transpose()
    }

    /// Turn items, newest first. Follows DynamoDB's pages of one megabyte.
    async fn turns(&self, id: &ConversationId, extent: Extent) -> Result<Vec<Item>, Failure> {
        let wanted = match extent {
            Extent::Meta => return Ok(Vec::new()),
            Extent::Latest(count) => count,
            Extent::All => usize::MAX,
        };
        let (mut items, mut start) = (Vec::new(), None);
        while items.len() < wanted {
            let missing = i32::try_from(wanted - items.len()).ok();
            let page = self.turns_query(id).set_limit(missing).set_exclusive_start_key(start).send().await;
            let page = page.map_err(|error| fault::of("read a conversation's turns", error))?;
            items.extend(page.items.unwrap_or_default());
            start = page.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        Ok(items)
    }

    /// Keys of all turn items, also of those that a deleted conversation left.
    pub async fn turn_keys(&self, id: &ConversationId) -> Result<Vec<String>, Failure> {
        let query = self.turns_query(id).select(Select::SpecificAttributes).projection_expression("#item");
        let mut pages = query.into_paginator().items().send();
        let mut keys = Vec::new();
        while let Some(item) = pages.next().await {
            let item = item.map_err(|error| fault::of("list a conversation's turns", error))?;
            keys.push(attribute::text_in(&item, attribute::ITEM)?.to_owned());
        }
        Ok(keys)
    }

    fn turns_query(&self, id: &ConversationId) -> aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder {
        self.client
            .query()
            .table_name(self.table)
            .key_condition_expression("#id = :id AND begins_with(#item, :turn)")
            .expression_attribute_names("#id", attribute::ID)
            .expression_attribute_names("#item", attribute::ITEM)
            .expression_attribute_values(":id", attribute::text(id.as_str()))
            .expression_attribute_values(":turn", attribute::text(attribute::TURN_PREFIX))
            .scan_index_forward(false)
            .consistent_read(true)
    }

    pub async fn list(&self, owner: &Owner, now: OffsetDateTime) -> Result<Vec<ConversationSummary>, Failure> {
        let query = self
            .client
            .query()
            .table_name(self.table)
            .index_name(attribute::OWNER_INDEX)
            .key_condition_expression("#owner = :owner")
            .filter_expression("#ttl > :now")
            .expression_attribute_names("#owner", attribute::OWNER)
            .expression_attribute_names("#ttl", attribute::TTL)
            .expression_attribute_values(":owner", attribute::text(owner.as_str()))
            .expression_attribute_values(":now", attribute::number(now.unix_timestamp()))
            .scan_index_forward(false);
        let mut items = query.into_paginator().items().send();
        let mut summaries = Vec::new();
        while let Some(item) = items.next().await {
            let item = item.map_err(|error| fault::of("list the conversations", error))?;
            summaries.push(attribute::summary_of(&item)?);
        }
        Ok(summaries)
    }
}

/// The conversation's own turns that have not expired, oldest first.
fn belonging(items: Vec<Item>, meta: &Meta, now: OffsetDateTime) -> Result<Vec<StoredTurn>, Failure> {
    let incarnation = AttributeValue::S(meta.incarnation.clone());
    let mut turns = Vec::new();
    for item in items.iter().rev().filter(|item| item.get(attribute::INCARNATION) == Some(&incarnation)) {
        if attribute::expiry_of(item)? > now {
            turns.push(attribute::turn_of(item)?);
        }
    }
    Ok(turns)
}
