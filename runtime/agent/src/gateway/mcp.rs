//! The gateway port over MCP (streamable HTTP) with the user's own token.

use std::time::Duration;

use contract::chat::ListedTool;
use futures::FutureExt;
use futures::future::BoxFuture;
use rmcp::model::{CallToolRequestParams, CallToolResult, ClientCapabilities, ContentBlock, Implementation};
use rmcp::model::{ClientConfig, Tool};
use rmcp::service::RunningService;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{RoleClient, ServiceExt};
use serde_json::{Map, Value};
use tokio::time::timeout;
use url::Url;

use super::{Gateway, GatewayFuture, ToolOutput, ToolSession, fault};
use crate::failure::Failure;
use crate::token::Token;

/// Handshake and listing; each is one or a few quick requests.
const CONNECT_DEADLINE: Duration = Duration::from_secs(15);
const LIST_DEADLINE: Duration = Duration::from_secs(20);
/// One tool call; the tool function may read many pages from AWS.
const CALL_DEADLINE: Duration = Duration::from_secs(120);
const REACH_DEADLINE: Duration = Duration::from_secs(3);

/// An AgentCore gateway at one address.
pub struct McpGateway {
    url: Url,
    http: reqwest::Client,
}

impl McpGateway {
    /// Follows no redirect: a token goes to the configured address and nowhere else.
    pub fn new(url: Url) -> Result<Self, Failure> {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(5))
            .build()
            .map_err(|error| Failure::internal(format!("build the HTTP client for the gateway: {error}")))?;
        Ok(Self { url, http })
    }

    async fn open(&self, token: &Token) -> Result<Box<dyn ToolSession>, Failure> {
        let configuration =
            StreamableHttpClientTransportConfig::with_uri(self.url.as_str()).auth_header(token.expose());
        let transport = StreamableHttpClientTransport::with_client(self.http.clone(), configuration);
        let connection = timeout(CONNECT_DEADLINE, client().serve(transport))
            .await
            .map_err(|_| fault::timeout("connect to the gateway"))?
            .map_err(|error| fault::of_connecting(&error))?;
        let doing = "list the gateway's tools";
        let tools = timeout(LIST_DEADLINE, connection.list_all_tools())
            .await
            .map_err(|_| fault::timeout(doing))?
            .map_err(|error| fault::of_request(doing, &error))?;
        Ok(Box::new(McpSession { connection, tools: tools.into_iter().map(listed).collect() }))
    }

    async fn probe(&self) -> bool {
        let answer = self.http.get(self.url.clone()).timeout(REACH_DEADLINE).send().await;
        answer.is_ok_and(|answer| !answer.status().is_server_error())
    }
}

impl Gateway for McpGateway {
    fn connect<'a>(&'a self, token: &'a Token) -> GatewayFuture<'a, Box<dyn ToolSession>> {
        self.open(token).boxed()
    }

    fn is_reachable(&self) -> BoxFuture<'_, bool> {
        self.probe().boxed()
    }
}

fn client() -> ClientConfig {
    ClientConfig::new(
        ClientCapabilities::default(),
        Implementation::new("aws-operations-agent", env!("CARGO_PKG_VERSION")),
    )
}

fn listed(tool: Tool) -> ListedTool {
    ListedTool {
        name: tool.name.into_owned(),
        description: tool.description.unwrap_or_default().into_owned(),
        input_schema: Value::Object((*tool.input_schema).clone()),
    }
}

/// One MCP connection. Dropping it closes it.
struct McpSession {
    connection: RunningService<RoleClient, ClientConfig>,
    tools: Vec<ListedTool>,
}

impl McpSession {
    async fn invoke(&self, name: &str, arguments: Map<String, Value>) -> Result<ToolOutput, Failure> {
        let doing = format!("call tool {name}");
        let request = CallToolRequestParams::new(name.to_owned()).with_arguments(arguments);
        let result = timeout(CALL_DEADLINE, self.connection.call_tool(request))
            .await
            .map_err(|_| fault::timeout(&doing))?
            .map_err(|error| fault::of_request(&doing, &error))?;
        Ok(output_of(result))
    }
}

impl ToolSession for McpSession {
    fn tools(&self) -> &[ListedTool] {
        &self.tools
    }

    fn call<'a>(&'a self, name: &'a str, arguments: Map<String, Value>) -> GatewayFuture<'a, ToolOutput> {
        self.invoke(name, arguments).boxed()
    }
}

/// The result's texts; structured content stands in when there are none.
fn output_of(result: CallToolResult) -> ToolOutput {
    let texts = result.content.iter().map(|block| match block {
        ContentBlock::Text(text) => text.text.clone(),
        _ => "(content that is not text was left out)".to_owned(),
    });
    let mut text = texts.collect::<Vec<_>>().join("\n");
    if let (true, Some(structured)) = (text.is_empty(), &result.structured_content) {
        text = structured.to_string();
    }
    ToolOutput { success: result.is_error != Some(true), text }
}

#[cfg(test)]
#[path = "mcp_tests.rs"]
mod tests;
