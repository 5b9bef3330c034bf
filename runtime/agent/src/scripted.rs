//! Stand-ins for the ports in tests: a model that follows a script, a gateway
//! with fixed tools, a caller.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use contract::chat::ListedTool;
use futures::future::{BoxFuture, pending, ready};
use futures::{FutureExt, StreamExt, stream};
use lambda_http::request::RequestContext;
use serde_json::{Map, Value, json};

use crate::configuration::Configuration;
use crate::failure::{Code, Failure};
use crate::gateway::{Gateway, GatewayFuture, KeptTools, ToolOutput, ToolSession};
use crate::model::{Model, ModelAnswer, ModelEvent, ModelRequest, StopReason, Usage};
use crate::telemetry::TraceContext;
use crate::token::Token;

/// The one token that [`FixedGateway`] takes.
pub const TOKEN: &str = "good.token";

/// The context of a function URL request that Lambda verified for this principal.
pub fn request_context(arn: &str) -> RequestContext {
    let context = json!({
        "accountId": "000000000000",
        "stage": "$default",
        "requestId": "r-1",
        "http": {"method": "POST", "path": "/", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "test"},
        "timeEpoch": 0,
        "authorizer": {"iam": {"accountId": "000000000000", "callerId": "A", "userArn": arn, "userId": "A"}},
    });
    serde_json::from_value(context).expect("a request context")
}

/// One answer of the script; without an end the stream hangs.
pub enum Scripted {
    Events(Vec<ModelEvent>),
    FailsAtOnce(Failure),
    BreaksOff(Vec<ModelEvent>, Failure),
    Hangs(Vec<ModelEvent>),
}

/// A model that gives its answers in order and remembers what it was asked.
#[derive(Default)]
pub struct ScriptedModel {
    answers: Mutex<VecDeque<Scripted>>,
    pub requests: Mutex<Vec<ModelRequest>>,
}

impl ScriptedModel {
    pub fn new(answers: impl IntoIterator<Item = Scripted>) -> Arc<Self> {
        Arc::new(Self { answers: Mutex::new(answers.into_iter().collect()), requests: Mutex::default() })
    }
}

impl Model for ScriptedModel {
    fn converse(&self, request: ModelRequest) -> ModelAnswer {
        self.requests.lock().unwrap().push(request);
        let answer = self.answers.lock().unwrap().pop_front().expect("the script has another answer");
        let events = match answer {
            Scripted::FailsAtOnce(failure) => return ready(Err(failure)).boxed(),
            Scripted::Events(events) => stream::iter(events).map(Ok).boxed(),
            Scripted::BreaksOff(events, failure) => {
                stream::iter(events).map(Ok).chain(stream::iter([Err(failure)])).boxed()
            }
            Scripted::Hangs(events) => stream::iter(events).map(Ok).chain(stream::pending()).boxed(),
        };
        ready(Ok(events)).boxed()
    }
}

pub fn says(text: &str) -> Scripted {
    Scripted::Events(vec![spoken(text), ModelEvent::Stopped(StopReason::EndTurn), used(10, 5)])
}

/// Asks for these tools at once, each with `{}`; their ids are `t0`, `t1` and so on.
pub fn calls(names: &[&str]) -> Scripted {
    let started = names.iter().enumerate().map(|(index, name)| ModelEvent::ToolStarted {
        block: index as i32 + 1,
        id: format!("t{index}"),
        name: (*name).to_owned(),
    });
    let end = [ModelEvent::Stopped(StopReason::ToolUse), used(10, 5)];
    Scripted::Events(started.chain(end).collect())
}

pub fn spoken(text: &str) -> ModelEvent {
    ModelEvent::Text { block: 0, text: text.into() }
}

fn used(input_tokens: u64, output_tokens: u64) -> ModelEvent {
    ModelEvent::Usage(Usage { input_tokens, output_tokens, ..Usage::default() })
}

