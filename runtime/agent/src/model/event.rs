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
    /// The whole signature so far, in place of an earlier one of the block. Whoever gets it sends it
    /// back as it is: it is the model's own signature with the name of its model.
    Signature {
        block: i32,
        signature: String,
    },
    /// The next piece of a thought that only its model can read. It goes back as it is, too.
    Redacted {
        block: i32,
        bytes: Vec<u8>,
    },
    Stopped(StopReason),
    Usage(Usage),
}

/// Tokens of an answer, or of a turn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Without those that Bedrock had kept or keeps now.
    pub input_tokens: u64,
    pub output_tokens: u64,
    pub cache_read_tokens: u64,
    pub cache_write_tokens: u64,
}

impl std::ops::AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.input_tokens += other.input_tokens;
        self.output_tokens += other.output_tokens;
        self.cache_read_tokens += other.cache_read_tokens;
        self.cache_write_tokens += other.cache_write_tokens;
    }
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
