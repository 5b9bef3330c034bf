//! Carries a turn's effects out: asks the model, calls tools, sends events,
//! and stops for the deadline or for a client that went away.

use std::time::Instant;

use contract::chat::ChatEvent;
use futures::stream::{self, BoxStream};
use futures::{FutureExt, StreamExt, TryFutureExt};
use tokio::sync::mpsc;
use tokio::time::{Instant as Deadline, timeout_at};

use super::{Effect, Input, ToolCall, ToolOutcome, Turn, TurnEvent, TurnRecord};
use crate::gateway::{ToolOutput, ToolSession};
use crate::model::{Model, ModelRequest};

/// Tool calls of one round that run at the same time.
const PARALLEL_TOOLS: usize = 4;

/// Bytes of one tool result that the model gets to see.
const RESULT_LIMIT: usize = 100_000;

pub type EventSender = mpsc::Sender<TurnEvent>;

/// What a turn runs against.
pub struct Drive<'a> {
    pub model: &'a dyn Model,
    /// None without tools; then the model has none to ask for.
    pub session: Option<&'a dyn ToolSession>,
    /// Everything but the messages, which the turn brings.
    pub request: ModelRequest,
    /// When the answer must have ended.
    pub deadline: Deadline,
    pub events: &'a EventSender,
}

impl Drive<'_> {
    pub async fn run(&self, mut turn: Turn) -> TurnRecord {
        let mut inputs: BoxStream<'_, Input> = stream::empty().boxed();
        let mut effects = turn.step(Input::Begin);
        loop {
            let mut listening = true;
            for effect in effects {
                match effect {
                    Effect::AskModel => inputs = self.ask(&turn),
                    Effect::CallTools(calls) => inputs = self.call(calls),
                    Effect::Emit(event) => listening &= self.emit(event).await,
                    Effect::Finish => return turn.into_record(),
                }
            }
            effects = match listening {
                true => turn.step(self.next(&mut inputs).await),
                false => turn.step(Input::ClientGone),
            };
        }
    }

    async fn next(&self, inputs: &mut BoxStream<'_, Input>) -> Input {
        match timeout_at(self.deadline, inputs.next()).await {
            Ok(Some(input)) => input,
            Ok(None) => Input::ModelEnded,
            Err(_) => Input::DeadlineReached,
        }
    }

    /// False when nobody takes the event, or not in time.
    async fn emit(&self, event: ChatEvent) -> bool {
        matches!(timeout_at(self.deadline, self.events.send(TurnEvent::Chat(event))).await, Ok(Ok(())))
    }

    fn ask(&self, turn: &Turn) -> BoxStream<'static, Input> {
        let request = ModelRequest { messages: turn.messages().to_vec(), ..self.request.clone() };
        let answer = self.model.converse(request).try_flatten_stream();
        answer.map(|event| event.map_or_else(Input::ModelFailed, Input::Model)).boxed()
    }

    fn call(&self, calls: Vec<ToolCall>) -> BoxStream<'_, Input> {
        let running = stream::iter(calls).map(|call| self.call_one(call).boxed());
        running.buffer_unordered(PARALLEL_TOOLS).map(Input::ToolFinished).boxed()
    }

    async fn call_one(&self, call: ToolCall) -> ToolOutcome {
        let start = Instant::now();
        let output = self.output_of(&call).await;
        let duration_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        // A name that the model made up is its words, and stays out of the log.
        let tool = if self.serves(&call.name) { call.name.as_str() } else { "unknown" };
        tracing::info!(tool, success = output.success, duration_ms, bytes = output.text.len(), "tool called");
        ToolOutcome { id: call.id, success: output.success, text: as_data(&output.text), duration_ms }
    }

    fn serves(&self, name: &str) -> bool {
        self.session.is_some_and(|session| session.tools().iter().any(|tool| tool.name == name))
    }

    async fn output_of(&self, call: &ToolCall) -> ToolOutput {
        let session = self.session.filter(|_| self.serves(&call.name));
        let (session, arguments) = match (session, &call.arguments) {
            (None, _) => return failed(format!("there is no tool {}", call.name)),
            (_, Err(fault)) => return failed(fault.clone()),
            (Some(session), Ok(arguments)) => (session, arguments.clone()),
        };
        session.call(&call.name, arguments).await.unwrap_or_else(|failure| {
            tracing::warn!(tool = call.name, code = failure.code.as_str(), "the tool call failed");
            let hint = failure.hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
            failed(format!("{}{hint}", failure.message))
        })
    }
}

fn failed(text: String) -> ToolOutput {
    ToolOutput { success: false, text }
}

/// A tool's text as the model may read it: without control characters, not blank and not endless.
fn as_data(text: &str) -> String {
    let mut data: String = text.chars().filter(|char| !char.is_control() || "\n\t".contains(*char)).collect();
    if data.len() > RESULT_LIMIT {
        let whole = data.len();
        data.truncate(data.floor_char_boundary(RESULT_LIMIT));
        data.push_str(&format!("\n[cut short: {RESULT_LIMIT} of {whole} bytes]"));
    }
    if data.trim().is_empty() { "(the tool answered nothing)".into() } else { data }
}

#[cfg(test)]
#[path = "drive_tests.rs"]
mod tests;
