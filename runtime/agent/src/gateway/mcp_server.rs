//! A small gateway on a loopback port for tests. It checks the token, pages its
//! tools, keeps no session, and speaks the versions that a test gives it.

use std::sync::{Arc, Mutex};

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::sync::Notify;
use url::Url;

pub const STATELESS: &str = "2026-07-28";
/// The tokens that it takes.
pub const TOKEN: &str = "good.token";
pub const OTHER_TOKEN: &str = "another.good.token";

/// A listing's requests after the first, as [`Served::trouble`] names them.
pub const NEXT_PAGE: &str = "tools/list with a cursor";

/// How a gateway answers a version that it does not accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// `server/discover` is no method; `initialize` is answered in a version of its own.
    MethodNotFound,
    /// HTTP 400 with a JSON-RPC error.
    BadRequest,
    /// The error of 2026-07-28, with the versions that are supported.
    Unsupported,
    /// HTTP 400 from something in front of the gateway.
    Html,
}

/// What happens to one request, instead of its answer.
#[derive(Debug, Clone)]
pub enum Trouble {
    Status(u16, &'static [(&'static str, &'static str)]),
    /// HTTP 500 with a JSON-RPC error.
    InternalError,
    /// The connection ends without an answer.
    Drop,
    Hang,
}

/// One request as it came.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    pub headers: HeaderMap,
}

#[derive(Debug)]
pub struct Gateway {
    pub versions: Vec<&'static str>,
    pub refusal: Refusal,
    pub asked: Mutex<Vec<Asked>>,
    /// Met by requests of the method, first come first served.
    pub troubles: Mutex<Vec<(&'static str, Trouble)>>,
    /// Told for every request whose client went away.
    pub abandoned: Notify,
}

pub struct Served {
    pub url: Url,
    pub gateway: Arc<Gateway>,
    task: tokio::task::JoinHandle<()>,
}

impl Served {
    pub fn methods(&self) -> Vec<String> {
        self.gateway.asked.lock().unwrap().iter().map(|asked| asked.method.clone()).collect()
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.gateway.asked.lock().unwrap().clone()
    }

