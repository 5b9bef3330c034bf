//! Puts one streamed message together from its events.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::message::{Block, Reasoning, ToolUse};
use crate::model::ModelEvent;

/// A tool the model asked for. Arguments that are no JSON object are a fault
/// that goes back to the model.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolCall {
    pub id: String,
    pub name: String,
    pub arguments: Result<Map<String, Value>, String>,
}

/// The blocks of a message that is being received, by index.
#[derive(Debug, Default)]
pub struct Assembly(BTreeMap<i32, Draft>);

#[derive(Debug)]
enum Draft {
    Text(String),
    Tool { id: String, name: String, input: String },
    Thought { text: String, signature: Option<String> },
    Redacted(Vec<u8>),
}

impl Assembly {
    /// Adds an event; those that belong to no block change nothing.
    pub fn add(&mut self, event: &ModelEvent) {
        match event {
            ModelEvent::ToolStarted { block, id, name } => {
                self.0.insert(*block, Draft::Tool { id: id.clone(), name: name.clone(), input: String::new() });
            }
            ModelEvent::ToolInput { block, fragment } => {
                if let Some(Draft::Tool { input, .. }) = self.0.get_mut(block) {
                    input.push_str(fragment);
                }
            }
            ModelEvent::Text { block, text } => {
                if let Draft::Text(so_far) = self.0.entry(*block).or_insert_with(|| Draft::Text(String::new())) {
                    so_far.push_str(text);
                }
            }
            ModelEvent::Reasoning { block, text } => self.thought(*block, |so_far, _| so_far.push_str(text)),
            ModelEvent::Signature { block, signature } => {
                self.thought(*block, |_, signed| *signed = Some(signature.clone()));
            }
            ModelEvent::Redacted { block, bytes } => {
                if let Draft::Redacted(so_far) = self.0.entry(*block).or_insert_with(|| Draft::Redacted(Vec::new())) {
                    so_far.extend(bytes);
                }
            }
            ModelEvent::Stopped(_) | ModelEvent::Usage { .. } => {}
        }
    }

    fn thought(&mut self, block: i32, change: impl FnOnce(&mut String, &mut Option<String>)) {
        let draft = self.0.entry(block).or_insert_with(|| Draft::Thought { text: String::new(), signature: None });
        if let Draft::Thought { text, signature } = draft {
            change(text, signature);
        }
    }

    /// The tools that the message asks for, in its order.
    pub fn calls(&self) -> Vec<ToolCall> {
        let calls = self.0.values().filter_map(|draft| match draft {
            Draft::Tool { id, name, input } => {
                Some(ToolCall { id: id.clone(), name: name.clone(), arguments: arguments(input) })
            }
            _ => None,
        });
        calls.collect()
    }

    /// All blocks of a whole message. Empty texts are left out: Converse refuses them.
    pub fn blocks(&self) -> Vec<Block> {
        self.0.values().filter_map(Draft::block).collect()
    }

    /// The texts alone: what stands of a message that broke off.
    pub fn texts(&self) -> Vec<Block> {
        self.blocks().into_iter().filter(|block| matches!(block, Block::Text(_))).collect()
    }
}

impl Draft {
    fn block(&self) -> Option<Block> {
        match self {
            Self::Text(text) => (!text.trim().is_empty()).then(|| Block::Text(text.clone())),
            Self::Tool { id, name, input } => Some(Block::ToolUse(ToolUse {
                tool_use_id: id.clone(),
                name: name.clone(),
                input: Value::Object(arguments(input).unwrap_or_default()),
            })),
            Self::Thought { text, signature } => Some(Block::ReasoningContent(Reasoning::ReasoningText {
                text: text.clone(),
                signature: signature.clone(),
            })),
            Self::Redacted(bytes) => Some(Block::ReasoningContent(Reasoning::RedactedContent(bytes.clone()))),
        }
    }
}

/// A tool without arguments streams no input at all.
fn arguments(input: &str) -> Result<Map<String, Value>, String> {
    if input.trim().is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_str(input) {
        Ok(Value::Object(arguments)) => Ok(arguments),
        Ok(_) => Err("the tool's input is not a JSON object".into()),
        Err(error) => Err(format!("the tool's input is not JSON: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(inputs: &[&str]) -> Assembly {
        let mut assembly = Assembly::default();
        assembly.add(&ModelEvent::ToolStarted { block: 1, id: "t".into(), name: "n".into() });
        for fragment in inputs {
            assembly.add(&ModelEvent::ToolInput { block: 1, fragment: (*fragment).into() });
        }
        assembly
    }

    #[test]
    fn input_fragments_become_arguments() {
        let calls = tool(&["{\"que", "ry\":\"x\"}"]).calls();
        assert_eq!(calls[0].arguments.as_ref().unwrap()["query"], "x");
    }

    #[test]
    fn no_input_means_no_arguments() {
        assert_eq!(tool(&[]).calls()[0].arguments, Ok(Map::new()));
    }

    #[test]
    fn broken_input_is_a_fault_and_an_empty_object_in_the_message() {
        let assembly = tool(&["{\"query\":"]);
        assert!(assembly.calls()[0].arguments.is_err());
        let blocks = assembly.blocks();
        assert!(matches!(&blocks[0], Block::ToolUse(tool) if tool.input == serde_json::json!({})));
    }

    #[test]
    fn a_thought_keeps_text_and_signature() {
        let mut assembly = Assembly::default();
        assembly.add(&ModelEvent::Reasoning { block: 0, text: "so".into() });
        assembly.add(&ModelEvent::Signature { block: 0, signature: "s".into() });
        let expected = Reasoning::ReasoningText { text: "so".into(), signature: Some("s".into()) };
        assert_eq!(assembly.blocks(), [Block::ReasoningContent(expected)]);
        assert!(assembly.texts().is_empty());
    }

    #[test]
    fn a_blank_text_is_no_block() {
        let mut assembly = Assembly::default();
        assembly.add(&ModelEvent::Text { block: 0, text: " \n".into() });
        assert!(assembly.blocks().is_empty());
    }
}
