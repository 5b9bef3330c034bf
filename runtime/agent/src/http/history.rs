//! `GET /api/conversations/{id}`: what was said, the latest first to be read and the oldest of it first.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::request::Parts;
use contract::chat::ConversationHistory;
use serde_json::{Value, json};

use super::conversations::{Own, PathId};
use super::query::Query;
use crate::agent::Agent;
use crate::conversations::{Conversation, Extent, Lookup, Meta, displayed, not_found, pending_calls};
use crate::failure::Failure;
use crate::timestamp::written;

/// Messages on one page; a turn shows two.
const PAGE: u64 = 100;
const PAGE_LEAST: u64 = 2;
const PAGE_LIMIT: u64 = 200;
const MESSAGES_A_TURN: u64 = 2;

/// `limit` counts messages; whole turns of them are read. `before` is `earlier` of a page that was read.
pub async fn read(
    State(agent): State<Arc<Agent>>,
    id: PathId,
    parts: Parts,
) -> Result<Json<ConversationHistory>, Failure> {
    let query = Query::read(&parts.uri, &["limit", "before"])?;
    let turns = query.number("limit", PAGE_LEAST..=PAGE_LIMIT)?.unwrap_or(PAGE) / MESSAGES_A_TURN;
    let before = query.number("before", 1..=u64::from(u32::MAX))?;
    let own = Own::of(&agent, &parts, id).await?;
    match agent.ports.store.read(own.access(), extent(turns as usize, before)).await? {
        Lookup::Found(conversation) => {
            let approvals = &agent.configuration.settings.approval_tools;
            Ok(Json(page(own.id.as_str(), *conversation, turns as usize, approvals)))
        }
        Lookup::Absent | Lookup::Foreign => Err(not_found(&own.id)),
    }
}

/// One turn more than is shown tells whether there are earlier ones: numbers alone do not, since they go on
/// after a conversation was cleared.
fn extent(turns: usize, before: Option<u64>) -> Extent {
    match before {
        Some(turn) => Extent::Before { turn, count: turns + 1 },
        None => Extent::Latest(turns + 1),
    }
}

fn page(id: &str, conversation: Conversation, turns: usize, approval_tools: &[String]) -> ConversationHistory {
    let Conversation { meta, turns: read } = conversation;
    let shown = &read[read.len().saturating_sub(turns)..];
    // A turn that another one followed waits no more.
    let waiting = shown.last().filter(|turn| turn.number == meta.last_turn);
    let has_earlier = shown.len() < read.len();
    ConversationHistory {
        conversation_id: id.to_owned(),
        history: displayed(shown),
        metadata: metadata(&meta),
        message_count: meta.message_count,
        earlier: shown.first().filter(|_| has_earlier).map(|turn| turn.number),
        approvals_required: waiting.map(|turn| pending_calls(turn, approval_tools)).unwrap_or_default(),
    }
}

fn metadata(meta: &Meta) -> Value {
    json!({
        "created_at": written(meta.created_at),
        "updated_at": written(meta.updated_at),
        "expires_at": written(meta.expires_at),
    })
}
