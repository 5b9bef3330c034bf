//! The tool calls of one message, from the model's wish to the results.

use contract::chat::ChatEvent;
use serde_json::Value;

use super::assembly::ToolCall;
use crate::message::{Block, DECLINED, ToolResult, ToolStatus};

/// One tool's answer, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolOutcome {
    pub id: String,
    pub success: bool,
    pub text: String,
    pub duration_ms: u64,
}

/// Calls in the message's order, each with its outcome once that is known.
#[derive(Debug, Default)]
pub struct Calls(Vec<(ToolCall, Option<ToolOutcome>)>);

impl Calls {
    /// Calls that all run.
    pub fn running(calls: Vec<ToolCall>) -> Self {
        Self(calls.into_iter().map(|call| (call, None)).collect())
    }

    /// Calls after the user's word: those that `may_run` says yes to, and the others declined.
    pub fn decided(calls: Vec<ToolCall>, may_run: impl Fn(&ToolCall) -> bool) -> Self {
        let decided = calls.into_iter().map(|call| {
            let outcome = (!may_run(&call)).then(|| refusal(&call, DECLINED));
            (call, outcome)
        });
        Self(decided.collect())
    }

    /// None of the calls runs, because one of them cannot: nobody is asked for a yes to half a message.
    pub fn refused(calls: Vec<ToolCall>) -> Self {
        let refused = calls.into_iter().map(|call| {
            let fault = call.arguments.as_ref().err().map_or(OTHER_MALFORMED, String::as_str);
            let outcome = refusal(&call, fault);
            (call, Some(outcome))
        });
        Self(refused.collect())
    }

    /// The calls that are still to run.
    pub fn open(&self) -> Vec<ToolCall> {
        self.0.iter().filter(|(_, outcome)| outcome.is_none()).map(|(call, _)| call.clone()).collect()
    }

    pub fn are_done(&self) -> bool {
        self.0.iter().all(|(_, outcome)| outcome.is_some())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes an outcome; None when no call waits for it.
    pub fn finish(&mut self, outcome: ToolOutcome) -> Option<ChatEvent> {
        let waits = |(call, known): &&mut (ToolCall, Option<ToolOutcome>)| call.id == outcome.id && known.is_none();
        let (call, slot) = self.0.iter_mut().find(waits)?;
        let event = ChatEvent::ToolFinished {
            id: call.id.clone(),
            name: call.name.clone(),
            success: outcome.success,
            duration_ms: outcome.duration_ms,
            bytes: outcome.text.len(),
        };
        *slot = Some(outcome);
        Some(event)
    }

    /// The results in the order of the calls; a call without an outcome says so.
    pub fn into_results(self) -> Vec<Block> {
        self.0.into_iter().map(|(call, outcome)| Block::ToolResult(result(call, outcome))).collect()
    }
}

const OTHER_MALFORMED: &str = "not run: another call of the same message was malformed; ask again for both";

const UNANSWERED: &str = "the turn ended before this tool answered";

fn refusal(call: &ToolCall, why: &str) -> ToolOutcome {
    ToolOutcome { id: call.id.clone(), success: false, text: why.to_owned(), duration_ms: 0 }
}

fn result(call: ToolCall, outcome: Option<ToolOutcome>) -> ToolResult {
    match outcome {
        Some(outcome) if outcome.success => ToolResult::new(call.id, ToolStatus::Success, outcome.text),
        Some(outcome) => ToolResult::new(call.id, ToolStatus::Error, outcome.text),
        None => ToolResult::new(call.id, ToolStatus::Error, UNANSWERED),
    }
}

pub fn started(call: &ToolCall) -> ChatEvent {
    ChatEvent::ToolStarted { id: call.id.clone(), name: call.name.clone(), input: input(call) }
}

pub fn approval_required(call: &ToolCall) -> ChatEvent {
    ChatEvent::ApprovalRequired { id: call.id.clone(), name: call.name.clone(), input: input(call) }
}

fn input(call: &ToolCall) -> Value {
    Value::Object(call.arguments.clone().unwrap_or_default())
}
