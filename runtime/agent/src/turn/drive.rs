//! Carries a turn's effects out: asks the model, calls tools, sends events,
//! and stops for the deadline, for a client that went away and for the end of the process.

use std::time::Duration;

use contract::agent_settings::Limits;
use contract::chat::ChatEvent;
use futures::stream::{self, BoxStream};
use futures::{FutureExt, StreamExt, TryFutureExt};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::calling::Calling;
use super::data::framed;
use super::{Effect, Input, ToolCall, Turn, TurnEvent, TurnRecord};
use crate::conversations::window;
use crate::gateway::ToolSession;
use crate::model::{Model, ModelRequest};
use crate::telemetry::Metrics;

/// Where the events of an answer go; closed when the client went away.
pub type EventSender = mpsc::Sender<TurnEvent>;

/// What a turn runs against.
pub struct Drive<'a> {
    pub model: &'a dyn Model,
    /// None without tools; then the model has none to ask for.
    pub session: Option<&'a dyn ToolSession>,
    /// Everything but the messages, which the turn brings.
    pub request: ModelRequest,
    pub limits: &'a Limits,
    pub stops: Stops<'a>,
    pub events: &'a EventSender,
    pub subject: Subject<'a>,
}

/// What ends a turn before its time, besides a client that goes away.
#[derive(Clone, Copy)]
pub struct Stops<'a> {
    /// When the answer must have ended.
    pub deadline: Instant,
    /// Cancelled when the process is asked to end.
    pub shutdown: &'a CancellationToken,
}

/// Whose turn it is, for logs and metrics.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    pub request_id: &'a str,
    pub conversation_id: &'a str,
    /// Writes tool inputs to the log.
    pub log_content: bool,
    pub metrics: &'a Metrics,
}

/// A turn that has ended.
#[derive(Debug)]
pub struct Driven {
    pub record: TurnRecord,
    /// Until the model's first sign of life.
    pub first_token: Option<Duration>,
}

impl Drive<'_> {
    /// Runs the turn to its end. It always has one: the deadline is the last.
    pub async fn run(&self, mut turn: Turn) -> Driven {
        let (start, mut first_token) = (Instant::now(), None);
        let mut inputs: BoxStream<'_, Input> = stream::empty().boxed();
        let mut effects = turn.step(Input::Begin);
        loop {
            let mut stopped = None;
            for effect in effects {
                match effect {
                    Effect::AskModel => inputs = self.ask(&turn),
                    Effect::CallTools(calls) => inputs = self.call(calls),
                    Effect::Emit(event) => stopped = self.emit(event).await.or(stopped),
                    Effect::Finish => return Driven { record: turn.into_record(), first_token },
                }
            }
            let input = match stopped {
                Some(input) => input,
                None => self.next(&mut inputs).await,
            };
            if matches!(input, Input::Model(_)) {
                first_token.get_or_insert_with(|| start.elapsed());
            }
            effects = turn.step(input);
        }
    }

    /// What ends the turn counts before what the model or a tool has ready.
    async fn next(&self, inputs: &mut BoxStream<'_, Input>) -> Input {
        tokio::select! {
            biased;
            reason = self.stops.reached(self.events) => reason,
            input = inputs.next() => input.unwrap_or(Input::Ended),
        }
    }

    /// Sends an event; the input that ends the turn when nobody takes it, or not in time.
    async fn emit(&self, event: ChatEvent) -> Option<Input> {
        let event = match self.events.try_send(TurnEvent::Chat(event)) {
            Ok(()) => return None,
            Err(TrySendError::Closed(_)) => return Some(Input::ClientGone),
            Err(TrySendError::Full(event)) => event,
        };
        tokio::select! {
            biased;
            sent = self.events.send(event) => sent.is_err().then_some(Input::ClientGone),
            reason = self.stops.reached(self.events) => Some(reason),
        }
    }

    fn ask(&self, turn: &Turn) -> BoxStream<'static, Input> {
        let request = ModelRequest {
            messages: framed(turn.messages()),
            summary: window::noting(self.request.summary.clone(), turn.left_out()),
            ..self.request.clone()
        };
        let answer = self.model.converse(request).try_flatten_stream();
        answer.map(|event| event.map_or_else(Input::ModelFailed, Input::Model)).boxed()
    }

    fn call(&self, calls: Vec<ToolCall>) -> BoxStream<'_, Input> {
        let calling = Calling { session: self.session, limit: self.limits.tool_result_bytes, subject: self.subject };
        let running = stream::iter(calls).map(move |call| calling.call(call).boxed());
        running.buffer_unordered(self.limits.parallel_tools).map(Input::ToolFinished).boxed()
    }
}

impl Stops<'_> {
    /// Waits for the first reason to end the turn.
    pub async fn reached(&self, events: &EventSender) -> Input {
        tokio::select! {
            biased;
            () = events.closed() => Input::ClientGone,
            () = self.shutdown.cancelled() => Input::ShuttingDown,
            () = sleep_until(self.deadline) => Input::DeadlineReached,
        }
    }
}

#[cfg(test)]
#[path = "drive_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "hostile_tests.rs"]
mod hostile_tests;
