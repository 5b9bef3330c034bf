//! The model: a port for one streamed answer, and Bedrock behind it.

mod bedrock;
#[cfg(test)]
mod bedrock_server;
mod caching;
mod document;
mod event;
mod origin;
mod port;
mod prompt;
mod refusal;
mod request;
mod sampling;
mod stable_order;
mod stream;
mod translation;

pub use bedrock::{BedrockConfiguration, BedrockModel};
pub use event::{ModelEvent, StopReason, Usage};
pub use port::{Model, ModelAnswer, ModelRequest, ModelStream, ToolDefinition};
pub use prompt::{Tooling, system_prompt};
