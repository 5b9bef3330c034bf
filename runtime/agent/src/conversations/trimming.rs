//! Makes a turn fit one DynamoDB item (400 KB, "Quotas in Amazon DynamoDB").

use serde_json::{Map, Value};

use crate::message::{Block, Message, ResultContent};

/// Bytes of a turn's messages as JSON; leaves room for the item's other attributes.
pub const LIMIT: usize = 350_000;

/// Bytes that are left of a piece, tried one after the other.
const CAPS: [usize; 5] = [65_536, 16_384, 4_096, 1_024, 256];

/// The messages as they are stored. Reasoning is left out: the model needs it
/// only while its tools run. Tool results are cut first, then everything else,
/// each cut marked. The calls of the last message stay as they are: they wait
/// for the user's yes, which is for them and no others.
pub fn for_storage(messages: &[Message]) -> Vec<Message> {
    let mut stored: Vec<Message> = messages.iter().map(without_reasoning).collect();
    for cut in [cut_results, cut_everything] {
        for cap in CAPS {
            if size(&stored) <= LIMIT {
                return stored;
            }
            cuttable(&mut stored).for_each(|block| cut(block, cap));
        }
    }
    stored
}

fn cuttable(messages: &mut [Message]) -> impl Iterator<Item = &mut Block> {
    let last = messages.len().saturating_sub(1);
    messages.iter_mut().enumerate().flat_map(move |(index, message)| {
        message.content.iter_mut().filter(move |block| index < last || !matches!(block, Block::ToolUse(_)))
    })
}

fn without_reasoning(message: &Message) -> Message {
    let kept = message.content.iter().filter(|block| !matches!(block, Block::ReasoningContent(_)));
    Message { role: message.role, content: kept.cloned().collect() }
}

fn size(messages: &[Message]) -> usize {
    serde_json::to_string(messages).map_or(usize::MAX, |text| text.len())
}

fn cut_results(block: &mut Block, cap: usize) {
    if let Block::ToolResult(result) = block {
        for ResultContent::Text(text) in &mut result.content {
            cut(text, cap);
        }
    }
}

fn cut_everything(block: &mut Block, cap: usize) {
    match block {
        Block::Text(text) => cut(text, cap),
        Block::ToolUse(tool) if tool.input.to_string().len() > cap => tool.input = Value::Object(Map::new()),
        _ => cut_results(block, cap),
    }
}

fn cut(text: &mut String, cap: usize) {
    if text.len() > cap {
        text.truncate(text.floor_char_boundary(cap));
        text.push_str("\n[cut short for storage]");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Reasoning, Role, ToolResult, ToolStatus, ToolUse};

    fn result(bytes: usize) -> Message {
        let result = ToolResult::new("t", ToolStatus::Success, "ä".repeat(bytes / 2));
        Message { role: Role::User, content: vec![Block::ToolResult(result)] }
    }

    #[test]
    fn a_turn_that_fits_is_stored_as_it_is() {
        let messages = vec![Message::user("hi"), result(1_000), Message::assistant("done")];
        assert_eq!(for_storage(&messages), messages);
    }

    #[test]
    fn large_tool_results_are_cut_and_the_answer_stays() {
        let messages = vec![Message::user("hi"), result(300_000), result(300_000), Message::assistant("done")];
        let stored = for_storage(&messages);
        assert!(size(&stored) <= LIMIT);
        assert_eq!(stored[3], messages[3]);
        let Block::ToolResult(cut) = &stored[1].content[0] else { panic!("a result stays a result") };
        let ResultContent::Text(text) = &cut.content[0];
        assert!(text.ends_with("[cut short for storage]"));
    }

    #[test]
    fn text_that_escapes_to_many_bytes_still_fits() {
        let messages = vec![Message::user("\u{1}".repeat(120_000)), Message::assistant("\"".repeat(400_000))];
        assert!(size(&for_storage(&messages)) <= LIMIT);
    }

    #[test]
    fn calls_that_wait_for_a_yes_are_stored_as_they_are() {
        let call = |id: &str| {
            let input = serde_json::json!({"document": "x".repeat(30_000)});
            let tool = ToolUse { tool_use_id: id.into(), name: "n".into(), input };
            Message { role: Role::Assistant, content: vec![Block::ToolUse(tool)] }
        };
        let messages = vec![Message::user("x".repeat(400_000)), call("a"), result(400_000), call("b")];
        let stored = for_storage(&messages);
        assert!(size(&stored) <= LIMIT);
        assert_eq!(stored[3], messages[3]);
    }

    #[test]
    fn reasoning_is_not_stored() {
        let thought = Reasoning::ReasoningText { text: "hm".into(), signature: None };
        let message =
            Message { role: Role::Assistant, content: vec![Block::ReasoningContent(thought), Block::Text("a".into())] };
        assert_eq!(for_storage(&[message])[0], Message::assistant("a"));
    }
}