    pub fn trouble(&self, method: &'static str, trouble: Trouble, times: usize) {
        self.gateway.troubles.lock().unwrap().extend(std::iter::repeat_n((method, trouble), times));
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A gateway that accepts every version.
pub async fn serve() -> Served {
    serve_versions(&["2025-03-26", "2025-06-18", "2025-11-25", STATELESS], Refusal::MethodNotFound).await
}

pub async fn serve_versions(versions: &[&'static str], refusal: Refusal) -> Served {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/mcp", listener.local_addr().unwrap())).unwrap();
    let gateway = Arc::new(Gateway {
        versions: versions.to_vec(),
        refusal,
        asked: Mutex::default(),
        troubles: Mutex::default(),
        abandoned: Notify::new(),
    });
    let router = axum::Router::new().route("/mcp", axum::routing::post(receive)).with_state(gateway.clone());
    let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    Served { url, gateway, task }
}

async fn receive(State(gateway): State<Arc<Gateway>>, headers: HeaderMap, body: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap();
    let method = body["method"].as_str().unwrap_or_default().to_owned();
    gateway.asked.lock().unwrap().push(Asked { method: method.clone(), headers: headers.clone() });
    if !is_authorized(&headers) {
        return refused();
    }
    let troubled = if body["params"]["cursor"].is_string() { NEXT_PAGE } else { &method };
    match gateway.trouble_with(troubled) {
        Some(trouble) => gateway.meet(trouble, &body).await,
        None => gateway.answer(&method, &headers, &body).await,
    }
}

fn is_authorized(headers: &HeaderMap) -> bool {
    let accepted = [TOKEN, OTHER_TOKEN].map(|token| format!("Bearer {token}"));
    headers.get("authorization").is_some_and(|value| accepted.iter().any(|accepted| value == accepted))
}

/// Tells that a client went away, unless the answer was finished.
struct Watch<'a>(&'a Notify);

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

impl Gateway {
    fn trouble_with(&self, method: &str) -> Option<Trouble> {
        let mut troubles = self.troubles.lock().unwrap();
        let index = troubles.iter().position(|(troubled, _)| *troubled == method)?;
        Some(troubles.remove(index).1)
    }

    async fn meet(&self, trouble: Trouble, body: &Value) -> Response {
        match trouble {
            Trouble::Status(401, _) => refused(),
            Trouble::Status(status, headers) => {
                let mut response = StatusCode::from_u16(status).unwrap().into_response();
                for (name, value) in headers {
                    response.headers_mut().insert(*name, value.parse().unwrap());
                }
                response
            }
            Trouble::InternalError => error(StatusCode::INTERNAL_SERVER_ERROR, body, -32603, Value::Null),
            Trouble::Drop => {
                let broken = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
                let lost = futures::stream::iter([Err::<Bytes, _>(broken)]);
                ([("content-type", "application/json")], axum::body::Body::from_stream(lost)).into_response()
            }
            Trouble::Hang => {
                let _watch = Watch(&self.abandoned);
                std::future::pending().await
            }
        }
    }

    async fn answer(&self, method: &str, headers: &HeaderMap, body: &Value) -> Response {
        let version = headers.get("mcp-protocol-version").and_then(|value| value.to_str().ok());
        match method {
            "server/discover" if !self.versions.contains(&STATELESS) => self.refuse(body),
            "server/discover" => ok(body, self.discovered()),
            "initialize" => self.initialize(body),
            _ if !version.is_some_and(|version| self.versions.contains(&version)) => self.refuse(body),
            _ if version == Some(STATELESS) && !is_self_contained(method, headers, body) => {
                error(StatusCode::BAD_REQUEST, body, -32020, Value::Null)
            }
            "notifications/initialized" | "notifications/cancelled" => StatusCode::ACCEPTED.into_response(),
            "tools/list" => ok(body, page(&body["params"]["cursor"])),
            "tools/call" if body["params"]["name"].as_str().is_some_and(|name| name.ends_with("_streamed")) => {
                streamed(body, called(&body["params"]))
            }
            "tools/call" => ok(body, called(&body["params"])),
            _ => error(StatusCode::OK, body, -32601, Value::Null),
        }
    }

    fn refuse(&self, body: &Value) -> Response {
        match self.refusal {
            Refusal::MethodNotFound => error(StatusCode::OK, body, -32601, Value::Null),
            Refusal::BadRequest => error(StatusCode::BAD_REQUEST, body, -32600, Value::Null),
            Refusal::Unsupported => error(StatusCode::BAD_REQUEST, body, -32022, json!({"supported": self.versions})),
            Refusal::Html => (StatusCode::BAD_REQUEST, "<html>no</html>").into_response(),
        }
    }

    /// In the version asked for, or in an own one, or refused.
    fn initialize(&self, body: &Value) -> Response {
        let asked = body["params"]["protocolVersion"].as_str().unwrap_or_default();
        let own = self.versions.iter().rfind(|version| **version != STATELESS);
        let version = match (self.versions.contains(&asked), self.refusal, own) {
            (true, _, _) => asked,
            (false, Refusal::MethodNotFound | Refusal::Html, Some(own)) => own,
            _ => return self.refuse(body),
        };
        let result = json!({
            "protocolVersion": version,
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "agentcore-gateway", "version": "1"},
        });
        ok(body, result)
    }

    fn discovered(&self) -> Value {
        json!({
            "resultType": "complete",
            "supportedVersions": self.versions,
            "capabilities": {"tools": {}},
            "ttlMs": 0,
            "cacheScope": "private",
            "_meta": {"io.modelcontextprotocol/serverInfo": {"name": "agentcore-gateway", "version": "1"}},
        })
    }
}

/// What every request of 2026-07-28 carries.
fn is_self_contained(method: &str, headers: &HeaderMap, body: &Value) -> bool {
    let named = |header: &str, value: &str| headers.get(header).is_some_and(|given| given == value);
    let parameters = &body["params"];
    named("mcp-method", method)
        && parameters["_meta"]["io.modelcontextprotocol/protocolVersion"] == STATELESS
        && parameters["name"].as_str().is_none_or(|name| named("mcp-name", name))
}

fn ok(body: &Value, result: Value) -> Response {
    Json(json!({"jsonrpc": "2.0", "id": body["id"], "result": result})).into_response()
}

/// As a gateway with enableResponseStreaming answers.
fn streamed(body: &Value, result: Value) -> Response {
    let message = json!({"jsonrpc": "2.0", "id": body["id"], "result": result});
    ([("content-type", "text/event-stream")], format!("event: message\ndata: {message}\n\n")).into_response()
}

fn error(status: StatusCode, body: &Value, code: i32, data: Value) -> Response {
    let error = json!({"code": code, "message": "no", "data": data});
    (status, Json(json!({"jsonrpc": "2.0", "id": body["id"], "error": error}))).into_response()
}

fn refused() -> Response {
    let body = json!({"jsonrpc": "2.0", "id": 0, "error": {"code": -32001, "message": "Invalid Bearer token"}});
    (StatusCode::UNAUTHORIZED, [("www-authenticate", "Bearer resource_metadata=\"x\"")], Json(body)).into_response()
}

fn page(cursor: &Value) -> Value {
    let tool = |name: &str| json!({"name": name, "description": "A tool.", "inputSchema": {"type": "object"}});
    match cursor.as_str() {
        None => json!({"resultType": "complete", "tools": [tool("aws___get_time")], "nextCursor": "2"}),
        Some(_) => json!({"resultType": "complete", "tools": [tool("aws___echo")]}),
    }
}

fn called(parameters: &Value) -> Value {
    let text = match parameters["name"].as_str() {
        Some("aws___large" | "aws___large_streamed") => "x".repeat(super::mcp::LARGEST_ANSWER),
        _ => parameters["arguments"].to_string(),
    };
    let failed = parameters["name"] == "aws___broken";
    json!({"resultType": "complete", "isError": failed, "content": [{"type": "text", "text": text}]})
}
