//! Amazon Bedrock AgentCore Gateway: control plane and MCP data plane.
//!
//! Follows the service model `bedrock-agentcore-control` and the developer
//! guide for gateways of type CUSTOM_JWT, AWS_IAM and NONE with Lambda targets
//! whose schema is inline. What is not built is refused, never ignored.

mod arguments;
mod authorizer;
mod control;
mod data;
mod fault;
#[cfg(test)]
mod fixture;
mod gateway_input;
mod gateways;
mod invoker;
mod issuer_keys;
mod json_rpc;
mod mcp;
mod model;
mod paging;
mod permissions;
mod service;
mod stateless;
mod store;
mod tags;
mod target_input;
mod targets;
mod token;
mod tool_calls;
#[cfg(test)]
mod version_tests;

pub use invoker::{InvokeFailure, ToolInvocation, ToolInvoker};
pub use service::{AgentCore, AgentCoreOptions};
