//! AgentCore's types and ours, both ways.

pub mod authorizer;
pub mod tool_schema;
