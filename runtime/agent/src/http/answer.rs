//! An answer on its way out: as events, as text, or collected.

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use contract::chat::{ChatAnswer, ChatEvent, EVENT_STREAM};
use futures::{Stream, StreamExt, stream};
use tokio_stream::wrappers::ReceiverStream;

use crate::ask::Answer;
use crate::failure::Failure;
use crate::turn::{Ending, TurnEvent};

const CONVERSATION_HEADER: HeaderName = HeaderName::from_static("x-conversation-id");

/// How a streamed answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Server-sent events, `event: <type>` and `data: <JSON of ChatEvent>`.
    Events,
    /// The answer's text alone.
    Text,
}

/// Streams an answer. What fails before the model's first sign of life is a failure with its HTTP status.
pub async fn stream(mut answer: Answer, form: Form) -> Result<Response, Failure> {
    let first = match answer.events.recv().await {
        Some(TurnEvent::Broken(ending)) => return Err(failure_of(&ending)),
        Some(first) => first,
        None => return Err(broke_off()),
    };
    let events = stream::iter([first]).chain(ending_with_an_event(ReceiverStream::new(answer.events)));
    let chunks = events.filter_map(move |event| async move { chunk(&event, form) });
    let body = Body::from_stream(chunks.map(Ok::<_, std::convert::Infallible>));
    let kind = match form {
        Form::Events => EVENT_STREAM,
        Form::Text => "text/plain; charset=utf-8",
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (CONVERSATION_HEADER, header_of(answer.conversation_id.as_str())),
    ];
    Ok((headers, body).into_response())
}

/// Collects an answer. One that was cut short is labelled; a service's failure is a failure.
pub async fn collect(mut answer: Answer) -> Result<ChatAnswer, Failure> {
    let (mut response, mut tools_used, mut started) = (String::new(), Vec::<String>::new(), false);
    let conversation_id = answer.conversation_id.as_str().to_owned();
    while let Some(event) = answer.events.recv().await {
        match event {
            TurnEvent::Chat(ChatEvent::Text { text }) => response.push_str(&text),
            TurnEvent::Chat(ChatEvent::Started { .. }) => started = true,
            TurnEvent::Chat(ChatEvent::ToolStarted { name, .. }) if !tools_used.contains(&name) => {
                tools_used.push(name)
            }
            TurnEvent::Chat(ChatEvent::Done { stop_reason, .. }) => {
                return Ok(ChatAnswer { conversation_id, response, tools_used, stop_reason });
            }
            TurnEvent::Broken(ending @ Ending::Cut { .. }) if started => {
                response.push_str(&label(&ending, &response));
                let stop_reason = ending.name().to_owned();
                return Ok(ChatAnswer { conversation_id, response, tools_used, stop_reason });
            }
            TurnEvent::Broken(ending) => return Err(failure_of(&ending)),
            TurnEvent::Chat(_) => {}
        }
    }
    Err(broke_off())
}

/// The events, and a closing one when the turn's task vanished without.
fn ending_with_an_event(events: impl Stream<Item = TurnEvent>) -> impl Stream<Item = TurnEvent> {
    let closing = stream::iter([None]);
    events.map(Some).chain(closing).scan(false, |ended, event| {
        let next = match (event, *ended) {
            (Some(event), _) => {
                *ended = matches!(event, TurnEvent::Broken(_) | TurnEvent::Chat(ChatEvent::Done { .. }));
                Some(event)
            }
            (None, false) => Some(TurnEvent::Broken(Ending::Failed(broke_off()))),
            (None, true) => None,
        };
        std::future::ready(next)
    })
}

fn chunk(event: &TurnEvent, form: Form) -> Option<Bytes> {
    match (form, event) {
        (Form::Events, TurnEvent::Chat(event)) => frame(event),
        (Form::Events, TurnEvent::Broken(ending)) => frame(&ChatEvent::Error { error: failure_of(ending).detail() }),
        (Form::Text, TurnEvent::Chat(ChatEvent::Text { text })) => Some(Bytes::from(text.clone())),
        (Form::Text, TurnEvent::Chat(_)) => None,
        (Form::Text, TurnEvent::Broken(ending)) => Some(Bytes::from(label(ending, "text"))),
    }
}

fn frame(event: &ChatEvent) -> Option<Bytes> {
    let data = serde_json::to_string(event).ok()?;
    Some(Bytes::from(format!("event: {}\ndata: {data}\n\n", event.name())))
}

/// The ending's label as a paragraph after what was said.
fn label(ending: &Ending, said: &str) -> String {
    let label = ending.label().unwrap_or_default();
    if said.is_empty() { label } else { format!("\n\n{label}\n") }
}

fn failure_of(ending: &Ending) -> Failure {
    ending.failure().unwrap_or_else(broke_off)
}

fn broke_off() -> Failure {
    Failure::internal("the answer broke off").hint("ask again")
}

fn header_of(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}
