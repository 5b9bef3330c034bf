//! Messages of the agent's HTTP API. Field names are those of the original.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::ErrorDetail;

/// Header that carries the user's token to the agent. `Authorization` is taken
/// by SigV4; a client signs this header like any other.
pub const TOKEN_HEADER: &str = "x-okta-token";

/// `Accept` value that asks for typed events instead of plain text.
pub const EVENT_STREAM: &str = "text/event-stream";

/// Body of `POST /`, `/stream` and `/chat`.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ChatRequest {
    /// The user's question; required and not empty.
    pub message: String,
    /// Made up by the agent when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<String>,
    /// 0.0 to 1.0; default 0.7. Sent only to models that take it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f32>,
    /// 1 to 8192; default 4000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<i32>,
    /// Default true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_tools: Option<bool>,
    /// The user's access token, when it is not in [`TOKEN_HEADER`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub okta_token: Option<String>,
    /// Accepted only when it equals the configured gateway URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bedrock_agentcore_gateway_url: Option<String>,
}

/// Leaves the token out.
impl std::fmt::Debug for ChatRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChatRequest")
            .field("conversation_id", &self.conversation_id)
            .field("message_bytes", &self.message.len())
            .field("use_tools", &self.use_tools)
            .field("okta_token", &self.okta_token.as_ref().map(|_| "<redacted>"))
            .finish_non_exhaustive()
    }
}

/// One server-sent event of a streamed answer: `event: <type>`, `data: <JSON>`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ChatEvent {
    /// Comes first.
    Started {
        conversation_id: String,
    },
    /// A piece of the answer.
    Text {
        text: String,
    },
    ToolStarted {
        id: String,
        name: String,
        input: Value,
    },
    ToolFinished {
        id: String,
        name: String,
        success: bool,
        duration_ms: u64,
        bytes: usize,
    },
    Usage {
        input_tokens: u64,
        output_tokens: u64,
    },
    /// The answer is cut short; what was streamed before it stands.
    Error {
        error: ErrorDetail,
    },
    /// Comes last when the answer is whole.
    Done {
        conversation_id: String,
        stop_reason: String,
        tools_used: Vec<String>,
    },
}

impl ChatEvent {
    /// The event's name in the stream.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Started { .. } => "started",
            Self::Text { .. } => "text",
            Self::ToolStarted { .. } => "tool_started",
            Self::ToolFinished { .. } => "tool_finished",
            Self::Usage { .. } => "usage",
            Self::Error { .. } => "error",
            Self::Done { .. } => "done",
        }
    }
}

/// Answer of `POST /chat`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChatAnswer {
    pub conversation_id: String,
    pub response: String,
    pub tools_used: Vec<String>,
    pub stop_reason: String,
}

/// Answer of `GET /health`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Health {
    pub status: String,
    pub version: String,
    pub model: String,
    pub mcp_ready: bool,
    pub dynamodb_table: String,
    pub conversation_manager_ready: bool,
    pub mcp_tools_cache: ToolsCache,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolsCache {
    /// `empty` or `ready`.
    pub status: String,
    pub tools_count: usize,
    /// RFC 3339, null before the first refresh.
    pub last_refresh: Option<String>,
}

/// Answer of `GET /api/conversations`, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conversations {
    pub conversations: Vec<ConversationSummary>,
    pub count: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConversationSummary {
    pub conversation_id: String,
    /// RFC 3339.
    pub updated_at: String,
    pub message_count: usize,
}

/// Answer of `GET /api/conversations/{id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConversationHistory {
    pub conversation_id: String,
    pub history: Vec<HistoryMessage>,
    pub metadata: Value,
    pub message_count: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HistoryMessage {
    /// `user` or `assistant`.
    pub role: String,
    pub content: String,
    /// RFC 3339.
    pub timestamp: String,
}

/// Answer of the calls that delete or clear.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deleted {
    pub message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_count: Option<usize>,
}

/// Answer of `POST /api/tools/fetch`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolList {
    pub tools: Vec<ListedTool>,
    pub count: usize,
    pub message: String,
}

/// A tool as MCP lists it; `name` is the full name, `<target>___<tool>`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ListedTool {
    pub name: String,
    pub description: String,
    #[serde(rename = "inputSchema")]
    pub input_schema: Value,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_not_in_debug_output() {
        let request = ChatRequest { okta_token: Some("eyJsecret".into()), ..Default::default() };
        assert!(!format!("{request:?}").contains("eyJsecret"));
    }

    #[test]
    fn event_name_equals_its_serialized_type() {
        let event = ChatEvent::Text { text: "hi".into() };
        assert_eq!(serde_json::to_value(&event).unwrap()["type"], event.name());
    }
}
