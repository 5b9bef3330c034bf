//! Events of a streamed answer: those of ConverseStream that matter here.

/// One event. `block` is the index of the content block it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub enum ModelEvent {
    Text {
        block: i32,
        text: String,
    },
    ToolStarted {
        block: i32,
        id: String,
        name: String,
    },
    /// A piece of the tool's input, JSON when put together.
    ToolInput {
        block: i32,
        fragment: String,
    },
    Reasoning {
        block: i32,
        text: String,
    },
    Signature {
        block: i32,
        signature: String,
    },
    Redacted {
        block: i32,
        bytes: Vec<u8>,
    },
    Stopped(StopReason),
    Usage {
        input_tokens: u64,
        output_tokens: u64,
    },
}

/// Why the model stopped (Bedrock API reference, MessageStopEvent).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StopReason {
    EndTurn,
    ToolUse,
    MaxTokens,
    StopSequence,
    GuardrailIntervened,
    ContentFiltered,
    MalformedModelOutput,
    MalformedToolUse,
    ContextWindowExceeded,
    Other(String),
}

impl StopReason {
    pub fn parse(text: &str) -> Self {
        match text {
            "end_turn" => Self::EndTurn,
            "tool_use" => Self::ToolUse,
            "max_tokens" => Self::MaxTokens,
            "stop_sequence" => Self::StopSequence,
            "guardrail_intervened" => Self::GuardrailIntervened,
            "content_filtered" => Self::ContentFiltered,
            "malformed_model_output" => Self::MalformedModelOutput,
            "malformed_tool_use" => Self::MalformedToolUse,
            "model_context_window_exceeded" => Self::ContextWindowExceeded,
            other => Self::Other(other.to_owned()),
        }
    }

    pub fn as_str(&self) -> &str {
        match self {
            Self::EndTurn => "end_turn",
            Self::ToolUse => "tool_use",
            Self::MaxTokens => "max_tokens",
            Self::StopSequence => "stop_sequence",
            Self::GuardrailIntervened => "guardrail_intervened",
            Self::ContentFiltered => "content_filtered",
            Self::MalformedModelOutput => "malformed_model_output",
            Self::MalformedToolUse => "malformed_tool_use",
            Self::ContextWindowExceeded => "model_context_window_exceeded",
            Self::Other(other) => other,
        }
    }
}
