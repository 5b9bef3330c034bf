//! An answer on its way out: streamed, or collected into one piece.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use contract::chat::{CONVERSATION_HEADER, ChatAnswer, ChatEvent, EVENT_STREAM, PendingCall};
use futures::StreamExt;

use super::frames::{Form, QUIET, frames, label};
use crate::ask::Answer;
use crate::failure::Failure;
use crate::turn::{Ending, TurnEvent};

/// Streams an answer. What fails before the model's first sign of life is a failure with its HTTP status.
pub async fn stream(mut answer: Answer, form: Form) -> Result<Response, Failure> {
    let first = match answer.events.recv().await {
        Some(TurnEvent::Broken(ending)) => return Err(failure_of(&ending)),
        Some(first) => first,
        None => return Err(broke_off()),
    };
    let chunks = frames(first, answer.events, form, QUIET);
    let body = Body::from_stream(chunks.map(Ok::<_, std::convert::Infallible>));
    let kind = match form {
        Form::Events => EVENT_STREAM,
        Form::Text => "text/plain; charset=utf-8",
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (HeaderName::from_static(CONVERSATION_HEADER), header_of(answer.conversation_id.as_str())),
    ];
    Ok((headers, body).into_response())
}

/// Collects an answer. One that was cut short is labelled; a service's failure is a failure.
pub async fn collect(mut answer: Answer) -> Result<ChatAnswer, Failure> {
    let mut collected = Collected::default();
    let conversation_id = answer.conversation_id.as_str().to_owned();
    while let Some(event) = answer.events.recv().await {
        if let Some(stop_reason) = collected.take(event)? {
            return Ok(collected.into_answer(conversation_id, stop_reason));
        }
    }
    Err(broke_off())
}

/// What the events have said so far.
#[derive(Default)]
struct Collected {
    started: bool,
    response: String,
    tools_used: Vec<String>,
    approvals_required: Vec<PendingCall>,
}

impl Collected {
    /// The stop reason, with the last event.
    fn take(&mut self, event: TurnEvent) -> Result<Option<String>, Failure> {
        match event {
            TurnEvent::Chat(ChatEvent::Done { stop_reason, .. }) => return Ok(Some(stop_reason)),
            TurnEvent::Chat(event) => self.note(event),
            TurnEvent::Broken(ending @ Ending::Cut { .. }) if self.started => {
                self.response.push_str(&label(&ending, !self.response.is_empty()));
                return Ok(Some(ending.name().to_owned()));
            }
            TurnEvent::Broken(ending) => return Err(failure_of(&ending)),
        }
        Ok(None)
    }

    fn note(&mut self, event: ChatEvent) {
        match event {
            ChatEvent::Started { .. } => self.started = true,
            ChatEvent::Text { text } => self.response.push_str(&text),
            ChatEvent::ToolStarted { name, .. } if !self.tools_used.contains(&name) => self.tools_used.push(name),
            ChatEvent::ApprovalRequired { id, name, input } => {
                self.approvals_required.push(PendingCall { id, name, input });
            }
            _ => {}
        }
    }

    fn into_answer(self, conversation_id: String, stop_reason: String) -> ChatAnswer {
        let Self { response, tools_used, approvals_required, .. } = self;
        ChatAnswer { conversation_id, response, tools_used, stop_reason, approvals_required }
    }
}

pub fn failure_of(ending: &Ending) -> Failure {
    ending.failure().unwrap_or_else(broke_off)
}

pub fn broke_off() -> Failure {
    Failure::internal("the answer broke off").hint("ask again")
}

fn header_of(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}
