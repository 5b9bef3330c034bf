//! `POST /`, `/stream` and `/chat`: ask a question.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use contract::chat::{ChatAnswer, EVENT_STREAM};

use super::answer::{self, Form};
use super::body::Body;
use super::question;
use crate::agent::Agent;
use crate::ask::ask;
use crate::failure::Failure;

/// Streams the answer: typed events for `Accept: text/event-stream`, plain text otherwise.
pub async fn stream(State(agent): State<Arc<Agent>>, parts: Parts, body: Body) -> Result<Response, Failure> {
    let question = question::read(&parts, body, &agent.configuration.gateway_url)?;
    let answer = ask(agent, question).await?;
    answer::stream(answer, form(&parts.headers)).await
}

/// Answers in one piece.
pub async fn chat(State(agent): State<Arc<Agent>>, parts: Parts, body: Body) -> Result<Response, Failure> {
    let question = question::read(&parts, body, &agent.configuration.gateway_url)?;
    let answer: ChatAnswer = answer::collect(ask(agent, question).await?).await?;
    Ok(Json(answer).into_response())
}

fn form(headers: &HeaderMap) -> Form {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let events = accepted
        .flat_map(|value| value.split(','))
        .any(|kind| kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(EVENT_STREAM)));
    if events { Form::Events } else { Form::Text }
}
