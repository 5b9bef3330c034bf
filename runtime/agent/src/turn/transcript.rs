//! What the model is asked with: the earlier turns, then this turn's messages.

use std::collections::BTreeSet;

use crate::message::{Block, Message, Role, ToolUse};

/// The messages of a turn, and those of the turns before it.
#[derive(Debug)]
pub struct Transcript {
    /// Whole turns, oldest first; each starts with the user and ends with the assistant.
    history: Vec<Vec<Message>>,
    own: Vec<Message>,
    /// This turn's messages when it began; more of them means that something happened.
    begun_with: usize,
}

impl Transcript {
    /// `own` is the question, or the messages of a turn that goes on.
    pub fn new(history: Vec<Vec<Message>>, own: Vec<Message>) -> Self {
        Self { history, begun_with: own.len(), own }
    }

    pub fn messages(&self) -> impl Iterator<Item = &Message> {
        self.history.iter().flatten().chain(&self.own)
    }

    pub fn push(&mut self, message: Message) {
        self.own.push(message);
    }

    pub fn has_history(&self) -> bool {
        !self.history.is_empty()
    }

    /// True when messages followed the first ones.
    pub fn has_grown(&self) -> bool {
        self.own.len() > self.begun_with
    }

    /// Leaves nothing of this turn to be kept.
    pub fn forget_own(&mut self) {
        self.own.clear();
    }

    pub fn into_own(self) -> Vec<Message> {
        self.own
    }

    /// Leaves out the older half of the earlier turns, at least one of them; the number that went.
    pub fn drop_older_half(&mut self) -> usize {
        let dropped = self.history.len().div_ceil(2);
        self.history.drain(..dropped);
        dropped
    }

    /// Ids of all tool uses, which a new one must differ from.
    pub fn tool_use_ids(&self) -> BTreeSet<String> {
        self.messages().flat_map(Message::tool_uses).map(|tool| tool.tool_use_id.clone()).collect()
    }

    /// The tools that the last message asks for.
    pub fn open_calls(&self) -> Vec<ToolUse> {
        self.own.last().into_iter().flat_map(Message::tool_uses).cloned().collect()
    }

    /// Adds one message with these tool results.
    pub fn push_results(&mut self, results: Vec<Block>) {
        if !results.is_empty() {
            self.own.push(Message { role: Role::User, content: results });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_older_half_of_the_turns_goes_and_a_single_one_too() {
        let turn = |text: &str| vec![Message::user(text), Message::assistant("a")];
        let mut transcript = Transcript::new(["1", "2", "3"].map(turn).into(), vec![Message::user("now")]);
        assert_eq!(transcript.drop_older_half(), 2);
        assert_eq!(transcript.messages().next(), Some(&Message::user("3")));
        assert_eq!(transcript.drop_older_half(), 1);
        assert_eq!(transcript.drop_older_half(), 0);
        assert_eq!(transcript.messages().collect::<Vec<_>>(), [&Message::user("now")]);
    }
}
