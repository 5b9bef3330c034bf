//! Chat events out of an answer's body.

use std::collections::VecDeque;

use contract::chat::ChatEvent;
use serde_json::Value;

use super::sse::SseParser;
use crate::failure::{Failure, chain};

/// No event comes near this: an answer that does is not ours.
const EVENT_LIMIT: usize = 16 << 20;

/// An answer as it arrives. Dropping it closes the connection, which ends the turn at the agent.
pub struct AnswerStream {
    response: reqwest::Response,
    parser: SseParser,
    ready: VecDeque<ChatEvent>,
    doing: String,
    ended: bool,
}

impl AnswerStream {
    pub(crate) fn new(response: reqwest::Response, doing: String) -> Self {
        Self { response, parser: SseParser::default(), ready: VecDeque::new(), doing, ended: false }
    }

    /// The next event; `None` after `done` or `error`.
    ///
    /// # Errors
    /// `agent/stream-cut` when the body ends or breaks before that, `agent/malformed-event`.
    pub async fn next(&mut self) -> Result<Option<ChatEvent>, Failure> {
        while !self.ended {
            if let Some(event) = self.ready.pop_front() {
                self.ended = matches!(event, ChatEvent::Done { .. } | ChatEvent::Error { .. });
                return Ok(Some(event));
            }
            self.read_more().await?;
        }
        Ok(None)
    }

    async fn read_more(&mut self) -> Result<(), Failure> {
        let cut = |cause: String| {
            Failure::new("agent/stream-cut", &self.doing, cause)
                .hint("what was shown is incomplete; ask again, the conversation is kept")
        };
        match self.response.chunk().await {
            Ok(Some(bytes)) => self.accept(&bytes),
            Ok(None) => Err(cut("the answer ended before it was whole".into())),
            Err(error) if error.is_timeout() => Err(cut("the agent fell silent for a minute".into())),
            Err(error) => Err(cut(chain(&error))),
        }
    }

    fn accept(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let malformed = |cause: String| Failure::new("agent/malformed-event", &self.doing, cause);
        for event in self.parser.push(bytes) {
            self.ready.extend(decode(&event.data).map_err(|error| malformed(error.to_string()))?);
        }
        if self.parser.pending_bytes() > EVENT_LIMIT {
            return Err(malformed(format!("an event is larger than {EVENT_LIMIT} bytes")));
        }
        Ok(())
    }
}

/// Reads an event's data. `None` for a kind that this client does not know yet:
/// a newer agent may send more than we show.
///
/// # Errors
/// When the data is no JSON or a known kind lacks a field.
pub fn decode(data: &str) -> Result<Option<ChatEvent>, serde_json::Error> {
    let value: Value = serde_json::from_str(data)?;
    let known = value.get("type").and_then(Value::as_str).is_some_and(|name| ChatEvent::NAMES.contains(&name));
    if known { serde_json::from_value(value).map(Some) } else { Ok(None) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_kind_is_passed_over_and_a_broken_one_is_not() {
        assert_eq!(decode(r#"{"type":"weather","sky":"blue"}"#).unwrap(), None);
        assert!(decode(r#"{"type":"text"}"#).is_err());
        assert!(decode("plain").is_err());
    }
}
