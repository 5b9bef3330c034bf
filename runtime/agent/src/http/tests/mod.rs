//! The HTTP API as a client sees it: the real router over a store in memory, a
//! scripted model and a fixed gateway. Every answer is held against the published document.

mod answers;
mod approvals;
mod conversations;
mod document;
mod headers;
mod identity;
mod refusals;

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::response::Response;
use futures::FutureExt;
use futures::future::{BoxFuture, ready};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::agent::{Agent, Ports};
use crate::conversations::MemoryStore;
use crate::failure::{Code, Failure};
use crate::identity::{TokenVerifier, Verification};
use crate::scripted::{FixedGateway, Scripted, ScriptedModel, TOKEN, configuration, request_context};
use crate::token::Token;

const ADA: &str = "arn:aws:iam::000000000000:user/ada";
const BOB: &str = "arn:aws:sts::000000000000:assumed-role/sso/bob";

/// A good token of another user; the gateway does not take it.
const OTHER_TOKEN: &str = "other.token";
const EXPIRED_TOKEN: &str = "expired.token";

struct Api {
    agent: Arc<Agent>,
    router: Router,
    model: Arc<ScriptedModel>,
}

struct Reply {
    status: StatusCode,
    headers: HashMap<String, String>,
    text: String,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    fn assert_error(&self, status: u16, code: &str) {
        assert_eq!(
            (self.status.as_u16(), self.json()["error"]["code"].as_str()),
            (status, Some(code)),
            "{}",
            self.text
        );
    }
}

fn api(answers: impl IntoIterator<Item = Scripted>) -> Api {
    api_with_settings(answers, json!({}))
}

fn api_with_settings(answers: impl IntoIterator<Item = Scripted>, settings: Value) -> Api {
    let model = ScriptedModel::new(answers);
    let ports = Ports {
        store: Arc::new(MemoryStore::default()),
        model: model.clone(),
        gateway: Arc::new(FixedGateway::default()),
        tokens: Arc::new(KnownTokens),
    };
    let agent = Agent::new(ports, configuration(&settings.to_string()));
    Api { router: super::router(agent.clone()), agent, model }
}

/// Knows the tokens of two users, and one that expired.
struct KnownTokens;

impl TokenVerifier for KnownTokens {
    fn verify<'a>(&'a self, token: &'a Token) -> BoxFuture<'a, Result<Verification, Failure>> {
        let user =
            |subject: &str| Ok(Verification { issuer: "https://issuer.example".into(), subject: subject.into() });
        ready(match token.expose() {
            TOKEN => user("ada@example.com"),
            OTHER_TOKEN => user("bob@example.com"),
            EXPIRED_TOKEN => Err(Failure::new(Code::TokenExpired, "the access token expired").hint("log in again")),
            _ => Err(Failure::new(Code::TokenRefused, "the access token is refused")),
        })
        .boxed()
    }
}

impl Api {
    async fn respond(&self, request: Request<Body>) -> Response {
        self.router.clone().oneshot(request).await.unwrap()
    }

    async fn send(&self, request: Request<Body>) -> Reply {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let (parts, body) = self.respond(request).await.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let header = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
            (name.to_string(), value.to_str().unwrap().to_owned())
        };
        let reply = Reply {
            status: parts.status,
            headers: parts.headers.iter().map(header).collect(),
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        };
        document::assert_describes(&method, &path, &reply);
        reply
    }

    async fn post(&self, path: &str, body: Value) -> Reply {
        self.post_text(path, body.to_string()).await
    }

    async fn post_text(&self, path: &str, body: String) -> Reply {
        self.send(request(ADA, "POST", path, &[], body)).await
    }

    /// The events of an answer to ada with her token.
    async fn stream(&self, body: Value) -> Reply {
        let headers = [("x-okta-token", TOKEN), ("accept", "text/event-stream")];
        self.send(request(ADA, "POST", "/stream", &headers, body.to_string())).await
    }

    async fn call(&self, caller: &str, method: &str, path: &str) -> Reply {
        self.send(request(caller, method, path, &[], String::new())).await
    }
}

fn request(caller: &str, method: &str, path: &str, headers: &[(&str, &str)], body: String) -> Request<Body> {
    let mut builder = Request::builder().method(method).uri(path).extension(request_context(caller));
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    builder.body(Body::from(body)).unwrap()
}

fn event_names(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| line.strip_prefix("event: ")).collect()
}

/// The data of the last event.
fn last_event(text: &str) -> Value {
    let data = text.lines().rfind(|line| line.starts_with("data: ")).unwrap();
    serde_json::from_str(&data["data: ".len()..]).unwrap()
}
