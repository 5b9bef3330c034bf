//! Which path is answered by what.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{get, post};

use super::{body, chat, conversations, every_answer, health, history, request_log, tools};
use crate::agent::Agent;
use crate::failure::{Code, Failure};

/// The agent's HTTP API as a service.
pub fn router(agent: Arc<Agent>) -> Router {
    Router::new()
        .route("/", get(health::health).post(chat::stream))
        .route("/health", get(health::health))
        .route("/stream", post(chat::stream))
        .route("/chat", post(chat::chat))
        .route("/api/conversations", get(conversations::list).delete(conversations::delete_all))
        .route("/api/conversations/{id}", get(history::read).delete(conversations::delete))
        .route("/api/conversations/{id}/clear", post(conversations::clear))
        .route("/api/tools/fetch", post(tools::fetch))
        .fallback(unknown_path)
        .method_not_allowed_fallback(unknown_method)
        .layer(DefaultBodyLimit::max(body::LIMIT))
        .layer(middleware::from_fn(request_log::log))
        .layer(middleware::from_fn(every_answer::complete))
        .with_state(agent)
}

async fn unknown_path() -> Failure {
    Failure::new(Code::RequestNotFound, "there is nothing at this path")
        .hint("POST /stream, POST /chat, /api/conversations, POST /api/tools/fetch or GET /health")
}

async fn unknown_method() -> Failure {
    Failure::new(Code::RequestMethod, "this path does not take this method")
}
