//! What the log of a whole request holds, from the router to the gateway's
//! client: identifiers and counts, no token, no content.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use futures::FutureExt;
use futures::future::{BoxFuture, ready};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

use super::logging;
use crate::agent::{Agent, Ports};
use crate::configuration::Configuration;
use crate::conversations::MemoryStore;
use crate::failure::{Code, Failure};
use crate::gateway::{Gateway, GatewayConfiguration, McpGateway};
use crate::identity::{TokenVerifier, Verification};
use crate::scripted::{FixedGateway, Scripted, ScriptedModel, TOKEN, calls, request_context, says};
use crate::token::Token;

/// Has a token's form, and words that stand nowhere else.
const SECRET: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2VjcmV0LXNpZ25hdHVyZQ";
const QUESTION: &str = "Where does the heron sleep?";
const ANSWER: &str = "The heron sleeps in the reeds.";

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn documents(&self) -> Vec<Value> {
        let text = self.text();
        text.lines().map(|line| serde_json::from_str(line).expect("a line is a JSON document")).collect()
    }
}

/// Finds some tokens good, and the others bad.
struct These(Vec<&'static str>);

impl TokenVerifier for These {
    fn verify<'a>(&'a self, token: &'a Token) -> BoxFuture<'a, Result<Verification, Failure>> {
        let good = self.0.contains(&token.expose());
        let refused = || Failure::new(Code::TokenRefused, "verify the token: its signature is not good");
        let user = Verification { issuer: "https://issuer.example".into(), subject: "ada".into() };
        ready(good.then_some(user).ok_or_else(refused)).boxed()
    }
}

struct Scene {
    gateway: Arc<dyn Gateway>,
    tokens: These,
    settings: Value,
}

impl Scene {
    fn router(self, answers: Vec<Scripted>) -> Router {
        let pairs = [
            ("BEDROCK_MODEL_ID", "scripted".to_owned()),
            ("BEDROCK_REGION", "us-east-1".to_owned()),
            ("DYNAMODB_TABLE_NAME", "conversations".to_owned()),
            ("PROJECT_NAME", "aws-operations-agent".to_owned()),
            ("ENVIRONMENT", "test".to_owned()),
            ("CONVERSATION_TTL_MINUTES", "15".to_owned()),
            ("GATEWAY_URL", "https://gateway.example/mcp".to_owned()),
            ("LOG_LEVEL", "trace".to_owned()),
            ("AGENT_SETTINGS", self.settings.to_string()),
        ];
        let variables = pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let configuration = Configuration::from_variables(&variables).unwrap();
        let ports = Ports {
            store: Arc::new(MemoryStore::default()),
            model: ScriptedModel::new(answers),
            gateway: self.gateway,
            tokens: Arc::new(self.tokens),
        };
        crate::http::router(Agent::new(ports, configuration))
    }
}

/// A gateway that answers everything with this status and with whatever it was sent.
async fn echoing_gateway(status: StatusCode) -> McpGateway {
    crate::clients::install_tls_provider();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let echo = move |headers: HeaderMap, body: String| ready((status, format!("{headers:?} {body}")));
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(echo)).await });
    let url = format!("http://{address}/mcp").parse().unwrap();
    McpGateway::new(GatewayConfiguration { url, attempts: 1, call_deadline: Duration::from_secs(5) }).unwrap()
}

fn request(method: &str, path: &str, headers: &[(&str, &str)], body: String) -> Request<Body> {
    let mut builder = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    builder.extension(request_context("arn:aws:iam::000000000000:user/ada")).body(Body::from(body)).unwrap()
}

/// Status and body of the answer.
async fn send(router: &Router, request: Request<Body>) -> (StatusCode, String) {
    let (parts, body) = router.clone().oneshot(request).await.unwrap().into_parts();
    (parts.status, String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap())
}

