//! The local stand-in for what the emulator lacks, in front of the emulator.
//!
//! One loopback address answers for AWS: AgentCore gateways, Lambda invocations
//! and function URLs, Bedrock's Converse and an OIDC issuer here, everything
//! else from MiniStack behind it.

mod agentcore;
mod backend;
mod bedrock;
mod event_stream;
pub mod front;
mod identity;
mod issuer;
mod lambda;
mod rest_error;
mod stacks;
mod state_file;
