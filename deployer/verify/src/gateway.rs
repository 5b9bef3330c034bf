//! The gateway's part of the smoke test: list the tools, call one.

use std::collections::BTreeSet;
use std::time::Duration;

use contract::names::TARGET;
use deployer_core::Failure;
use rmcp::model::{CallToolRequestParams, ContentBlock};
use rmcp::service::RunningService;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{RoleClient, ServiceExt};
use tokio::time::timeout;

const DEADLINE: Duration = Duration::from_secs(30);

/// The tool that is called: it needs no argument and no permission.
const TOOL: &str = "get_time";

/// An MCP connection to the gateway.
pub struct Gateway {
    url: String,
    connection: RunningService<RoleClient, ()>,
}

impl Gateway {
    /// Errors: `smoke/gateway`.
    pub async fn connect(url: &str, token: &str) -> Result<Self, Failure> {
        let doing = format!("smoke test: connect to gateway {url}");
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| Failure::new("smoke/gateway", &doing, error))?;
        let configuration = StreamableHttpClientTransportConfig::with_uri(url).auth_header(token);
        let transport = StreamableHttpClientTransport::with_client(http, configuration);
        let connection = timeout(DEADLINE, ().serve(transport)).await.map_err(|_| late(&doing))?;
        let connection = connection.map_err(|error| {
            Failure::new("smoke/gateway", &doing, error)
                .with_hint("the gateway checks issuer, audience and clients: compare [issuer] with the token's claims")
        })?;
        Ok(Self { url: url.to_string(), connection })
    }

    /// The gateway offers exactly the catalogue's tools. Says how many.
    pub async fn lists_the_catalogue(&self) -> Result<String, Failure> {
        let doing = format!("smoke test: list the tools of gateway {}", self.url);
        let tools = timeout(DEADLINE, self.connection.list_all_tools()).await.map_err(|_| late(&doing))?;
        let tools = tools.map_err(|error| Failure::new("smoke/tool-list", &doing, error))?;
        let listed: BTreeSet<String> = tools.into_iter().map(|tool| tool.name.into_owned()).collect();
        let wanted: BTreeSet<String> = contract::catalogue().iter().map(|tool| tool.full_name(TARGET)).collect();
        if listed == wanted {
            return Ok(format!("{} tools", listed.len()));
        }
        let names = |set: BTreeSet<&String>| set.into_iter().cloned().collect::<Vec<_>>().join(", ");
        let cause = format!(
            "missing: [{}], unexpected: [{}]",
            names(wanted.difference(&listed).collect()),
            names(listed.difference(&wanted).collect())
        );
        Err(Failure::new("smoke/tool-list", doing, cause).with_hint("run `deployer up` again to update the target"))
    }

    /// One tool answers. Says what.
    pub async fn calls_a_tool(&self) -> Result<String, Failure> {
        let name = format!("{TARGET}{}{TOOL}", contract::tool_call::NAME_SEPARATOR);
        let doing = format!("smoke test: call {name} at gateway {}", self.url);
        let call = self.connection.call_tool(CallToolRequestParams::new(name));
        let result = timeout(DEADLINE, call).await.map_err(|_| late(&doing))?;
        let result = result.map_err(|error| Failure::new("smoke/tool-call", &doing, error))?;
        let text: String =
            result.content.iter().filter_map(ContentBlock::as_text).map(|text| text.text.as_str()).collect();
        let answer: Option<contract::tool_call::ToolAnswer> = serde_json::from_str(&text).ok();
        match answer {
            Some(answer) if answer.success && result.is_error != Some(true) => Ok(format!("{TOOL} answered")),
            _ => Err(Failure::new("smoke/tool-call", doing, text)
                .with_hint("the gateway role, the function's policy or the function itself: `deployer sandbox logs`, or its log group")),
        }
    }
}

fn late(doing: &str) -> Failure {
    Failure::new("smoke/gateway", doing, format!("no answer in {} seconds", DEADLINE.as_secs()))
        .with_hint("try `deployer up --smoke` again; if it stays so, look at the tool function's log")
}
