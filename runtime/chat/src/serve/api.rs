//! What the page can ask: the agent's own API, called with the user's signature and token.

use std::{convert::Infallible, sync::Arc};

use axum::{
    Json, Router,
    extract::{Path, Query, State, rejection::JsonRejection},
    http::StatusCode,
    response::sse::{Event, Sse},
    routing::{get, post},
};
use contract::chat::{Approval, ChatEvent, ChatRequest, ConversationHistory, Conversations, Deleted, Health, ToolList};
use futures::stream::{self, Stream};
use serde::{Deserialize, Serialize};

use super::refused::Refused;
use crate::{agent_client::AgentClient, stream::AnswerStream};

/// What the handlers work with.
pub struct Desk {
    pub client: AgentClient,
    pub session: SessionInfo,
}

/// Answer of `GET /api/session`: what is known without asking the agent.
#[derive(Debug, Clone, Serialize)]
pub struct SessionInfo {
    /// Empty when the agent was named by its address.
    pub environment: String,
    /// Host of the agent's function URL.
    pub agent: String,
    /// Of this client.
    pub version: &'static str,
    /// The conversation to go on with.
    pub conversation: Option<String>,
    /// Whether a request carries a token without anybody being asked to log in.
    pub logged_in: bool,
}

/// Body of `POST /api/ask`: what of a [`ChatRequest`] the page may say, which is everything but tokens.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[serde(default)]
    message: String,
    conversation_id: Option<String>,
    temperature: Option<f32>,
    max_tokens: Option<i32>,
    use_tools: Option<bool>,
    #[serde(default)]
    approvals: Vec<Approval>,
}

/// The pages of lists.
#[derive(Debug, Deserialize)]
struct Place {
    cursor: Option<String>,
    before: Option<u64>,
}

pub fn router(desk: Arc<Desk>) -> Router {
    Router::new()
        .route("/session", get(session))
        .route("/health", get(health))
        .route("/tools", get(tools))
        .route("/ask", post(ask))
        .route("/conversations", get(conversations))
        .route("/conversations/{id}", get(history).delete(delete))
        .route("/conversations/{id}/clear", post(clear))
        .with_state(desk)
}

async fn session(State(desk): State<Arc<Desk>>) -> Json<SessionInfo> {
    Json(SessionInfo { logged_in: desk.client.tokens.is_ready().await, ..desk.session.clone() })
}

async fn health(State(desk): State<Arc<Desk>>) -> Result<Json<Health>, Refused> {
    Ok(Json(desk.client.health().await?))
}

async fn tools(State(desk): State<Arc<Desk>>) -> Result<Json<ToolList>, Refused> {
    Ok(Json(desk.client.tools().await?))
}

async fn conversations(
    State(desk): State<Arc<Desk>>,
    Query(place): Query<Place>,
) -> Result<Json<Conversations>, Refused> {
    Ok(Json(desk.client.conversations_after(place.cursor.as_deref()).await?))
}

async fn history(
    State(desk): State<Arc<Desk>>,
    Path(id): Path<String>,
    Query(place): Query<Place>,
) -> Result<Json<ConversationHistory>, Refused> {
    Ok(Json(desk.client.history_before(&id, place.before).await?))
}

async fn delete(State(desk): State<Arc<Desk>>, Path(id): Path<String>) -> Result<Json<Deleted>, Refused> {
    Ok(Json(desk.client.delete(&id).await?))
}

async fn clear(State(desk): State<Arc<Desk>>, Path(id): Path<String>) -> Result<Json<Deleted>, Refused> {
    Ok(Json(desk.client.clear(&id).await?))
}

/// Passes the agent's events on as they come. When the page closes the connection the stream is
/// dropped, and with it the connection to the agent, which ends the turn.
async fn ask(
    State(desk): State<Arc<Desk>>,
    asked: Result<Json<Asked>, JsonRejection>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Refused> {
    let Json(asked) = asked.map_err(|rejection| {
        Refused::new(
            StatusCode::BAD_REQUEST,
            "request/invalid",
            &format!("read the question: {}", rejection.body_text()),
        )
    })?;
    let answer = desk.client.ask(&asked.into()).await?;
    Ok(Sse::new(stream::unfold(Some(answer), next)))
}

/// A stream that breaks ends with an error event, as one does that the agent itself gives up.
async fn next(answer: Option<AnswerStream>) -> Option<(Result<Event, Infallible>, Option<AnswerStream>)> {
    let mut answer = answer?;
    match answer.next().await {
        Ok(event) => Some((Ok(sent(&event?)), Some(answer))),
        Err(failure) => Some((Ok(sent(&ChatEvent::Error { error: failure.detail() })), None)),
    }
}

fn sent(event: &ChatEvent) -> Event {
    let data = serde_json::to_string(event).expect("an event has text keys and no map that fails");
    Event::default().event(event.name()).data(data)
}

impl From<Asked> for ChatRequest {
    fn from(asked: Asked) -> Self {
        Self {
            message: asked.message,
            conversation_id: asked.conversation_id,
            temperature: asked.temperature,
            max_tokens: asked.max_tokens,
            use_tools: asked.use_tools,
            approvals: asked.approvals,
            ..Self::default()
        }
    }
}
