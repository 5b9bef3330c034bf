//! The local stand-in for what the emulator lacks, in front of the emulator.
//!
//! One loopback address answers for AWS: AgentCore gateways, Lambda invocations
//! and function URLs, Bedrock's Converse and an OIDC issuer here, everything
//! else from MiniStack behind it.

pub mod agentcore;
pub mod backend;
pub mod bedrock;
mod event_stream;
pub mod front;
pub mod identity;
pub mod issuer;
pub mod lambda;
mod rest_error;
mod stacks;
pub mod state_file;
