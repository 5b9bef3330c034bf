//! The gateway port over MCP (streamable HTTP) with the user's own token.

use std::collections::HashMap;
use std::time::Duration;

use contract::chat::ListedTool;
use futures::FutureExt;
use futures::future::BoxFuture;
use reqwest::header::{HeaderName, HeaderValue};
use rmcp::model::Tool;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use serde_json::Value;
use tokio::time::timeout;
use url::Url;

use super::attempts::Attempts;
use super::handshake::{Connection, Handshake};
use super::session::McpSession;
use super::{Gateway, GatewayFuture, KeptTools, ToolSession, fault};
use crate::failure::Failure;
use crate::http_client;
use crate::telemetry::TraceContext;
use crate::token::Token;

/// Handshake and listing; each is one or a few quick requests, attempts included.
const CONNECT_DEADLINE: Duration = Duration::from_secs(15);
const LIST_DEADLINE: Duration = Duration::from_secs(20);
const REACH_DEADLINE: Duration = Duration::from_secs(3);
/// For a TCP connection and its TLS handshake.
const TCP_DEADLINE: Duration = Duration::from_secs(5);

/// Bytes of one answer. A Lambda target answers with 6 MB at most (AgentCore quotas), which is a
/// little more as JSON in JSON; whatever is larger is refused before it fills the memory.
pub(super) const LARGEST_ANSWER: usize = 12 * 1024 * 1024;
/// Bytes of an answer that says what went wrong.
const LARGEST_ERROR: usize = 16 * 1024;

pub(super) type Transport = StreamableHttpClientTransport<reqwest::Client>;

/// Where the gateway is, and how long it is tried.
#[derive(Debug, Clone, PartialEq)]
pub struct GatewayConfiguration {
    pub url: Url,
    /// Attempts at one request; at least 1.
    pub attempts: u32,
    /// For one tool call, attempts included.
    pub call_deadline: Duration,
}

/// An AgentCore gateway at one address.
pub struct McpGateway {
    configuration: GatewayConfiguration,
    http: reqwest::Client,
    handshake: Handshake,
}

impl McpGateway {
    pub fn new(configuration: GatewayConfiguration) -> Result<Self, Failure> {
        let http = http_client::for_server(&configuration.url).connect_timeout(TCP_DEADLINE).build();
        let http =
            http.map_err(|error| Failure::internal(format!("build the HTTP client for the gateway: {error}")))?;
        Ok(Self { configuration, http, handshake: Handshake::default() })
    }

    async fn open(
        &self,
        token: &Token,
        trace: &TraceContext,
        kept: Option<KeptTools>,
    ) -> Result<Box<dyn ToolSession>, Failure> {
        let connection = self.connection(token, trace).await?;
        // The MCP client learns from a listing which arguments go into headers of their own. AgentCore's
        // tool schemas cannot ask for that (CreateGatewayTarget, SchemaDefinition), so kept tools lose nothing.
        let tools = match kept {
            Some(tools) => tools,
            None => self.list(&connection).await?,
        };
        let attempts = Attempts(self.configuration.attempts);
        Ok(Box::new(McpSession { connection, tools, attempts, deadline: self.configuration.call_deadline }))
    }

    async fn connection(&self, token: &Token, trace: &TraceContext) -> Result<Connection, Failure> {
        let attempts = Attempts(self.configuration.attempts);
        let opened = self.handshake.open(attempts, || self.transport(token, trace));
        timeout(CONNECT_DEADLINE, opened).await.map_err(|_| fault::timeout("connect to the gateway"))?
    }

    /// All tools, page by page. A page that fails fails the list.
    async fn list(&self, connection: &Connection) -> Result<KeptTools, Failure> {
        let doing = "list the gateway's tools";
        let listed = Attempts(self.configuration.attempts)
            .run(|| async { connection.list_all_tools().await.map_err(|error| fault::of_request(doing, &error)) });
        let tools = timeout(LIST_DEADLINE, listed).await.map_err(|_| fault::timeout(doing))??;
        Ok(tools.into_iter().map(shown).collect())
    }

    fn transport(&self, token: &Token, trace: &TraceContext) -> Transport {
        let configuration = StreamableHttpClientTransportConfig::with_uri(self.configuration.url.as_str())
            .auth_header(token.expose())
            .custom_headers(headers(trace))
            .max_json_response_size(LARGEST_ANSWER)
            .max_sse_event_size(LARGEST_ANSWER)
            .max_error_response_size(LARGEST_ERROR);
        StreamableHttpClientTransport::with_client(self.http.clone(), configuration)
    }

    async fn probe(&self) -> bool {
        let answer = self.http.get(self.configuration.url.clone()).timeout(REACH_DEADLINE).send().await;
        answer.is_ok_and(|answer| !answer.status().is_server_error())
    }
}

impl Gateway for McpGateway {
    fn connect<'a>(
        &'a self,
        token: &'a Token,
        trace: &'a TraceContext,
        kept: Option<KeptTools>,
    ) -> GatewayFuture<'a, Box<dyn ToolSession>> {
        self.open(token, trace, kept).boxed()
    }

    fn is_reachable(&self) -> BoxFuture<'_, bool> {
        self.probe().boxed()
    }
}

/// The trace's headers; one that HTTP cannot carry is left out.
fn headers(trace: &TraceContext) -> HashMap<HeaderName, HeaderValue> {
    let named = trace.headers().into_iter();
    named
        .filter_map(|(name, value)| Some((HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?)))
        .collect()
}

fn shown(tool: Tool) -> ListedTool {
    ListedTool {
        name: tool.name.into_owned(),
        description: tool.description.unwrap_or_default().into_owned(),
        input_schema: Value::Object((*tool.input_schema).clone()),
    }
}

#[cfg(test)]
#[path = "mcp_tests.rs"]
mod tests;
