//! The items and their attributes.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use contract::chat::ConversationSummary;
use time::OffsetDateTime;

use crate::conversations::{ConversationId, Meta, NewTurn, StoredTurn, Summary};
use crate::failure::{Code, Failure};
use crate::identity::Owner;
use crate::timestamp::{self, written};

pub type Item = HashMap<String, AttributeValue>;

pub const ID: &str = "conversation_id";
pub const ITEM: &str = "item";
pub const META: &str = "meta";
const TURN_PREFIX: &str = "turn#";
pub const OWNER: &str = "owner";
pub const UPDATED_AT: &str = "updated_at";
pub const TTL: &str = "ttl";
pub const VERSION: &str = "version";
pub const INCARNATION: &str = "incarnation";
pub const PENDING: &str = "pending";
pub const TURN_ID: &str = "turn_id";
/// The largest number that [`turn_key`] gives a key in its order.
pub const HIGHEST_TURN: u64 = 999_999;
pub const OWNER_INDEX: &str = "owner-updated_at";

const CREATED_AT: &str = "created_at";
const ASKED_AT: &str = "asked_at";
const ANSWERED_AT: &str = "answered_at";
const LAST_TURN: &str = "last_turn";
pub const MESSAGE_COUNT: &str = "message_count";
const MESSAGES: &str = "messages";
pub const TITLE: &str = "title";
const SUMMARY: &str = "summary";
const SUMMARY_THROUGH: &str = "summary_through";
const TURNS_KEPT_UNTIL: &str = "turns_kept_until";

pub fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub fn turn_key(number: u64) -> String {
    format!("{TURN_PREFIX}{number:06}")
}

pub fn key(id: &ConversationId, item: impl Into<String>) -> Item {
    HashMap::from([(ID.into(), text(id.as_str())), (ITEM.into(), text(item))])
}

pub fn meta_item(id: &ConversationId, meta: &Meta) -> Item {
    let mut item = key(id, META);
    item.extend([
        (OWNER.into(), text(meta.owner.as_str())),
        (CREATED_AT.into(), text(written(meta.created_at))),
        (UPDATED_AT.into(), text(written(meta.updated_at))),
        (TTL.into(), number(meta.expires_at.unix_timestamp())),
        (VERSION.into(), number(meta.version)),
        (LAST_TURN.into(), number(meta.last_turn)),
        (MESSAGE_COUNT.into(), number(meta.message_count)),
        (INCARNATION.into(), text(&meta.incarnation)),
    ]);
    if let Some(title) = &meta.title {
        item.insert(TITLE.into(), text(title));
    }
    if let Some(summary) = &meta.summary {
        item.insert(SUMMARY.into(), text(&summary.text));
        item.insert(SUMMARY_THROUGH.into(), number(summary.through));
    }
    if let Some(kept) = meta.turns_kept_until {
        item.insert(TURNS_KEPT_UNTIL.into(), number(kept.unix_timestamp()));
    }
    item
}

/// The item of the turn that made `meta` what it is.
pub fn turn_item(id: &ConversationId, meta: &Meta, turn: &NewTurn) -> Result<Item, Failure> {
    let messages = serde_json::to_string(&turn.messages)
        .map_err(|error| Failure::internal(format!("write a turn as JSON: {error}")))?;
    let mut item = key(id, turn_key(turn.number(meta)));
    item.extend([
        (ASKED_AT.into(), text(written(turn.asked_at))),
        (ANSWERED_AT.into(), text(written(turn.answered_at))),
        (TTL.into(), number(turn.kept_until().unix_timestamp())),
        (TURN_ID.into(), text(turn.id.as_str())),
        (INCARNATION.into(), text(&meta.incarnation)),
        (MESSAGES.into(), text(messages)),
        (PENDING.into(), AttributeValue::Bool(turn.pending)),
    ]);
    Ok(item)
}

pub fn meta_of(item: &Item) -> Result<Meta, Failure> {
    Ok(Meta {
        owner: Owner::stored(text_in(item, OWNER)?),
        created_at: time_in(item, CREATED_AT)?,
        updated_at: time_in(item, UPDATED_AT)?,
        expires_at: moment_in(item, TTL)?,
        version: number_in(item, VERSION)?,
        last_turn: number_in(item, LAST_TURN)?,
        message_count: number_in(item, MESSAGE_COUNT)?,
        title: title_in(item),
        summary: kept_summary(item)?,
        turns_kept_until: item.contains_key(TURNS_KEPT_UNTIL).then(|| moment_in(item, TURNS_KEPT_UNTIL)).transpose()?,
        incarnation: text_in(item, INCARNATION)?.to_owned(),
    })
}

fn kept_summary(item: &Item) -> Result<Option<Summary>, Failure> {
    if !item.contains_key(SUMMARY) {
        return Ok(None);
    }
    let text = text_in(item, SUMMARY)?.to_owned();
    Ok(Some(Summary { text, through: number_in(item, SUMMARY_THROUGH)? }))
}

pub fn turn_of(item: &Item) -> Result<StoredTurn, Failure> {
    let number = text_in(item, ITEM)?.strip_prefix(TURN_PREFIX).and_then(|number| number.parse().ok());
    Ok(StoredTurn {
        number: number.ok_or_else(|| unreadable(ITEM))?,
        pending: is_pending(item),
        asked_at: time_in(item, ASKED_AT)?,
        answered_at: time_in(item, ANSWERED_AT)?,
        messages: serde_json::from_str(text_in(item, MESSAGES)?).map_err(|_| unreadable(MESSAGES))?,
    })
}

pub fn summary_of(item: &Item) -> Result<ConversationSummary, Failure> {
    Ok(ConversationSummary {
        conversation_id: text_in(item, ID)?.to_owned(),
        updated_at: text_in(item, UPDATED_AT)?.to_owned(),
        message_count: number_in(item, MESSAGE_COUNT)?,
        title: title_in(item),
    })
}

/// As [`StoredTurn::pending`].
pub fn is_pending(item: &Item) -> bool {
    matches!(item.get(PENDING), Some(AttributeValue::Bool(true)))
}

fn title_in(item: &Item) -> Option<String> {
    item.get(TITLE)?.as_s().ok().cloned()
}

/// Seconds since the epoch, as DynamoDB wants them for a time to live.
fn moment_in(item: &Item, name: &str) -> Result<OffsetDateTime, Failure> {
    OffsetDateTime::from_unix_timestamp(number_in(item, name)?).map_err(|_| unreadable(name))
}

pub fn text_in<'a>(item: &'a Item, name: &str) -> Result<&'a str, Failure> {
    match item.get(name) {
        Some(AttributeValue::S(value)) => Ok(value),
        _ => Err(unreadable(name)),
    }
}

fn number_in<T: std::str::FromStr>(item: &Item, name: &str) -> Result<T, Failure> {
    match item.get(name) {
        Some(AttributeValue::N(value)) => value.parse().map_err(|_| unreadable(name)),
        _ => Err(unreadable(name)),
    }
}

fn time_in(item: &Item, name: &str) -> Result<OffsetDateTime, Failure> {
    timestamp::read(text_in(item, name)?).ok_or_else(|| unreadable(name))
}

fn unreadable(name: &str) -> Failure {
    Failure::new(Code::ConversationStore, format!("read a conversation: attribute {name} is missing or malformed"))
        .hint("the table holds an item that this agent did not write")
}
