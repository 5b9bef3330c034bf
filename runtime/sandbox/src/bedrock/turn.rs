//! One turn of the assistant, whoever decided it: the planner or a script.

use serde_json::Value;

/// What the model would have said.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Turn {
    /// Thinking before the answer; none when empty.
    pub reasoning: String,
    pub text: String,
    pub calls: Vec<PlannedCall>,
    /// Bedrock's stop reason; None for the one that the calls imply.
    pub stop_reason: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct PlannedCall {
    pub tool: String,
    /// A JSON object; a text is what a model wrote that should have been one.
    pub input: Value,
}

impl PlannedCall {
    /// As it is streamed.
    pub fn input_text(&self) -> String {
        self.input.as_str().map_or_else(|| self.input.to_string(), str::to_owned)
    }
}

impl Turn {
    pub fn stop_reason(&self) -> &str {
        match &self.stop_reason {
            Some(reason) => reason,
            None if self.calls.is_empty() => "end_turn",
            None => "tool_use",
        }
    }

    /// Characters that the model wrote.
    pub fn written(&self) -> usize {
        let inputs: usize = self.calls.iter().map(|call| call.input_text().len()).sum();
        self.reasoning.len() + self.text.len() + inputs
    }
}
