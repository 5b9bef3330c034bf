//! A conversation's turns as the model and as a reader see them.

use std::collections::HashMap;

use contract::chat::{HistoryMessage, HistoryTool, PendingCall};
use contract::tool_call::tool_name;

use super::StoredTurn;
use crate::message::{Block, DECLINED, Message, Role, ToolResult, ToolStatus, ToolUse};
use crate::timestamp::written;

/// Said for the agent after calls that the user passed over, so that the roles alternate.
const PASSED_OVER: &str = "(The user did not allow these calls. They did not run.)";

/// Stands for the results of calls that were begun with, until their turn ends.
const NOT_KNOWN: &str = "it is not known whether this call ran: the answer that it was made for was not stored";

/// Stands for such an answer.
const UNDER_WAY: &str = "[answer under way or cut short: its end is not stored]";

/// A turn's messages for a request with tools. Calls that still wait for a yes, while the user went on to
/// something else, were declined.
pub fn for_model(turn: &StoredTurn) -> Vec<Message> {
    let mut messages = turn.messages.clone();
    let open = messages.last().map(declined).unwrap_or_default();
    if !open.is_empty() {
        messages.push(Message { role: Role::User, content: open });
        messages.push(Message::assistant(PASSED_OVER));
    }
    messages
}

/// A turn as question and answer, for a request without tools: Converse refuses tool blocks when no tools
/// are declared. None when the turn has no words of both.
pub fn for_model_without_tools(turn: &StoredTurn) -> Option<Vec<Message>> {
    let (question, answer) = (text_of(turn, Role::User), text_of(turn, Role::Assistant));
    (!question.is_empty() && !answer.is_empty()).then(|| vec![Message::user(question), Message::assistant(answer)])
}

/// A turn while a request goes on with it: what remains of it should that request never end. Its calls may
/// have run by then.
pub fn begun(turn: &StoredTurn) -> Vec<Message> {
    let calls = turn.messages.last().into_iter().flat_map(Message::tool_uses);
    let result = |tool: &ToolUse| ToolResult::new(&tool.tool_use_id, ToolStatus::Error, NOT_KNOWN);
    let results = calls.map(result).map(Block::ToolResult).collect();
    let closing = [Message { role: Role::User, content: results }, Message::assistant(UNDER_WAY)];
    turn.messages.iter().cloned().chain(closing).collect()
}

fn declined(message: &Message) -> Vec<Block> {
    let result = |tool: &ToolUse| ToolResult::new(&tool.tool_use_id, ToolStatus::Error, DECLINED);
    message.tool_uses().map(result).map(Block::ToolResult).collect()
}

/// The calls of a turn that wait for the user's yes; `approval_tools` are those of the settings. Empty when
/// the turn is not pending.
pub fn pending_calls(turn: &StoredTurn, approval_tools: &[String]) -> Vec<PendingCall> {
    let last = turn.messages.last().filter(|_| turn.pending);
    let waits = |tool: &&ToolUse| approval_tools.iter().any(|name| name == tool_name(&tool.name));
    let waiting = last.into_iter().flat_map(Message::tool_uses).filter(waits);
    waiting.map(pending_call).collect()
}

fn pending_call(tool: &ToolUse) -> PendingCall {
    PendingCall { id: tool.tool_use_id.clone(), name: tool.name.clone(), input: tool.input.clone() }
}

/// Question and answer of every turn, oldest first.
pub fn displayed(turns: &[StoredTurn]) -> Vec<HistoryMessage> {
    turns.iter().flat_map(|turn| [question(turn), answer(turn)]).collect()
}

fn question(turn: &StoredTurn) -> HistoryMessage {
    let (content, timestamp) = (text_of(turn, Role::User), written(turn.asked_at));
    HistoryMessage { role: "user".into(), content, timestamp, tools: Vec::new() }
}

fn answer(turn: &StoredTurn) -> HistoryMessage {
    let (content, timestamp) = (text_of(turn, Role::Assistant), written(turn.answered_at));
    HistoryMessage { role: "assistant".into(), content, timestamp, tools: tools(turn) }
}

/// The tools that ran, or could not; a call without a result did neither.
fn tools(turn: &StoredTurn) -> Vec<HistoryTool> {
    let results = turn.messages.iter().flat_map(Message::tool_results);
    let status: HashMap<_, _> = results.map(|result| (result.tool_use_id.as_str(), result.status)).collect();
    let calls = turn.messages.iter().flat_map(Message::tool_uses);
    let shown = calls.filter_map(|call| {
        let success = *status.get(call.tool_use_id.as_str())? == ToolStatus::Success;
        Some(HistoryTool { name: call.name.clone(), input: call.input.clone(), success })
    });
    shown.collect()
}

