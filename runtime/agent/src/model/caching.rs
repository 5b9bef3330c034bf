//! Where a model lets Bedrock keep the beginning of a request.
//!
//! Source: Bedrock user guide, "Prompt caching for faster model inference", table
//! of supported models: Claude 3.5 Haiku, Claude 3.7 Sonnet and newer Claude models
//! in system, messages and tools; the text models of Amazon Nova in system and
//! messages. Every other model refuses a request that holds a cache point. A prefix
//! shorter than the model's minimum is sent on as if the point were not there.

use crate::message::{Block, Message};

/// Parts of the ids of Claude models that came before prompt caching.
const CLAUDE_WITHOUT: [&str; 6] =
    ["claude-instant", "claude-v2", "claude-3-opus", "claude-3-sonnet", "claude-3-haiku", "claude-3-5-sonnet"];

const NOVA_WITH: [&str; 5] = ["nova-micro", "nova-lite", "nova-pro", "nova-premier", "nova-2-lite"];

/// Where cache points may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CachePoints {
    Nowhere,
    /// After the system prompt and after text in messages.
    SystemAndMessages,
    /// After the tools too.
    Everywhere,
}

impl CachePoints {
    /// What this model or inference profile takes. An id that names no model gets none.
    pub fn of(model: &str) -> Self {
        let is_one_of = |parts: &[&str]| parts.iter().any(|part| model.contains(part));
        if model.contains("claude") && !is_one_of(&CLAUDE_WITHOUT) {
            return Self::Everywhere;
        }
        if is_one_of(&NOVA_WITH) { Self::SystemAndMessages } else { Self::Nowhere }
    }

    pub fn after_system(self) -> bool {
        self != Self::Nowhere
    }

    pub fn after_tools(self) -> bool {
        self == Self::Everywhere
    }

    /// Whether a point may follow the last of these messages. Claude's messages must not
    /// hold reasoning ("Cache point cannot be inserted after reasoning block"), and Nova
    /// takes a point after text only, not after a tool's result.
    pub fn after_messages(self, messages: &[Message]) -> bool {
        match self {
            Self::Nowhere => false,
            Self::SystemAndMessages => matches!(last_block(messages), Some(Block::Text(_))),
            Self::Everywhere => !messages.iter().any(holds_reasoning),
        }
    }
}

fn last_block(messages: &[Message]) -> Option<&Block> {
    messages.last()?.content.last()
}

fn holds_reasoning(message: &Message) -> bool {
    message.content.iter().any(|block| matches!(block, Block::ReasoningContent(_)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Reasoning, Role, ToolResult, ToolStatus};

    fn with(block: Block) -> [Message; 2] {
        [Message::user("hi"), Message { role: Role::User, content: vec![block] }]
    }

    fn result() -> Block {
        Block::ToolResult(ToolResult::new("t1", ToolStatus::Success, "12:00"))
    }

    #[test]
    fn claude_from_three_five_haiku_on_takes_points_everywhere() {
        for model in [
            "us.anthropic.claude-sonnet-4-6",
            "us.anthropic.claude-3-7-sonnet-20250219-v1:0",
            "anthropic.claude-3-5-haiku-20241022-v1:0",
            "global.anthropic.claude-opus-5",
        ] {
            assert_eq!(CachePoints::of(model), CachePoints::Everywhere, "{model}");
        }
    }

    #[test]
    fn nova_takes_none_after_tools() {
        for model in ["us.amazon.nova-pro-v1:0", "us.amazon.nova-2-lite-v1:0"] {
            assert_eq!(CachePoints::of(model), CachePoints::SystemAndMessages, "{model}");
            assert!(!CachePoints::of(model).after_tools());
        }
    }

    #[test]
    fn older_claude_and_other_vendors_take_none() {
        for model in [
            "anthropic.claude-3-5-sonnet-20241022-v2:0",
            "anthropic.claude-3-haiku-20240307-v1:0",
            "us.meta.llama3-3-70b-instruct-v1:0",
            "arn:aws:bedrock:us-east-1:000000000000:application-inference-profile/abc",
        ] {
            assert_eq!(CachePoints::of(model), CachePoints::Nowhere, "{model}");
        }
    }

    #[test]
    fn a_point_follows_a_tools_result_for_claude_only() {
        assert!(CachePoints::Everywhere.after_messages(&with(result())));
        assert!(!CachePoints::SystemAndMessages.after_messages(&with(result())));
        assert!(CachePoints::SystemAndMessages.after_messages(&with(Block::Text("hi".into()))));
    }

    #[test]
    fn no_point_follows_messages_with_reasoning() {
        let thought = Reasoning::ReasoningText { text: "hm".into(), signature: None };
        assert!(!CachePoints::Everywhere.after_messages(&with(Block::ReasoningContent(thought))));
    }
}