/// A gateway with `aws___get_time`, which answers, and `aws___broken`, which fails.
#[derive(Default)]
pub struct FixedGateway {
    pub calls: Arc<Mutex<Vec<String>>>,
}

struct FixedSession {
    tools: Vec<ListedTool>,
    calls: Arc<Mutex<Vec<String>>>,
}

impl Gateway for FixedGateway {
    fn connect<'a>(
        &'a self,
        token: &'a Token,
        _: &'a TraceContext,
        _: Option<KeptTools>,
    ) -> GatewayFuture<'a, Box<dyn ToolSession>> {
        if token.expose() != TOKEN {
            return ready(Err(Failure::new(Code::GatewayUnauthorized, "connect to the gateway"))).boxed();
        }
        let listed = |name: &str| ListedTool {
            name: name.into(),
            description: "A tool.".into(),
            input_schema: json!({"type": "object"}),
        };
        let tools = vec![listed("aws___get_time"), listed("aws___broken")];
        let session: Box<dyn ToolSession> = Box::new(FixedSession { tools, calls: self.calls.clone() });
        ready(Ok(session)).boxed()
    }

    fn is_reachable(&self) -> BoxFuture<'_, bool> {
        ready(true).boxed()
    }
}

impl ToolSession for FixedSession {
    fn tools(&self) -> &[ListedTool] {
        &self.tools
    }

    fn call<'a>(&'a self, name: &'a str, _arguments: Map<String, Value>) -> GatewayFuture<'a, ToolOutput> {
        self.calls.lock().unwrap().push(name.to_owned());
        let output = match name {
            "aws___get_time" => Ok(ToolOutput { success: true, text: "12:00".into() }),
            _ => Err(Failure::new(Code::GatewayUnavailable, "call tool aws___broken: HTTP 500")),
        };
        ready(output).boxed()
    }
}

/// A session with one tool, `aws___read`, that always answers the same, or never.
pub struct OneTool {
    tools: Vec<ListedTool>,
    text: Option<String>,
    running: AtomicUsize,
    most: AtomicUsize,
}

impl OneTool {
    pub fn answering(text: &str) -> Self {
        Self { text: Some(text.into()), ..Self::hanging() }
    }

    pub fn hanging() -> Self {
        let input_schema = json!({"type": "object"});
        let tool = ListedTool { name: "aws___read".into(), description: "Reads.".into(), input_schema };
        Self { tools: vec![tool], text: None, running: AtomicUsize::new(0), most: AtomicUsize::new(0) }
    }

    /// Calls that ran at the same time, at most.
    pub fn most_at_once(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }

    async fn answer(&self) -> ToolOutput {
        let Some(text) = self.text.clone() else { return pending().await };
        self.most.fetch_max(self.running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        self.running.fetch_sub(1, Ordering::SeqCst);
        ToolOutput { success: true, text }
    }
}

impl ToolSession for OneTool {
    fn tools(&self) -> &[ListedTool] {
        &self.tools
    }

    fn call<'a>(&'a self, _: &'a str, _: Map<String, Value>) -> GatewayFuture<'a, ToolOutput> {
        self.answer().map(Ok).boxed()
    }
}

/// A whole configuration with these settings, JSON.
pub fn configuration(settings: &str) -> Configuration {
    let pairs = [
        ("BEDROCK_MODEL_ID", "scripted"),
        ("BEDROCK_REGION", "us-east-1"),
        ("DYNAMODB_TABLE_NAME", "conversations"),
        ("PROJECT_NAME", "aws-operations-agent"),
        ("ENVIRONMENT", "test"),
        ("CONVERSATION_TTL_MINUTES", "15"),
        ("GATEWAY_URL", "https://gateway.example/mcp"),
        ("LOG_LEVEL", "info"),
        ("AGENT_SETTINGS", settings),
    ];
    let variables = pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Configuration::from_variables(&variables).expect("a whole configuration")
}