/// A token at every place of a request where one could be.
fn requests_with_a_token() -> Vec<Request<Body>> {
    let question = || json!({"message": QUESTION}).to_string();
    let bearer = format!("Bearer {SECRET}");
    let with = |name: &str, value: &str| request("POST", "/stream", &[(name, value)], question());
    let body = |body: Value| request("POST", "/stream", &[], body.to_string());
    vec![
        with("x-okta-token", SECRET),
        with("x-okta-token", &format!("{SECRET} {SECRET}")),
        with("authorization", &bearer),
        with("cookie", &format!("token={SECRET}")),
        body(json!({"message": QUESTION, "okta_token": SECRET})),
        body(json!({"message": QUESTION, "okta_token": [SECRET]})),
        body(json!({"message": QUESTION, "bedrock_agentcore_gateway_url": format!("https://x.example/{SECRET}")})),
        body(json!({"message": QUESTION, SECRET: true})),
        request("POST", "/stream", &[], format!("{{\"okta_token\": \"{SECRET}\"")),
        request("POST", &format!("/stream?okta_token={SECRET}"), &[], question()),
        request("GET", "/api/conversations", &[("x-okta-token", SECRET)], String::new()),
        request("GET", &format!("/api/conversations?cursor={SECRET}"), &[], String::new()),
        request("POST", "/api/tools/fetch", &[], json!({"okta_token": SECRET}).to_string()),
        body(json!({"message": QUESTION, "conversation_id": SECRET})),
        request("GET", &format!("/api/conversations/{SECRET}"), &[], String::new()),
        request("DELETE", &format!("/api/conversations/{SECRET}"), &[], String::new()),
        request("POST", &format!("/api/conversations/{SECRET}/clear"), &[], String::new()),
        request("GET", &format!("/{SECRET}"), &[], String::new()),
    ]
}

#[tokio::test]
async fn a_token_is_in_no_log_line_wherever_it_was_sent() {
    for status in [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::BAD_REQUEST, StatusCode::BAD_GATEWAY] {
        for good in [vec![], vec![SECRET]] {
            let lines = Lines::default();
            let _guard = tracing::subscriber::set_default(logging::log(&LevelFilter::TRACE, lines.clone()));
            let gateway = Arc::new(echoing_gateway(status).await);
            let answers = (0..20).map(|_| says(ANSWER)).collect();
            let router = Scene { gateway, tokens: These(good), settings: json!({"log_content": true}) }.router(answers);
            for request in requests_with_a_token() {
                send(&router, request).await;
            }
            let text = lines.text();
            assert!(text.lines().count() >= requests_with_a_token().len(), "{text}");
            let parts = SECRET.split('.').filter(|part| text.contains(part));
            assert_eq!(parts.collect::<Vec<_>>(), Vec::<&str>::new(), "{text}");
        }
    }
}

async fn log_of_a_turn(settings: Value) -> Lines {
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(logging::log(&LevelFilter::TRACE, lines.clone()));
    let scene = Scene { gateway: Arc::new(FixedGateway::default()), tokens: These(vec![TOKEN]), settings };
    let router = scene.router(vec![calls(&["aws___get_time"]), says(ANSWER)]);
    let body = json!({"message": QUESTION, "conversation_id": "chat_log"}).to_string();
    let (status, answer) = send(&router, request("POST", "/stream", &[("x-okta-token", TOKEN)], body)).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    lines
}

#[tokio::test]
async fn a_turn_is_told_by_its_identifiers_and_counts_without_its_content() {
    let lines = log_of_a_turn(json!({})).await;
    let text = lines.text();
    for content in [QUESTION, ANSWER, "12:00"] {
        assert!(!text.contains(content), "{content}: {text}");
    }
    let documents = lines.documents();
    let find =
        |message: &str| documents.iter().find(|line| line["message"] == message).unwrap_or_else(|| panic!("{text}"));
    let (turn, tool) = (find("turn ended"), find("tool called"));
    for line in [turn, tool] {
        assert_eq!((&line["conversation_id"], &line["request_id"]), (&json!("chat_log"), &json!("r-1")), "{line}");
        assert!(line["duration_ms"].is_number(), "{line}");
    }
    assert_eq!((&turn["rounds"], &turn["output_tokens"]), (&json!(2), &json!(10)));
    assert_eq!((&tool["tool"], &tool["success"]), (&json!("aws___get_time"), &json!(true)));
}

#[tokio::test]
async fn content_is_logged_where_an_environment_asks_for_it() {
    let text = log_of_a_turn(json!({"log_content": true})).await.text();
    for content in [QUESTION, ANSWER] {
        assert!(text.contains(content), "{content}: {text}");
    }
}
