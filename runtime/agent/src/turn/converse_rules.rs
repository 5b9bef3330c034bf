//! What Bedrock refuses a Converse request for, as a check for tests.

use std::collections::BTreeSet;

use crate::message::{Block, Message, Role};

/// The first rule that the messages break: roles alternate from the user's to the user's, no message and no
/// text is empty, tool use ids are all different and in Bedrock's pattern, and each tool use has its result
/// in the next message, which holds no others (Bedrock user guide, "Call a tool with the Converse API").
pub fn broken_rule(messages: &[Message]) -> Option<String> {
    let roles = messages.iter().enumerate().find_map(|(index, message)| wrong_role(index, message));
    let last = messages.last().map(|message| message.role) != Some(Role::User);
    let ids = || {
        let all: Vec<_> = messages.iter().flat_map(Message::tool_uses).map(|tool| tool.tool_use_id.as_str()).collect();
        let different: BTreeSet<_> = all.iter().collect();
        (different.len() < all.len() || !all.iter().all(|id| is_id(id))).then(|| format!("ids {all:?}"))
    };
    roles
        .or_else(|| last.then(|| "the last message is not the user's".to_owned()))
        .or_else(|| messages.iter().find_map(empty))
        .or_else(ids)
        .or_else(|| unanswered(messages))
}

fn wrong_role(index: usize, message: &Message) -> Option<String> {
    let expected = if index.is_multiple_of(2) { Role::User } else { Role::Assistant };
    (message.role != expected).then(|| format!("message {index} is not of the {expected:?}"))
}

fn empty(message: &Message) -> Option<String> {
    let blank = |block: &Block| matches!(block, Block::Text(text) if text.trim().is_empty());
    (message.content.is_empty() || message.content.iter().any(blank)).then(|| format!("empty content: {message:?}"))
}

fn is_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

fn unanswered(messages: &[Message]) -> Option<String> {
    let nothing = Message { role: Role::Assistant, content: Vec::new() };
    let before = std::iter::once(&nothing).chain(messages);
    let pairs = before.zip(messages.iter().map(Some).chain([None]));
    pairs.into_iter().find_map(|(message, next)| {
        let asked: BTreeSet<_> = message.tool_uses().map(|tool| &tool.tool_use_id).collect();
        let answered: BTreeSet<_> =
            next.into_iter().flat_map(Message::tool_results).map(|result| &result.tool_use_id).collect();
        (asked != answered).then(|| format!("asked {asked:?}, answered {answered:?}"))
    })
}
