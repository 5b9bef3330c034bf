//! An agent that answers as it was told and remembers what it was asked.

use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
    response::Response,
};
use contract::chat::ChatEvent;
use futures::stream;
use serde_json::Value;
use tokio::{net::TcpListener, sync::Semaphore, task::JoinHandle};

pub struct TestAgent {
    /// With a path in front, as the local platform has it.
    pub url: String,
    script: Arc<Mutex<Script>>,
    server: JoinHandle<()>,
}

#[derive(Default)]
struct Script {
    replies: VecDeque<Reply>,
    seen: Vec<Seen>,
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub query: String,
    pub headers: HeaderMap,
    pub bytes: Bytes,
}

impl Seen {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_default()
    }
}

pub struct Reply {
    status: u16,
    content_type: &'static str,
    pieces: Vec<Piece>,
}

pub enum Piece {
    Text(String),
    /// Goes on when the test gives a permit.
    Hold(Arc<Semaphore>),
    /// The connection breaks.
    Break,
}

impl Reply {
    pub fn json(status: u16, body: Value) -> Self {
        Self { status, content_type: "application/json", pieces: vec![Piece::Text(body.to_string())] }
    }

    pub fn pieces(pieces: Vec<Piece>) -> Self {
        Self { status: 200, content_type: "text/event-stream", pieces }
    }

    pub fn events(events: &[ChatEvent]) -> Self {
        Self::pieces(events.iter().map(piece).collect())
    }

    fn into_response(self) -> Response {
        let body = stream::unfold(self.pieces.into_iter(), |mut pieces| async move {
            let sent = match pieces.next()? {
                Piece::Text(text) => Ok(Bytes::from(text)),
                Piece::Hold(permits) => {
                    permits.acquire().await.unwrap().forget();
                    Ok(Bytes::new())
                }
                Piece::Break => Err(io::Error::other("broken by the test")),
            };
            Some((sent, pieces))
        });
        Response::builder()
            .status(StatusCode::from_u16(self.status).unwrap())
            .header(CONTENT_TYPE, self.content_type)
            .body(Body::from_stream(body))
            .unwrap()
    }
}

pub fn piece(event: &ChatEvent) -> Piece {
    Piece::Text(format!("event: {}\ndata: {}\n\n", event.name(), serde_json::to_string(event).unwrap()))
}

pub fn text(text: &str) -> ChatEvent {
    ChatEvent::Text { text: text.into() }
}

pub fn done() -> ChatEvent {
    ChatEvent::Done {
        conversation_id: "c1".into(),
        stop_reason: "end_turn".into(),
        tools_used: vec!["aws___get_time".into()],
    }
}

/// An answer that used a tool.
pub fn noon() -> Vec<ChatEvent> {
    let (id, name) = (String::from("t1"), String::from("aws___get_time"));
    vec![
        ChatEvent::Started { conversation_id: "c1".into() },
        ChatEvent::ToolStarted { id: id.clone(), name: name.clone(), input: serde_json::json!({}) },
        ChatEvent::ToolFinished { id, name, success: true, duration_ms: 120, bytes: 40 },
        text("It is "),
        text("noon."),
        ChatEvent::Usage { input_tokens: 10, output_tokens: 4, cache_read_tokens: 0, cache_write_tokens: 0 },
        done(),
    ]
}

impl TestAgent {
    pub async fn start(replies: Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/_aws/lambda-url/abc/", listener.local_addr().unwrap());
        let script = Arc::new(Mutex::new(Script { replies: replies.into(), seen: Vec::new() }));
        let router = Router::new().fallback(serve).with_state(script.clone());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, script, server }
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.script.lock().unwrap().seen.clone()
    }
}

impl Drop for TestAgent {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(State(script): State<Arc<Mutex<Script>>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let bytes = to_bytes(body, 1 << 20).await.unwrap();
    let query = head.uri.query().unwrap_or_default().to_owned();
    let (method, path) = (head.method.to_string(), head.uri.path().into());
    let seen = Seen { method, path, query, headers: head.headers, bytes };
    let reply = {
        let mut script = script.lock().unwrap();
        script.seen.push(seen);
        script.replies.pop_front()
    };
    reply.unwrap_or_else(|| Reply::json(418, serde_json::json!({"message": "nothing scripted"}))).into_response()
}
