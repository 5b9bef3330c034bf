//! `POST /`, `/stream` and `/chat`: ask a question.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use contract::chat::{ChatAnswer, EVENT_STREAM};

use super::answer;
use super::body::Body;
use super::frames::Form;
use super::question;
use crate::agent::Agent;
use crate::ask::ask;
use crate::failure::Failure;

/// Streams the answer: typed events for `Accept: text/event-stream`, plain text otherwise.
pub async fn stream(State(agent): State<Arc<Agent>>, parts: Parts, body: Body) -> Result<Response, Failure> {
    let question = question::read(&agent, &parts, body).await?;
    let answer = ask(agent, question).await?;
    answer::stream(answer, form(&parts.headers)).await
}

/// Answers in one piece.
pub async fn chat(State(agent): State<Arc<Agent>>, parts: Parts, body: Body) -> Result<Json<ChatAnswer>, Failure> {
    let question = question::read(&agent, &parts, body).await?;
    answer::collect(ask(agent, question).await?).await.map(Json)
}

fn form(headers: &HeaderMap) -> Form {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let events = accepted.flat_map(|value| value.split(',')).any(asks_for_events);
    if events { Form::Events } else { Form::Text }
}

/// Whether an element of `Accept` names events. A weight of zero means that they are not wanted (RFC 9110,
/// section 12.4.2).
fn asks_for_events(element: &str) -> bool {
    let mut parts = element.split(';').map(str::trim);
    let named = parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case(EVENT_STREAM));
    let refused = parts.filter_map(|part| part.strip_prefix("q=")).any(|weight| weight.parse() == Ok(0.0));
    named && !refused
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn events_are_for_those_who_ask_for_them() {
        for (accept, form_wanted) in [
            ("text/event-stream", Form::Events),
            ("text/plain, Text/Event-Stream;q=0.5", Form::Events),
            ("text/event-stream; q=0, */*", Form::Text),
            ("*/*", Form::Text),
            ("", Form::Text),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]);
            assert_eq!(form(&headers), form_wanted, "{accept}");
        }
    }
}
