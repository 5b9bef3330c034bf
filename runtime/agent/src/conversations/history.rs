//! A conversation's turns as the model and as a reader see them.

use contract::chat::HistoryMessage;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::StoredTurn;
use crate::message::{Message, Role};

/// Messages that the model gets at most, whole turns only; the original's figure.
const MESSAGES: usize = 50;

/// Bytes of text that the model gets at most, so that old tool results do not fill its context window.
const BYTES: usize = 400_000;

/// The latest whole turns that fit both limits, oldest first.
pub fn for_model(turns: &[StoredTurn]) -> Vec<Message> {
    fitting(turns.iter().map(|turn| turn.messages.clone()).collect())
}

/// The same for a request without tools: Converse refuses tool blocks when no
/// tools are declared, so every turn is a question and an answer.
pub fn for_model_without_tools(turns: &[StoredTurn]) -> Vec<Message> {
    let texts = turns.iter().filter_map(|turn| {
        let (question, answer) = (text_of(turn, Role::User), text_of(turn, Role::Assistant));
        (!question.is_empty() && !answer.is_empty()).then(|| vec![Message::user(question), Message::assistant(answer)])
    });
    fitting(texts.collect())
}

fn fitting(turns: Vec<Vec<Message>>) -> Vec<Message> {
    let (mut messages, mut bytes) = (0, 0);
    let mut kept: Vec<_> = turns
        .into_iter()
        .rev()
        .take_while(|turn| {
            messages += turn.len();
            bytes += serde_json::to_string(turn).map_or(usize::MAX / 2, |text| text.len());
            messages <= MESSAGES && bytes <= BYTES
        })
        .collect();
    kept.reverse();
    kept.into_iter().flatten().collect()
}

/// Question and answer of every turn, oldest first.
pub fn displayed(turns: &[StoredTurn]) -> Vec<HistoryMessage> {
    let both = |turn: &StoredTurn| {
        [
            entry("user", text_of(turn, Role::User), turn.asked_at),
            entry("assistant", text_of(turn, Role::Assistant), turn.answered_at),
        ]
    };
    turns.iter().flat_map(both).collect()
}

fn entry(role: &str, content: String, at: OffsetDateTime) -> HistoryMessage {
    HistoryMessage { role: role.into(), content, timestamp: at.format(&Rfc3339).unwrap_or_default() }
}

fn text_of(turn: &StoredTurn, role: Role) -> String {
    let texts = turn.messages.iter().filter(|message| message.role == role).map(Message::text);
    texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Block, ToolResult, ToolStatus, ToolUse};

    fn turn(messages: Vec<Message>) -> StoredTurn {
        let at = OffsetDateTime::UNIX_EPOCH;
        StoredTurn { number: 1, asked_at: at, answered_at: at, messages }
    }

    fn with_a_tool(text: &str) -> StoredTurn {
        let call = ToolUse { tool_use_id: "t".into(), name: "n".into(), input: serde_json::json!({}) };
        turn(vec![
            Message::user(text),
            Message { role: Role::Assistant, content: vec![Block::Text("Let me see.".into()), Block::ToolUse(call)] },
            Message {
                role: Role::User,
                content: vec![Block::ToolResult(ToolResult::new("t", ToolStatus::Success, "42"))],
            },
            Message::assistant("It is 42."),
        ])
    }

    #[test]
    fn the_model_gets_at_most_fifty_messages_in_whole_turns() {
        let turns: Vec<_> = (0..20).map(|number| with_a_tool(&number.to_string())).collect();
        let messages = for_model(&turns);
        assert_eq!(messages.len(), 48);
        assert_eq!(messages[0], Message::user("8"));
    }

    #[test]
    fn the_model_gets_at_most_so_many_bytes() {
        let turns: Vec<_> = (0..5).map(|_| turn(vec![Message::user("x".repeat(150_000))])).collect();
        assert_eq!(for_model(&turns).len(), 2);
    }

    #[test]
    fn without_tools_no_tool_block_is_left() {
        let messages = for_model_without_tools(&[with_a_tool("what?")]);
        assert_eq!(messages, [Message::user("what?"), Message::assistant("Let me see.\n\nIt is 42.")]);
    }

    #[test]
    fn a_reader_sees_question_and_answer() {
        let shown = displayed(&[with_a_tool("what?")]);
        assert_eq!((shown[0].role.as_str(), shown[0].content.as_str()), ("user", "what?"));
        assert_eq!(shown[1].content, "Let me see.\n\nIt is 42.");
        assert_eq!(shown[1].timestamp, "1970-01-01T00:00:00Z");
    }
}
