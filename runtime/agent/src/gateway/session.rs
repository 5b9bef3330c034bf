//! One user's connection to the gateway.

use std::time::Duration;

use contract::chat::ListedTool;
use futures::FutureExt;
use rmcp::model::CallToolRequestParams;
use serde_json::{Map, Value};
use tokio::time::timeout;

use super::attempts::Attempts;
use super::handshake::Connection;
use super::output::output_of;
use super::{GatewayFuture, KeptTools, ToolOutput, ToolSession, fault};
use crate::failure::Failure;

/// One MCP connection. Dropping it closes it.
pub struct McpSession {
    pub connection: Connection,
    pub tools: KeptTools,
    pub attempts: Attempts,
    /// For one call, attempts included.
    pub deadline: Duration,
}

impl McpSession {
    async fn invoke(&self, name: &str, arguments: Map<String, Value>) -> Result<ToolOutput, Failure> {
        let doing = format!("call tool {name}");
        let request = CallToolRequestParams::new(name.to_owned()).with_arguments(arguments);
        let called = self.attempts.run(|| async {
            let result = self.connection.call_tool(request.clone()).await;
            result.map_err(|error| fault::of_request(&doing, &error))
        });
        let result = timeout(self.deadline, called).await.map_err(|_| fault::timeout(&doing))??;
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
