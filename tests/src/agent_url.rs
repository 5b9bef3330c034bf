//! The deployed agent's function URL, called with signed HTTP requests.

use std::time::Duration;

use aws_credential_types::Credentials;
use contract::chat::{ChatEvent, EVENT_STREAM, TOKEN_HEADER};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::http::wait_for;
use crate::signature::signed;
use crate::{Answer, Place, send};

/// The function URL as one caller uses it: with AWS credentials and, mostly, a user's token.
#[derive(Clone)]
pub struct AgentUrl {
    base: String,
    region: String,
    credentials: Credentials,
    token: Option<String>,
}

/// What was read of a streamed answer.
#[derive(Debug)]
pub struct Received {
    pub status: StatusCode,
    pub body: String,
    /// How many pieces it came in.
    pub pieces: usize,
    /// It was read to an end that its sender made.
    pub whole: bool,
}

impl Received {
    fn add(&mut self, piece: &[u8]) {
        self.pieces += 1;
        self.body.push_str(std::str::from_utf8(piece).expect("no character is cut in two"));
    }
}

/// An answer must end in this time; a stuck one fails its test.
const DEADLINE: Duration = Duration::from_secs(120);

impl AgentUrl {
    /// As the local platform's own user, without a token.
    pub fn of(place: &Place) -> Self {
        let status = place.status();
        let variable = |name: &str| status["env"][name].as_str().expect("status has the variable").to_owned();
        let credentials =
            Credentials::new(variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"), None, None, "place");
        let base = status["endpoints"]["function_url"].as_str().expect("status has the function URL");
        Self { base: base.into(), region: variable("AWS_REGION"), credentials, token: None }
    }

    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.into()), ..self.clone() }
    }

    pub fn without_token(&self) -> Self {
        Self { token: None, ..self.clone() }
    }

    pub fn signed_by(&self, credentials: Credentials) -> Self {
        Self { credentials, ..self.clone() }
    }

    /// A request that is signed already, so nothing may be added to it.
    pub fn request(&self, http: &Client, method: &str, path: &str, accept: &str, body: &str) -> RequestBuilder {
        let mut request = http::Request::builder().method(method).uri(format!("{}{path}", self.base));
        request = request.header("accept", accept).header("content-type", "application/json");
        if let Some(token) = &self.token {
            request = request.header(TOKEN_HEADER, token);
        }
        let request = request.body(body.as_bytes().to_vec()).expect("the request is valid");
        let request = signed(request, "lambda", &self.region, &self.credentials);
        let request = reqwest::Request::try_from(request).expect("the request is valid");
        RequestBuilder::from_parts(http.clone(), request).timeout(DEADLINE)
    }

    pub fn get(&self, path: &str) -> Answer {
        send(|http| self.request(http, "GET", path, "application/json", ""))
    }

    pub fn delete(&self, path: &str) -> Answer {
        send(|http| self.request(http, "DELETE", path, "application/json", ""))
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        send(|http| self.request(http, "POST", path, "application/json", &body.to_string()))
    }

    /// Asks at `/stream` for typed events. The answer may also be a refusal.
    pub fn stream(&self, body: &Value) -> Answer {
        send(|http| self.request(http, "POST", "stream", EVENT_STREAM, &body.to_string()))
    }

    /// Reads a streamed answer until it ends, breaks off, or holds `enough`; then the connection is closed.
    pub fn receive(&self, accept: &str, body: &Value, enough: impl Fn(&str) -> bool) -> Received {
        wait_for(async |http| {
            let request = self.request(http, "POST", "stream", accept, &body.to_string());
            let mut response = request.send().await.expect("the function URL answers");
            let mut received = Received { status: response.status(), body: String::new(), pieces: 0, whole: false };
            while !enough(&received.body) {
                match response.chunk().await {
                    Ok(Some(piece)) => received.add(&piece),
                    Ok(None) => return Received { whole: true, ..received },
                    Err(_) => break,
                }
            }
            received
        })
    }

    /// The events of an answer to this question.
    #[track_caller]
    pub fn ask(&self, conversation: &str, message: &str) -> Vec<ChatEvent> {
        events(&self.stream(&json!({"conversation_id": conversation, "message": message})))
    }

    /// Role and content of every message of the conversation, pages followed to the first.
    #[track_caller]
    pub fn history(&self, conversation: &str) -> Vec<(String, String)> {
        let mut pages = Vec::new();
        let mut query = String::new();
        loop {
            let page = self.get(&format!("api/conversations/{conversation}{query}"));
            assert_eq!(page.status, 200, "{page:?}");
            let page = page.json();
            pages.push(messages(&page));
            match page["earlier"].as_u64() {
                Some(before) => query = format!("?before={before}"),
                None => return pages.into_iter().rev().flatten().collect(),
            }
        }
    }
}

/// Role and content of the messages of one page of history.
pub fn messages(page: &Value) -> Vec<(String, String)> {
    let text = |message: &Value, member: &str| message[member].as_str().expect("a text").to_owned();
    let history = page["history"].as_array().unwrap_or_else(|| panic!("no history: {page}"));
    history.iter().map(|message| (text(message, "role"), text(message, "content"))).collect()
}

/// The events of a streamed answer, whose names are those of their types.
#[track_caller]
pub fn events(answer: &Answer) -> Vec<ChatEvent> {
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.headers["content-type"], EVENT_STREAM, "{answer:?}");
    parse_events(&answer.body).unwrap_or_else(|problem| panic!("{problem}: {}", answer.body))
}

/// Reads `event: <name>` and `data: <JSON>` frames; comments are left out (WHATWG HTML, "Server-sent events").
pub fn parse_events(body: &str) -> Result<Vec<ChatEvent>, String> {
    let frames = body.split("\n\n").filter(|frame| !frame.is_empty() && !frame.starts_with(':'));
    frames.map(event).collect()
}

fn event(frame: &str) -> Result<ChatEvent, String> {
    let field = |name: &str| frame.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    let data = field("data").ok_or_else(|| format!("a frame without data: `{frame}`"))?;
    let event: ChatEvent = serde_json::from_str(data).map_err(|error| format!("{error}: `{data}`"))?;
    match field("event") == Some(event.name()) {
        true => Ok(event),
        false => Err(format!("the frame's name is not that of its data: `{frame}`")),
    }
}

/// The answer's text alone.
pub fn text(events: &[ChatEvent]) -> String {
    let text = |event: &ChatEvent| if let ChatEvent::Text { text } = event { Some(text.clone()) } else { None };
    events.iter().filter_map(text).collect()
}

/// The names of the events, equal neighbours named once.
pub fn names(events: &[ChatEvent]) -> Vec<&'static str> {
    let mut names: Vec<_> = events.iter().map(ChatEvent::name).collect();
    names.dedup();
    names
}
