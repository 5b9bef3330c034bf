//! `/api/conversations`: the caller's own conversations.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::request::Parts;
use contract::chat::{Conversations, Deleted};
use time::OffsetDateTime;

use super::query::Query;
use super::{caller, question};
use crate::agent::Agent;
use crate::conversations::{Access, ConversationId, DeletedAll, Listing, Page, not_found};
use crate::failure::{Code, Failure};
use crate::identity::Owner;

/// Conversations on one page.
const PAGE: u64 = 50;
const PAGE_LIMIT: u64 = 100;
/// Bytes of a cursor; the store's own are much shorter.
const CURSOR_LIMIT: usize = 2_048;

/// A path's id as it was decoded.
pub type PathId = Result<Path<String>, PathRejection>;

/// `limit` and `cursor` choose the page.
pub async fn list(State(agent): State<Arc<Agent>>, parts: Parts) -> Result<Json<Conversations>, Failure> {
    let query = Query::read(&parts.uri, &["limit", "cursor"])?;
    let limit = query.number("limit", 1..=PAGE_LIMIT)?.unwrap_or(PAGE);
    let cursor = query.text("cursor").filter(|cursor| !cursor.is_empty()).map(String::from);
    if cursor.as_ref().is_some_and(|cursor| cursor.len() > CURSOR_LIMIT) {
        return Err(Failure::new(Code::RequestInvalid, "query parameter `cursor` is none that this agent gave out"));
    }
    let owner = owner(&agent, &parts).await?;
    let page = Page { limit: limit as usize, cursor };
    let Listing { conversations, next } = agent.ports.store.list(&owner, agent.now(), page).await?;
    Ok(Json(Conversations { count: conversations.len(), conversations, next_cursor: next }))
}

/// Needs `?confirm=true`.
pub async fn delete_all(State(agent): State<Arc<Agent>>, parts: Parts) -> Result<Json<Deleted>, Failure> {
    if Query::read(&parts.uri, &["confirm"])?.text("confirm") != Some("true") {
        return Err(Failure::new(Code::RequestConfirm, "delete all conversations: not confirmed")
            .hint("add ?confirm=true to delete all of your conversations"));
    }
    let owner = owner(&agent, &parts).await?;
    let DeletedAll { deleted, remaining } = agent.ports.store.delete_all(&owner, agent.now()).await?;
    let message = match remaining {
        0 => format!("{deleted} conversations deleted"),
        _ => format!("{deleted} conversations deleted; {remaining} remain: delete again"),
    };
    Ok(Json(Deleted { message, deleted_count: Some(deleted) }))
}

/// Removes one conversation; 404 when the caller has none of this id.
pub async fn delete(State(agent): State<Arc<Agent>>, id: PathId, parts: Parts) -> Result<Json<Deleted>, Failure> {
    Query::none(&parts.uri)?;
    let own = Own::of(&agent, &parts, id).await?;
    match agent.ports.store.delete(own.access()).await? {
        true => Ok(own.done("deleted")),
        false => Err(not_found(&own.id)),
    }
}

/// Removes what was said in one conversation and keeps its id.
pub async fn clear(State(agent): State<Arc<Agent>>, id: PathId, parts: Parts) -> Result<Json<Deleted>, Failure> {
    Query::none(&parts.uri)?;
    let own = Own::of(&agent, &parts, id).await?;
    match agent.ports.store.clear(own.access()).await? {
        true => Ok(own.done("cleared")),
        false => Err(not_found(&own.id)),
    }
}

async fn owner(agent: &Agent, parts: &Parts) -> Result<Owner, Failure> {
    Ok(caller::of(agent, parts, question::token(&parts.headers, None)?).await?.owner)
}

/// The caller and the conversation that the path names.
pub struct Own {
    owner: Owner,
    pub id: ConversationId,
    now: OffsetDateTime,
}

impl Own {
    pub async fn of(agent: &Agent, parts: &Parts, id: PathId) -> Result<Self, Failure> {
        // What is no text in the path can be no id either.
        let id = ConversationId::parse(&id.map_or_else(|_| String::new(), |Path(id)| id))?;
        Ok(Self { owner: owner(agent, parts).await?, id, now: agent.now() })
    }

    pub fn access(&self) -> Access<'_> {
        Access { owner: &self.owner, id: &self.id, now: self.now }
    }

    fn done(&self, what: &str) -> Json<Deleted> {
        Json(Deleted { message: format!("conversation {} {what}", self.id.as_str()), deleted_count: None })
    }
}
