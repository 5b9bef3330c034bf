//! What a turn gives: events while it runs, a record at its end.

use contract::chat::ChatEvent;

use super::{Ending, Usage};
use crate::message::Message;

/// One event on its way to the client.
#[derive(Debug, Clone, PartialEq)]
pub enum TurnEvent {
    Chat(ChatEvent),
    /// The last event of an answer that is not whole.
    Broken(Ending),
}

/// A finished turn.
#[derive(Debug, Clone, PartialEq)]
pub struct TurnRecord {
    /// From the question to the answer; empty when there is nothing worth keeping.
    /// Otherwise it starts with the user, ends with the assistant and every tool use has its result.
    pub messages: Vec<Message>,
    pub ending: Ending,
    pub usage: Usage,
    /// Full names, each once, in the order of their first call.
    pub tools_used: Vec<String>,
    pub rounds: usize,
}
