//! What a turn gives: events while it runs, a record at its end.

use contract::chat::ChatEvent;

use super::Ending;
use crate::message::Message;
use crate::model::Usage;

/// One event on its way to the client.
#[derive(Debug, Clone, PartialEq)]
pub enum TurnEvent {
    Chat(ChatEvent),
    /// The last event of an answer that is cut short.
    Broken(Ending),
}

/// A finished turn.
#[derive(Debug, Clone, PartialEq)]
pub struct TurnRecord {
    /// From the question to the answer; empty when there is nothing worth keeping. Otherwise it starts with the
    /// user, ends with the assistant and every tool use has its result, except those of the last message of a
    /// turn that waits for approval.
    pub messages: Vec<Message>,
    pub ending: Ending,
    pub usage: Usage,
    /// Full names, each once, in the order of their first call.
    pub tools_used: Vec<String>,
    /// Calls that came back.
    pub tool_calls: usize,
    pub rounds: usize,
}
