//! Events of a streamed answer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::ErrorDetail;

/// One server-sent event of a streamed answer: `event: <type>`, `data: <JSON>`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
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
    /// The call runs only after the user's yes; `done` follows with the stop reason `approval_required`, and
    /// the next request brings `approvals`.
    ApprovalRequired {
        id: String,
        name: String,
        input: Value,
    },
    /// Tokens of the whole turn, once, before the end.
    Usage {
        input_tokens: u64,
        output_tokens: u64,
        /// Input tokens that Bedrock had kept, and those that it keeps now; not among `input_tokens`.
        #[serde(default)]
        cache_read_tokens: u64,
        #[serde(default)]
        cache_write_tokens: u64,
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
    /// The names of all kinds, for a reader that passes over those it does not know.
    pub const NAMES: [&str; 8] =
        ["started", "text", "tool_started", "tool_finished", "approval_required", "usage", "error", "done"];

    /// The event's name in the stream.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Started { .. } => "started",
            Self::Text { .. } => "text",
            Self::ToolStarted { .. } => "tool_started",
            Self::ToolFinished { .. } => "tool_finished",
            Self::ApprovalRequired { .. } => "approval_required",
            Self::Usage { .. } => "usage",
            Self::Error { .. } => "error",
            Self::Done { .. } => "done",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorBody;

    fn one_of_each() -> [ChatEvent; 8] {
        let id = || String::from("1");
        [
            ChatEvent::Started { conversation_id: id() },
            ChatEvent::Text { text: "t".into() },
            ChatEvent::ToolStarted { id: id(), name: "n".into(), input: Value::Null },
            ChatEvent::ToolFinished { id: id(), name: "n".into(), success: true, duration_ms: 1, bytes: 2 },
            ChatEvent::ApprovalRequired { id: id(), name: "n".into(), input: Value::Null },
            ChatEvent::Usage { input_tokens: 1, output_tokens: 2, cache_read_tokens: 3, cache_write_tokens: 4 },
            ChatEvent::Error { error: ErrorBody::new("a/b", "c").error },
            ChatEvent::Done { conversation_id: id(), stop_reason: "end_turn".into(), tools_used: vec![] },
        ]
    }

    #[test]
    fn the_names_are_the_types_that_events_are_written_with() {
        for event in one_of_each() {
            assert_eq!(serde_json::to_value(&event).unwrap()["type"], event.name());
            assert!(ChatEvent::NAMES.contains(&event.name()), "{}", event.name());
        }
    }

    #[test]
    fn no_kind_lacks_a_name() {
        let schema = schemars::schema_for!(ChatEvent);
        let kinds = schema.get("oneOf").and_then(Value::as_array).unwrap();
        let types: Vec<_> = kinds.iter().map(|kind| kind["properties"]["type"]["const"].as_str().unwrap()).collect();
        assert_eq!(types, ChatEvent::NAMES);
    }
}
