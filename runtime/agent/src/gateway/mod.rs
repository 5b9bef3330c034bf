//! The gateway: a port for one user's tools, and MCP over HTTP behind it.

mod attempts;
mod cache;
mod fault;
mod handshake;
mod mcp;
#[cfg(test)]
mod mcp_server;
mod output;
mod port;
mod session;

pub use cache::{KeptTools, ToolCache};
pub use mcp::{GatewayConfiguration, McpGateway};
pub use port::{Gateway, GatewayFuture, ToolOutput, ToolSession};
