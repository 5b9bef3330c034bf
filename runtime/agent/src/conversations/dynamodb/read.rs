//! Reads of one conversation.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::QueryOutput;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Select};

use super::attributes::{self as attribute, Item};
use super::fault;
use crate::conversations::{Access, Conversation, ConversationId, Extent, Lookup, Meta, NewTurn, StoredTurn};
use crate::failure::Failure;

/// Reads of one table.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    pub client: &'a Client,
    pub table: &'a str,
}

impl Reader<'_> {
    /// The meta item says whose the turns are and which is the last one.
    pub async fn lookup(&self, access: Access<'_>, extent: Extent) -> Result<Lookup, Failure> {
        let (meta, latest) = tokio::try_join!(self.meta(access.id), self.latest_page(access.id, extent))?;
        let Some(meta) = meta.filter(|meta| meta.expires_at > access.now) else {
            return Ok(Lookup::Absent);
        };
        if meta.owner != *access.owner {
            return Ok(Lookup::Foreign);
        }
        let turns = match extent {
            Extent::Meta => Vec::new(),
            Extent::Latest(count) => match latest.filter(|page| agrees(page, &meta, count)) {
                Some(page) => in_order(&page)?,
                None => self.turns(access.id, &meta, meta.last_turn, count).await?,
            },
            Extent::Before { turn, count } => {
                self.turns(access.id, &meta, meta.last_turn.min(turn.saturating_sub(1)), count).await?
            }
        };
        Ok(Lookup::Found(Box::new(Conversation { meta, turns })))
    }

    /// The latest turn items, read beside the meta item: a question then waits for one answer of the
    /// table and not for two.
    async fn latest_page(&self, id: &ConversationId, extent: Extent) -> Result<Option<QueryOutput>, Failure> {
        // DynamoDB refuses a limit of nothing.
        let Extent::Latest(count @ 1..) = extent else { return Ok(None) };
        let query = self.turns_query(id, u64::MAX).set_limit(i32::try_from(count).ok());
        query.send().await.map(Some).map_err(|error| fault::of("read a conversation's turns", error))
    }

    async fn meta(&self, id: &ConversationId) -> Result<Option<Meta>, Failure> {
        let read = self.client.get_item().table_name(self.table).set_key(Some(attribute::key(id, attribute::META)));
        let answer =
            read.consistent_read(true).send().await.map_err(|error| fault::of("read a conversation", error))?;
        answer.item.as_ref().map(attribute::meta_of).transpose()
    }

    /// The conversation's own turns up to `last`, of these the latest `count`, oldest first. Follows
    /// DynamoDB's pages of one megabyte; left-over turns do not count.
    async fn turns(
        &self,
        id: &ConversationId,
        meta: &Meta,
        last: u64,
        count: usize,
    ) -> Result<Vec<StoredTurn>, Failure> {
        let (mut turns, mut start) = (Vec::new(), None);
        while turns.len() < count && meta.message_count > 0 && last > 0 {
            let missing = i32::try_from(count - turns.len()).ok();
            let query = self.turns_query(id, last).set_limit(missing).set_exclusive_start_key(start);
            let page = query.send().await.map_err(|error| fault::of("read a conversation's turns", error))?;
            let items = page.items.unwrap_or_default();
            let own = items.iter().filter(|item| belongs(item, meta)).map(attribute::turn_of);
            turns.extend(own.collect::<Result<Vec<_>, _>>()?);
            start = page.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        turns.reverse();
        Ok(turns)
    }

    /// Sort keys of all turn items, also of those that an earlier conversation of this id left.
    pub async fn turn_keys(&self, id: &ConversationId) -> Result<Vec<String>, Failure> {
        self.listed_turns(id, |_| true).await
    }

    /// Sort keys of the conversation's own turn items.
    pub async fn own_turn_keys(&self, id: &ConversationId, meta: &Meta) -> Result<Vec<String>, Failure> {
        self.listed_turns(id, |item| belongs(item, meta)).await
    }

    async fn listed_turns(&self, id: &ConversationId, wanted: impl Fn(&Item) -> bool) -> Result<Vec<String>, Failure> {
        let query = self.turns_query(id, u64::MAX).select(Select::SpecificAttributes);
        let query = query
            .projection_expression("#item, #incarnation")
            .expression_attribute_names("#incarnation", attribute::INCARNATION);
        let mut items = query.into_paginator().items().send();
        let mut keys = Vec::new();
        while let Some(item) = items.next().await {
            let item = item.map_err(|error| fault::of("list a conversation's turns", error))?;
            if wanted(&item) {
                keys.push(attribute::text_in(&item, attribute::ITEM)?.to_owned());
            }
        }
        Ok(keys)
    }

    /// Whether the turn's item is there already, under the number that it was to get.
    pub async fn has_turn(&self, id: &ConversationId, number: u64, turn: &NewTurn) -> Result<bool, Failure> {
        let key = attribute::key(id, attribute::turn_key(number));
        let read = self.client.get_item().table_name(self.table).set_key(Some(key)).consistent_read(true);
        let read = read.projection_expression("#turn").expression_attribute_names("#turn", attribute::TURN_ID);
        let answer = read.send().await.map_err(|error| fault::of("look for a stored turn", error))?;
        let found = answer.item.unwrap_or_default();
        Ok(found.get(attribute::TURN_ID) == Some(&attribute::text(turn.id.as_str())))
    }

    /// Turn items up to this number, newest first.
    fn turns_query(&self, id: &ConversationId, last: u64) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(self.table)
            .key_condition_expression("#id = :id AND #item BETWEEN :first AND :last")
            .expression_attribute_names("#id", attribute::ID)
            .expression_attribute_names("#item", attribute::ITEM)
            .expression_attribute_values(":id", attribute::text(id.as_str()))
            .expression_attribute_values(":first", attribute::text(attribute::turn_key(0)))
            .expression_attribute_values(
                ":last",
                attribute::text(attribute::turn_key(last.min(attribute::HIGHEST_TURN))),
            )
            .scan_index_forward(false)
            .consistent_read(true)
    }
}

/// Whether a page read beside the meta item is what the meta item speaks of: somebody may have written in
/// between, turns of an earlier conversation may be left over, and a page ends at one megabyte. A pending
/// turn is read again in any case: its place is taken under the same number.
fn agrees(page: &QueryOutput, meta: &Meta, count: usize) -> bool {
    let items = page.items();
    let newest = items.first().and_then(|item| attribute::text_in(item, attribute::ITEM).ok());
    let is_whole = items.len() >= count || page.last_evaluated_key().is_none();
    is_whole
        && meta.message_count > 0
        && newest == Some(&attribute::turn_key(meta.last_turn))
        && items.iter().all(|item| belongs(item, meta) && !attribute::is_pending(item))
}

/// A page's turns, oldest first.
fn in_order(page: &QueryOutput) -> Result<Vec<StoredTurn>, Failure> {
    page.items().iter().rev().map(attribute::turn_of).collect()
}

fn belongs(item: &Item, meta: &Meta) -> bool {
    matches!(item.get(attribute::INCARNATION), Some(AttributeValue::S(incarnation)) if *incarnation == meta.incarnation)
}
