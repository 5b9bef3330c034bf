//! One invocation between the one who asked and the function that answers.
//!
//! The asker waits for a [`Reply`]; its body arrives in parts while the function
//! still runs. Whoever ends the invocation (the runtime's answer, a timeout, a
//! dead process) ends it here, once. An asker that goes away changes nothing.

use std::sync::{Mutex, PoisonError};

use bytes::{Bytes, BytesMut};
use serde_json::json;
use tokio::sync::{Notify, mpsc, oneshot};

/// Largest answer that is handed over in one piece (Lambda quotas).
const WHOLE_LIMIT: usize = 6 * 1024 * 1024;
/// Parts of a body that wait for a slow reader before the function waits too.
const PARTS_IN_FLIGHT: usize = 64;

/// How a function failed: Lambda's `errorType` and the payload that the caller sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionFailure {
    pub error_type: String,
    /// JSON, usually `{errorType, errorMessage}`.
    pub payload: Bytes,
}

impl FunctionFailure {
    pub fn new(error_type: &str, message: impl Into<String>) -> Self {
        let payload = json!({"errorType": error_type, "errorMessage": message.into()});
        Self { error_type: error_type.into(), payload: payload.to_string().into() }
    }
}

pub enum Reply {
    Answer(Answer),
    Failed(FunctionFailure),
}

/// A function's answer. The body ends with the channel; a failure after the
/// first byte arrives as its last part.
pub struct Answer {
    pub content_type: String,
    pub parts: mpsc::Receiver<Part>,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Part {
    Chunk(Bytes),
    Failed(FunctionFailure),
}

impl Answer {
    /// The whole body; a failure when it is larger than an answer in one piece may be.
    pub async fn collect(mut self) -> Result<Bytes, FunctionFailure> {
        let mut whole = BytesMut::new();
        while let Some(part) = self.parts.recv().await {
            match part {
                Part::Chunk(chunk) if whole.len() + chunk.len() > WHOLE_LIMIT => return Err(too_large()),
                Part::Chunk(chunk) => whole.extend_from_slice(&chunk),
                Part::Failed(failure) => return Err(failure),
            }
        }
        Ok(whole.freeze())
    }
}

fn too_large() -> FunctionFailure {
    let message = format!("Response payload size exceeded maximum allowed payload size ({WHOLE_LIMIT} bytes).");
    FunctionFailure::new("Function.ResponseSizeTooLarge", message)
}

impl Reply {
    /// The whole body of the reply.
    pub async fn collect(self) -> Result<Bytes, FunctionFailure> {
        match self {
            Self::Answer(answer) => answer.collect().await,
            Self::Failed(failure) => Err(failure),
        }
    }
}

/// The function's end of an invocation.
pub struct Exchange {
    state: Mutex<State>,
    finished: Notify,
}

enum State {
    Waiting(oneshot::Sender<Reply>),
    Answering(mpsc::Sender<Part>),
    Ended,
}

impl Exchange {
    pub fn new() -> (Self, oneshot::Receiver<Reply>) {
        let (sender, receiver) = oneshot::channel();
        (Self { state: Mutex::new(State::Waiting(sender)), finished: Notify::new() }, receiver)
    }

    /// Begins the answer; parts go into the returned channel. `None` when the
    /// invocation is answered already or over.
    pub fn answer(&self, content_type: String) -> Option<mpsc::Sender<Part>> {
        let mut state = self.lock();
        let State::Waiting(reply) = std::mem::replace(&mut *state, State::Ended) else { return None };
        let (sender, parts) = mpsc::channel(PARTS_IN_FLIGHT);
        *state = State::Answering(sender.clone());
        reply.send(Reply::Answer(Answer { content_type, parts })).ok();
        Some(sender)
    }

    /// Ends the invocation with a failure, wherever it stands. Does not wait for
    /// a reader that has stopped reading.
    pub fn fail(&self, failure: FunctionFailure) {
        let ended = std::mem::replace(&mut *self.lock(), State::Ended);
        match ended {
            State::Waiting(reply) => {
                reply.send(Reply::Failed(failure)).ok();
            }
            State::Answering(parts) => {
                tokio::spawn(async move { parts.send(Part::Failed(failure)).await });
            }
            State::Ended => {}
        }
        self.finished.notify_one();
    }

    /// Ends the invocation after its last part.
    pub fn finish(&self) {
        *self.lock() = State::Ended;
        self.finished.notify_one();
    }

    /// Waits for [`Exchange::fail`] or [`Exchange::finish`]; for one waiter.
    pub async fn finished(&self) {
        self.finished.notified().await;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_failure_after_the_first_part_is_the_last_part() {
        let (exchange, reply) = Exchange::new();
        let parts = exchange.answer("text/plain".into()).unwrap();
        parts.send(Part::Chunk("a".into())).await.unwrap();
        exchange.fail(FunctionFailure::new("Sandbox.Timedout", "late"));
        drop(parts);
        let Ok(Reply::Answer(answer)) = reply.await else { panic!("no answer") };
        assert_eq!(answer.collect().await.unwrap_err().error_type, "Sandbox.Timedout");
    }

    #[tokio::test]
    async fn an_answer_in_one_piece_has_a_limit() {
        let (exchange, reply) = Exchange::new();
        let parts = exchange.answer("text/plain".into()).unwrap();
        for size in [WHOLE_LIMIT, 1] {
            parts.send(Part::Chunk(vec![0; size].into())).await.unwrap();
        }
        drop(parts);
        exchange.finish();
        let Ok(Reply::Answer(answer)) = reply.await else { panic!("no answer") };
        assert_eq!(answer.collect().await.unwrap_err().error_type, "Function.ResponseSizeTooLarge");
    }

    #[tokio::test]
    async fn an_invocation_is_answered_once() {
        let (exchange, _reply) = Exchange::new();
        assert!(exchange.answer("text/plain".into()).is_some());
        assert!(exchange.answer("text/plain".into()).is_none());
    }

    #[tokio::test]
    async fn an_asker_that_left_does_not_stop_the_function() {
        let (exchange, reply) = Exchange::new();
        drop(reply);
        let parts = exchange.answer("text/plain".into()).unwrap();
        assert!(parts.send(Part::Chunk("a".into())).await.is_err());
        exchange.finish();
        exchange.finished().await;
    }
}
