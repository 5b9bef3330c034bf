//! The gateway: a port for one user's tools, and MCP over HTTP behind it.

mod fault;
mod listing;
mod mcp;
mod port;

pub use listing::ToolListing;
pub use mcp::McpGateway;
pub use port::{Gateway, GatewayFuture, ToolOutput, ToolSession};
