//! The model: a port for one streamed answer, and Bedrock behind it.

mod bedrock;
mod document;
mod event;
mod port;
mod prompt;
mod refusal;
mod request;
mod sampling;

pub use bedrock::BedrockModel;
pub use event::{ModelEvent, StopReason};
pub use port::{Model, ModelAnswer, ModelRequest, ModelStream, ToolDefinition};
pub use prompt::{Tooling, system_prompt};
