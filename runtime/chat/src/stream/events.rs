//! Chat events out of an answer's body.

use std::collections::VecDeque;

use contract::chat::ChatEvent;
use serde_json::Value;

use super::sse::SseParser;
use crate::failure::{Failure, chain};

/// No event comes near this: an answer that does is not ours.
const EVENT_LIMIT: usize = 16 << 20;

const NAMES: [&str; 8] =
    ["started", "text", "tool_started", "tool_finished", "approval_required", "usage", "error", "done"];

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
    let known = value.get("type").and_then(Value::as_str).is_some_and(|name| NAMES.contains(&name));
    if known { serde_json::from_value(value).map(Some) } else { Ok(None) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::error::ErrorBody;

    #[test]
    fn every_kind_of_event_is_known() {
        let id = String::from("c");
        let events = [
            ChatEvent::Started { conversation_id: id.clone() },
            ChatEvent::Text { text: "t".into() },
            ChatEvent::ToolStarted { id: "1".into(), name: "n".into(), input: Value::Null },
            ChatEvent::ToolFinished { id: "1".into(), name: "n".into(), success: true, duration_ms: 1, bytes: 2 },
            ChatEvent::ApprovalRequired { id: "1".into(), name: "n".into(), input: Value::Null },
            ChatEvent::Usage { input_tokens: 1, output_tokens: 2, cache_read_tokens: 3, cache_write_tokens: 4 },
            ChatEvent::Error { error: ErrorBody::new("a/b", "c").error },
            ChatEvent::Done { conversation_id: id, stop_reason: "end_turn".into(), tools_used: vec![] },
        ];
        for event in events {
            assert!(NAMES.contains(&event.name()));
            assert_eq!(decode(&serde_json::to_string(&event).unwrap()).unwrap(), Some(event));
        }
    }

    #[test]
    fn an_unknown_kind_is_passed_over_and_a_broken_one_is_not() {
        assert_eq!(decode(r#"{"type":"weather","sky":"blue"}"#).unwrap(), None);
        assert!(decode(r#"{"type":"text"}"#).is_err());
        assert!(decode("plain").is_err());
    }
}
