//! The port: messages and tools in, a stream of events out.

use futures::future::BoxFuture;
use futures::stream::BoxStream;
use serde_json::Value;

use super::ModelEvent;
use crate::failure::Failure;
use crate::message::Message;

/// A model that answers as a stream.
pub trait Model: Send + Sync {
    /// Asks for one answer. Errors before the stream starts come from the future, later ones from the stream.
    fn converse(&self, request: ModelRequest) -> ModelAnswer;
}

/// An answer that is on its way; it fails when no model begins one.
pub type ModelAnswer = BoxFuture<'static, Result<ModelStream, Failure>>;

/// An answer as it comes; it ends after an error.
pub type ModelStream = BoxStream<'static, Result<ModelEvent, Failure>>;

/// One question to the model with everything it may know.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelRequest {
    /// The same for every request of its kind, so that Bedrock can keep it.
    pub system: String,
    /// What was said before `messages`, in a few words; told to the model after `system`.
    pub summary: Option<String>,
    /// Alternating roles, the user's first and last.
    pub messages: Vec<Message>,
    pub tools: Vec<ToolDefinition>,
    /// 0.0 to 1.0. Sent only to models that take it.
    pub temperature: f32,
    pub max_tokens: i32,
}

/// A tool as the model sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolDefinition {
    /// Matches `[a-zA-Z0-9_-]{1,64}` (Bedrock API reference, ToolSpecification).
    pub name: String,
    /// At least one character.
    pub description: String,
    pub input_schema: Value,
}
