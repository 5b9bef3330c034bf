//! Messages between user, model and tools, in the form of Bedrock's Converse
//! API. Serialized they are Converse's own JSON.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Stands as the result of a call that the user said no to, or passed over.
pub const DECLINED: &str = "the user declined this call";

/// Who speaks. Tool results are the user's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    User,
    Assistant,
}

/// One message; the roles of a conversation alternate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    pub role: Role,
    pub content: Vec<Block>,
}

/// A piece of a message. Its JSON is an object with one member, `{"text": "..."}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Block {
    Text(String),
    ToolUse(ToolUse),
    ToolResult(ToolResult),
    ReasoningContent(Reasoning),
}

/// The model wants a tool to be called.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolUse {
    pub tool_use_id: String,
    pub name: String,
    /// Always an object.
    pub input: Value,
}

/// What came of the call with the same id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolResult {
    pub tool_use_id: String,
    pub content: Vec<ResultContent>,
    pub status: ToolStatus,
}

/// A piece of a result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ResultContent {
    Text(String),
}

/// Whether the tool did what it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ToolStatus {
    Success,
    Error,
}

/// What the model thought. It goes back unchanged while its tools run and is not stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Reasoning {
    ReasoningText { text: String, signature: Option<String> },
    RedactedContent(Vec<u8>),
}

impl Message {
    pub fn user(text: impl Into<String>) -> Self {
        Self { role: Role::User, content: vec![Block::Text(text.into())] }
    }

    pub fn assistant(text: impl Into<String>) -> Self {
        Self { role: Role::Assistant, content: vec![Block::Text(text.into())] }
    }

    /// The message's text blocks, a blank line between them.
    pub fn text(&self) -> String {
        let texts = self.content.iter().filter_map(|block| match block {
            Block::Text(text) => Some(text.as_str()),
            _ => None,
        });
        texts.collect::<Vec<_>>().join("\n\n")
    }

    /// The calls that it asks for, in their order.
    pub fn tool_uses(&self) -> impl Iterator<Item = &ToolUse> {
        self.content.iter().filter_map(|block| if let Block::ToolUse(tool) = block { Some(tool) } else { None })
    }

    /// The results that it brings.
    pub fn tool_results(&self) -> impl Iterator<Item = &ToolResult> {
        self.content.iter().filter_map(|block| if let Block::ToolResult(result) = block { Some(result) } else { None })
    }
}

impl ToolResult {
    pub fn new(tool_use_id: impl Into<String>, status: ToolStatus, text: impl Into<String>) -> Self {
        Self { tool_use_id: tool_use_id.into(), content: vec![ResultContent::Text(text.into())], status }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn messages_have_the_json_of_converse() {
        let message = Message {
            role: Role::Assistant,
            content: vec![
                Block::Text("hi".into()),
                Block::ToolUse(ToolUse { tool_use_id: "t1".into(), name: "aws___get_time".into(), input: json!({}) }),
            ],
        };
        let expected = json!({"role": "assistant", "content": [
            {"text": "hi"},
            {"toolUse": {"toolUseId": "t1", "name": "aws___get_time", "input": {}}},
        ]});
        assert_eq!(serde_json::to_value(&message).unwrap(), expected);
        assert_eq!(serde_json::from_value::<Message>(expected).unwrap(), message);
    }

    #[test]
    fn tool_results_have_the_json_of_converse() {
        let block = Block::ToolResult(ToolResult::new("t1", ToolStatus::Error, "no such bucket"));
        let expected =
            json!({"toolResult": {"toolUseId": "t1", "content": [{"text": "no such bucket"}], "status": "error"}});
        assert_eq!(serde_json::to_value(&block).unwrap(), expected);
    }
}
