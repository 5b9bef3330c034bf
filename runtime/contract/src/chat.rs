//! Messages of the agent's HTTP API. Field names are those of the original.

mod event;

use std::ops::RangeInclusive;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use event::ChatEvent;

/// Header that carries the user's token to the agent. `Authorization` is taken
/// by SigV4; a client signs this header like any other.
pub const TOKEN_HEADER: &str = "x-okta-token";

/// Header of every answer: the id under which the agent's log tells of the request. For a streamed or failed
/// answer it is the one to give to whoever looks into it; bodies hold no id.
pub const REQUEST_ID_HEADER: &str = "x-request-id";

/// Header of a streamed answer: the conversation's id, before its first byte.
pub const CONVERSATION_HEADER: &str = "x-conversation-id";

/// What the id of a conversation looks like, as a regular expression; [`is_conversation_id`] says the same.
const CONVERSATION_ID: &str = r"^[A-Za-z0-9_.:-]{1,128}$";

/// Values of `temperature` and of `max_tokens`.
pub const TEMPERATURE: RangeInclusive<f32> = 0.0..=1.0;
pub const MAX_TOKENS: RangeInclusive<i32> = 1..=8_192;

/// Bytes of a message; it must fit a stored turn beside its answer.
pub const MESSAGE_LIMIT: usize = 100_000;

/// Approvals of one request, and bytes of the id of one (Bedrock API reference, ToolUseBlock: 64 characters).
pub const APPROVALS_LIMIT: usize = 64;
pub const APPROVAL_ID_LIMIT: usize = 64;

/// `Accept` value that asks for typed events instead of plain text.
pub const EVENT_STREAM: &str = "text/event-stream";

/// `stop_reason` of an answer that waits for the user's yes to tools.
pub const APPROVAL_REQUIRED: &str = "approval_required";

/// Whether the agent takes this text as the id of a conversation: 1 to 128 of `[A-Za-z0-9_.:-]`.
pub fn is_conversation_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte);
    (1..=128).contains(&text.len()) && text.bytes().all(allowed)
}

/// Body of `POST /`, `/stream` and `/chat`.
///
/// It holds a `message` or `approvals`.
#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields, extend("oneOf" = [{"required": ["message"]}, {"required": ["approvals"]}]))]
pub struct ChatRequest {
    /// The user's question; required and not empty, unless there are `approvals`. At most 100,000 bytes of UTF-8.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = MESSAGE_LIMIT), regex(pattern = r"\S"))]
    pub message: String,
    /// Made up by the agent when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = CONVERSATION_ID))]
    pub conversation_id: Option<String>,
    /// 0.0 to 1.0; default 0.7. Sent only to models that take it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = *TEMPERATURE.start(), max = *TEMPERATURE.end()))]
    pub temperature: Option<f32>,
    /// 1 to 8192; default 4000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = *MAX_TOKENS.start(), max = *MAX_TOKENS.end()))]
    pub max_tokens: Option<i32>,
    /// Default true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_tools: Option<bool>,
    /// The user's access token, when it is not in the header `x-okta-token`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub okta_token: Option<String>,
    /// Accepted only when it equals the configured gateway URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bedrock_agentcore_gateway_url: Option<String>,
    /// The user's word on the tool calls that the conversation's last answer waits for. With them there is
    /// no `message`; a call that is not named is declined. A message instead declines them all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1, max = APPROVALS_LIMIT))]
    pub approvals: Vec<Approval>,
}

/// Yes or no to one tool call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Approval {
    /// As in the event `approval_required`.
    #[schemars(length(min = 1, max = APPROVAL_ID_LIMIT))]
    pub id: String,
    pub approved: bool,
}

/// A tool call that waits for the user's yes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PendingCall {
    pub id: String,
    pub name: String,
    pub input: Value,
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

/// Answer of `POST /chat`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChatAnswer {
    pub conversation_id: String,
    pub response: String,
    pub tools_used: Vec<String>,
    pub stop_reason: String,
    /// Calls that wait for the user's yes, when that is the stop reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvals_required: Vec<PendingCall>,
}

/// Answer of `GET /health`: what an answer needs, part by part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Health {
    /// `healthy`, or `degraded` when a part is not ready.
    #[schemars(extend("enum" = ["healthy", "degraded"]))]
    pub status: String,
    pub version: String,
    /// The model that is asked first.
    pub model: String,
    /// Whether the gateway answers.
    pub mcp_ready: bool,
    pub dynamodb_table: String,
    /// Whether the conversation table can be written to.
    pub conversation_manager_ready: bool,
    pub mcp_tools_cache: ToolsCache,
}

/// The list of tools that the answering process keeps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ToolsCache {
    /// `empty` or `ready`.
    #[schemars(extend("enum" = ["empty", "ready"]))]
    pub status: String,
    pub tools_count: usize,
    /// RFC 3339, null before the first refresh.
    pub last_refresh: Option<String>,
}

/// Answer of `GET /api/conversations?limit=&cursor=`, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Conversations {
    pub conversations: Vec<ConversationSummary>,
    /// Of this page.
    pub count: usize,
    /// Asks for the next page as `cursor`; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A conversation as a list shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConversationSummary {
    pub conversation_id: String,
    /// RFC 3339.
    pub updated_at: String,
    pub message_count: usize,
    /// The beginning of the first question; absent while there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// Answer of `GET /api/conversations/{id}?limit=&before=`: the latest messages, oldest first, in whole turns
/// of a question and its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConversationHistory {
    pub conversation_id: String,
    pub history: Vec<HistoryMessage>,
    /// `created_at`, `updated_at` and `expires_at` in RFC 3339; more may come.
    pub metadata: Value,
    /// Messages of the whole conversation.
    pub message_count: usize,
    /// Asks for the messages before these as `before`; absent when these are the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<u64>,
    /// Calls of the last answer that wait for the user's yes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvals_required: Vec<PendingCall>,
}

/// What was said, without tool results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HistoryMessage {
    /// `user` or `assistant`.
    #[schemars(extend("enum" = ["user", "assistant"]))]
    pub role: String,
    pub content: String,
    /// RFC 3339.
    pub timestamp: String,
    /// Tools that ran for an answer, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<HistoryTool>,
}

/// A tool call as a reader sees it later.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HistoryTool {
    pub name: String,
    pub input: Value,
    pub success: bool,
}

/// Answer of the calls that delete or clear.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Deleted {
    /// For people; says how many remain when not all could be deleted.
    pub message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_count: Option<usize>,
}

/// Body of `POST /api/tools/fetch`; it may be left out when the token is in the header
/// `x-okta-token`.
#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub struct ToolsRequest {
    /// The user's access token, when it is not in the header `x-okta-token`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub okta_token: Option<String>,
    /// Accepted only when it equals the configured gateway URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bedrock_agentcore_gateway_url: Option<String>,
}

/// Answer of `POST /api/tools/fetch`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ToolList {
    pub tools: Vec<ListedTool>,
    pub count: usize,
    pub message: String,
}

/// A tool as MCP lists it; `name` is the full name, `<target>___<tool>`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
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
}