fn text_of(turn: &StoredTurn, role: Role) -> String {
    let texts = turn.messages.iter().filter(|message| message.role == role).map(Message::text);
    texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::turn::broken_rule;
    use serde_json::json;
    use time::OffsetDateTime;

    fn turn(pending: bool, messages: Vec<Message>) -> StoredTurn {
        let at = OffsetDateTime::UNIX_EPOCH;
        StoredTurn { number: 1, pending, asked_at: at, answered_at: at, messages }
    }

    fn asking(names: &[&str]) -> Message {
        let call = |(index, name): (usize, &&str)| {
            Block::ToolUse(ToolUse {
                tool_use_id: format!("t{index}"),
                name: (*name).to_owned(),
                input: json!({"region": "eu-west-1"}),
            })
        };
        let text = Block::Text("Let me see.".into());
        let calls = names.iter().enumerate().map(call);
        Message { role: Role::Assistant, content: std::iter::once(text).chain(calls).collect() }
    }

    fn with_a_tool() -> StoredTurn {
        let result = Block::ToolResult(ToolResult::new("t0", ToolStatus::Success, "42"));
        turn(
            false,
            vec![
                Message::user("what?"),
                asking(&["aws___n"]),
                Message { role: Role::User, content: vec![result] },
                Message::assistant("It is 42."),
            ],
        )
    }

    fn pending() -> StoredTurn {
        turn(true, vec![Message::user("stop it?"), asking(&["aws___stop", "aws___get_time"])])
    }

    #[test]
    fn calls_that_were_passed_over_are_declined_to_the_model() {
        let mut messages = for_model(&pending());
        let results: Vec<_> = messages[2].tool_results().collect();
        assert_eq!(results.len(), 2);
        assert_eq!(results[0], &ToolResult::new("t0", ToolStatus::Error, DECLINED));
        messages.push(Message::user("what else?"));
        assert_eq!(broken_rule(&messages), None);
    }

    #[test]
    fn a_turn_that_was_begun_with_is_whole_and_says_what_is_not_known() {
        let mut messages = for_model(&turn(false, begun(&pending())));
        assert_eq!(messages[2].tool_results().count(), 2);
        assert!(messages[2].tool_results().all(|result| result.status == ToolStatus::Error));
        assert_eq!(messages[3].text(), UNDER_WAY);
        messages.push(Message::user("did it run?"));
        assert_eq!(broken_rule(&messages), None);
    }

    #[test]
    fn a_finished_turn_goes_to_the_model_as_it_is() {
        assert_eq!(for_model(&with_a_tool()), with_a_tool().messages);
    }

    #[test]
    fn without_tools_no_tool_block_is_left() {
        let messages = for_model_without_tools(&with_a_tool()).unwrap();
        assert_eq!(messages, [Message::user("what?"), Message::assistant("Let me see.\n\nIt is 42.")]);
        assert_eq!(for_model_without_tools(&turn(false, vec![Message::user("x")])), None);
    }

    #[test]
    fn only_calls_of_a_pending_turn_that_need_a_yes_are_pending() {
        let approval_tools = ["stop".to_owned(), "n".to_owned()];
        let calls = pending_calls(&pending(), &approval_tools);
        let expected =
            PendingCall { id: "t0".into(), name: "aws___stop".into(), input: json!({"region": "eu-west-1"}) };
        assert_eq!(calls, [expected]);
        assert_eq!(pending_calls(&with_a_tool(), &approval_tools), []);
    }

    #[test]
    fn a_reader_sees_question_answer_and_tools() {
        let shown = displayed(&[with_a_tool(), pending()]);
        assert_eq!((shown[0].role.as_str(), shown[0].content.as_str()), ("user", "what?"));
        assert_eq!(shown[1].content, "Let me see.\n\nIt is 42.");
        assert_eq!(shown[1].timestamp, "1970-01-01T00:00:00.000Z");
        let ran = HistoryTool { name: "aws___n".into(), input: json!({"region": "eu-west-1"}), success: true };
        assert_eq!(shown[1].tools, [ran]);
        assert_eq!(shown[3].tools, []);
    }
}
