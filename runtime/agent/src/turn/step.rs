//! What a turn starts from, and what its steps take and give.

use std::collections::BTreeSet;

use contract::chat::ChatEvent;

use super::{ToolCall, ToolOutcome};
use crate::failure::Failure;
use crate::message::Message;
use crate::model::ModelEvent;

/// What a turn learns, one at a time.
#[derive(Debug, Clone)]
pub enum Input {
    Begin,
    Model(ModelEvent),
    /// What the last effect set going has nothing more to give.
    Ended,
    ModelFailed(Failure),
    ToolFinished(ToolOutcome),
    DeadlineReached,
    ShuttingDown,
    ClientGone,
}

/// What is to be carried out, in this order.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Ask the model with [`Turn::messages`](super::Turn::messages).
    AskModel,
    Emit(ChatEvent),
    CallTools(Vec<ToolCall>),
    Finish,
}

/// What a turn keeps to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Answers of the model, at least one. A turn that goes on after the user's word counts anew.
    pub rounds: usize,
    /// False without tools: then what looks like a call of one is malformed, and Bedrock would refuse to
    /// read it back.
    pub tools_offered: bool,
    /// Full names, as served, of the tools that wait for the user's yes.
    pub approval_needed: BTreeSet<String>,
}

/// What a turn starts from.
#[derive(Debug, Clone)]
pub struct Opening {
    pub conversation_id: String,
    /// Earlier turns, oldest first. Each starts with the user, ends with the assistant, and every tool use
    /// has its result.
    pub history: Vec<Vec<Message>>,
    pub rules: Rules,
}
