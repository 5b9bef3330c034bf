//! Puts one streamed message together from its events.

use std::collections::{BTreeMap, BTreeSet};

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
            ModelEvent::Stopped(_) | ModelEvent::Usage(_) => {}
        }
    }

    fn thought(&mut self, block: i32, change: impl FnOnce(&mut String, &mut Option<String>)) {
        let draft = self.0.entry(block).or_insert_with(|| Draft::Thought { text: String::new(), signature: None });
        if let Draft::Thought { text, signature } = draft {
            change(text, signature);
        }
    }

    pub fn asks_for_tools(&self) -> bool {
        self.0.values().any(|draft| matches!(draft, Draft::Tool { .. }))
    }

    /// The texts alone: what stands of a message that broke off.
    pub fn texts(&self) -> Vec<Block> {
        let texts = self.0.values().filter(|draft| matches!(draft, Draft::Text(_)));
        texts.filter_map(Draft::block).collect()
    }

    /// The whole message: its blocks, and the tools that it asks for. Empty texts are left out, Converse
    /// refuses them. Ids that are `taken` or stand twice, and names that Converse would not take back, are
    /// replaced in both.
    pub fn finish(self, mut taken: BTreeSet<String>) -> (Vec<Block>, Vec<ToolCall>) {
        let (mut blocks, mut calls) = (Vec::new(), Vec::new());
        for mut draft in self.0.into_values() {
            if let Draft::Tool { id, name, input } = &mut draft {
                *id = free_id(id, &taken);
                taken.insert(id.clone());
                let arguments = if is_name(name) { arguments(input) } else { Err("no tool has such a name".into()) };
                *name = as_name(name);
                calls.push(ToolCall { id: id.clone(), name: name.clone(), arguments });
            }
            blocks.extend(draft.block());
        }
        (blocks, calls)
    }
}

/// Bedrock's pattern for tools, `[a-zA-Z0-9_-]{1,64}` (Bedrock API reference, ToolUseBlock).
fn is_name(name: &str) -> bool {
    !name.is_empty() && as_name(name) == name
}

fn as_name(name: &str) -> String {
    let allowed = |char: char| if char.is_ascii_alphanumeric() || "_-".contains(char) { char } else { '_' };
    let name: String = name.chars().map(allowed).take(64).collect();
    if name.is_empty() { "unnamed".into() } else { name }
}

/// The id, in Bedrock's pattern, with a number where it is taken: the ids of a request are all different.
fn free_id(id: &str, taken: &BTreeSet<String>) -> String {
    let id: String = as_name(id).chars().take(56).collect();
    let numbered = (2_usize..).map(|number| format!("{id}-{number}"));
    let mut candidates = std::iter::once(id.clone()).chain(numbered);
    candidates.find(|candidate| !taken.contains(candidate)).unwrap_or(id)
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

    fn finished(assembly: Assembly) -> (Vec<Block>, Vec<ToolCall>) {
        assembly.finish(BTreeSet::new())
    }

    #[test]
    fn input_fragments_become_arguments() {
        let (_, calls) = finished(tool(&["{\"que", "ry\":\"x\"}"]));
        assert_eq!(calls[0].arguments.as_ref().unwrap()["query"], "x");
    }

    #[test]
    fn no_input_means_no_arguments() {
        assert_eq!(finished(tool(&[])).1[0].arguments, Ok(Map::new()));
    }

    #[test]
    fn broken_input_is_a_fault_and_an_empty_object_in_the_message() {
        for input in ["{\"query\":", "[1]", "null", "{} {}"] {
            let (blocks, calls) = finished(tool(&[input]));
            assert!(calls[0].arguments.is_err(), "{input}");
            assert!(matches!(&blocks[0], Block::ToolUse(tool) if tool.input == serde_json::json!({})));
        }
    }

    #[test]
    fn ids_that_stand_twice_or_are_taken_get_a_number() {
        let mut assembly = tool(&[]);
        for (block, id) in [(2, "t"), (3, "t-2"), (4, "")] {
            assembly.add(&ModelEvent::ToolStarted { block, id: id.into(), name: "n".into() });
        }
        let (blocks, calls) = assembly.finish(BTreeSet::from(["t".to_owned()]));
        let ids: Vec<_> = calls.iter().map(|call| call.id.as_str()).collect();
        assert_eq!(ids, ["t-2", "t-3", "t-2-2", "unnamed"]);
        let Block::ToolUse(first) = &blocks[0] else { panic!("a tool use") };
        assert_eq!(first.tool_use_id, "t-2");
    }

    #[test]
    fn a_name_that_converse_refuses_is_replaced_and_never_called() {
        for (name, expected) in [("aws get time", "aws_get_time"), ("", "unnamed"), (&"x".repeat(70), &"x".repeat(64))]
        {
            let mut assembly = Assembly::default();
            assembly.add(&ModelEvent::ToolStarted { block: 0, id: "t".into(), name: name.into() });
            let (_, calls) = finished(assembly);
            assert_eq!(calls[0].name, expected);
            assert!(calls[0].arguments.is_err());
        }
    }

    #[test]
    fn a_thought_keeps_text_and_signature() {
        let mut assembly = Assembly::default();
        assembly.add(&ModelEvent::Reasoning { block: 0, text: "so".into() });
        assembly.add(&ModelEvent::Signature { block: 0, signature: "s".into() });
        assert!(assembly.texts().is_empty());
        let expected = Reasoning::ReasoningText { text: "so".into(), signature: Some("s".into()) };
        assert_eq!(finished(assembly).0, [Block::ReasoningContent(expected)]);
    }

    #[test]
    fn a_blank_text_is_no_block() {
        let mut assembly = Assembly::default();
        assembly.add(&ModelEvent::Text { block: 0, text: " \n".into() });
        assert!(assembly.texts().is_empty());
        assert!(finished(assembly).0.is_empty());
    }
}
