//! `/api/conversations`: the caller's own conversations.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::request::Parts;
use contract::chat::{ConversationHistory, Conversations, Deleted};
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::agent::Agent;
use crate::ask::not_found;
use crate::caller::Owner;
use crate::conversations::{Access, Conversation, ConversationId, Extent, Lookup, displayed};
use crate::failure::{Code, Failure};

pub async fn list(State(agent): State<Arc<Agent>>, parts: Parts) -> Result<Json<Conversations>, Failure> {
    let owner = Owner::of(&parts)?;
    let conversations = agent.ports.store.list(&owner, agent.now()).await?;
    Ok(Json(Conversations { count: conversations.len(), conversations }))
}

/// Needs `?confirm=true`.
pub async fn delete_all(
    State(agent): State<Arc<Agent>>,
    RawQuery(query): RawQuery,
    parts: Parts,
) -> Result<Json<Deleted>, Failure> {
    let owner = Owner::of(&parts)?;
    if !query.unwrap_or_default().split('&').any(|pair| pair == "confirm=true") {
        return Err(Failure::new(Code::RequestConfirm, "delete all conversations: not confirmed")
            .hint("add ?confirm=true to delete all of your conversations"));
    }
    let mut deleted = 0;
    for summary in agent.ports.store.list(&owner, agent.now()).await? {
        let id = ConversationId::parse(&summary.conversation_id)?;
        let access = Access { owner: &owner, id: &id, now: agent.now() };
        deleted += usize::from(agent.ports.store.delete(access).await?);
    }
    Ok(Json(Deleted { message: format!("{deleted} conversations deleted"), deleted_count: Some(deleted) }))
}

pub async fn read(
    State(agent): State<Arc<Agent>>,
    Path(id): Path<String>,
    parts: Parts,
) -> Result<Json<ConversationHistory>, Failure> {
    let own = Own::of(&agent, &parts, &id)?;
    match agent.ports.store.read(own.access(), Extent::All).await? {
        Lookup::Found(conversation) => Ok(Json(history(&own.id, &conversation))),
        Lookup::Absent | Lookup::Foreign => Err(not_found(&own.id)),
    }
}

pub async fn delete(
    State(agent): State<Arc<Agent>>,
    Path(id): Path<String>,
    parts: Parts,
) -> Result<Json<Deleted>, Failure> {
    let own = Own::of(&agent, &parts, &id)?;
    match agent.ports.store.delete(own.access()).await? {
        true => Ok(own.done("deleted")),
        false => Err(not_found(&own.id)),
    }
}

pub async fn clear(
    State(agent): State<Arc<Agent>>,
    Path(id): Path<String>,
    parts: Parts,
) -> Result<Json<Deleted>, Failure> {
    let own = Own::of(&agent, &parts, &id)?;
    match agent.ports.store.clear(own.access()).await? {
        true => Ok(own.done("cleared")),
        false => Err(not_found(&own.id)),
    }
}

/// The caller and the conversation that the path names.
struct Own {
    owner: Owner,
    id: ConversationId,
    now: OffsetDateTime,
}

impl Own {
    fn of(agent: &Agent, parts: &Parts, id: &str) -> Result<Self, Failure> {
        Ok(Self { owner: Owner::of(parts)?, id: ConversationId::parse(id)?, now: agent.now() })
    }

    fn access(&self) -> Access<'_> {
        Access { owner: &self.owner, id: &self.id, now: self.now }
    }

    fn done(&self, what: &str) -> Json<Deleted> {
        Json(Deleted { message: format!("conversation {} {what}", self.id.as_str()), deleted_count: None })
    }
}

fn history(id: &ConversationId, conversation: &Conversation) -> ConversationHistory {
    let history = displayed(&conversation.turns);
    let at = |time: OffsetDateTime| time.format(&Rfc3339).unwrap_or_default();
    let meta = &conversation.meta;
    ConversationHistory {
        conversation_id: id.as_str().to_owned(),
        message_count: history.len(),
        history,
        metadata: json!({
            "created_at": at(meta.created_at),
            "updated_at": at(meta.updated_at),
            "expires_at": at(meta.expires_at),
        }),
    }
}
