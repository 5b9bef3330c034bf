//! The bytes of a streamed answer.

use std::time::Duration;

use axum::body::Bytes;
use contract::chat::{ChatEvent, PendingCall};
use futures::{Stream, stream};
use tokio::sync::mpsc::Receiver;
use tokio::time::timeout;

use super::answer::{broke_off, failure_of};
use crate::turn::{Ending, TurnEvent};

/// Silence after which events are kept alive: proxies drop a connection that says nothing for some tens of
/// seconds, and only by writing is it found out that a client went away.
pub const QUIET: Duration = Duration::from_secs(10);

/// A comment, which readers of events pass over (HTML standard, "Server-sent events", 9.2.6).
const KEEP_ALIVE: &[u8] = b": keep-alive\n\n";

/// How a streamed answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Server-sent events, `event: <type>` and `data: <JSON of ChatEvent>`.
    Events,
    /// The answer's text alone.
    Text,
}

/// Writes the events of an answer, and a closing one when the turn's task vanished without. Whoever drops the
/// stream closes the channel of its events, which ends the turn.
pub fn frames(first: TurnEvent, events: Receiver<TurnEvent>, form: Form, quiet: Duration) -> impl Stream<Item = Bytes> {
    let writer = Writer { first: Some(first), events, form, quiet, said: false, ended: false };
    stream::unfold(writer, |mut writer| async move { Some((writer.next().await?, writer)) })
}

struct Writer {
    first: Option<TurnEvent>,
    events: Receiver<TurnEvent>,
    form: Form,
    quiet: Duration,
    /// Whether any text was written.
    said: bool,
    ended: bool,
}

impl Writer {
    async fn next(&mut self) -> Option<Bytes> {
        while !self.ended {
            let bytes = match self.next_event().await {
                Some(event) => {
                    self.ended = matches!(event, TurnEvent::Broken(_) | TurnEvent::Chat(ChatEvent::Done { .. }));
                    self.written(&event)
                }
                None => (self.form == Form::Events).then_some(Bytes::from_static(KEEP_ALIVE)),
            };
            if let Some(bytes) = bytes {
                self.said = true;
                return Some(bytes);
            }
        }
        None
    }

    /// None after some silence.
    async fn next_event(&mut self) -> Option<TurnEvent> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        let next = timeout(self.quiet, self.events.recv()).await.ok()?;
        Some(next.unwrap_or_else(|| TurnEvent::Broken(Ending::Failed(broke_off()))))
    }

    fn written(&self, event: &TurnEvent) -> Option<Bytes> {
        match (self.form, event) {
            (Form::Events, TurnEvent::Chat(event)) => frame(event),
            (Form::Events, TurnEvent::Broken(ending)) => {
                frame(&ChatEvent::Error { error: failure_of(ending).detail() })
            }
            (Form::Text, TurnEvent::Chat(event)) => self.text(event),
            (Form::Text, TurnEvent::Broken(ending)) => Some(label(ending, self.said).into()),
        }
    }

    fn text(&self, event: &ChatEvent) -> Option<Bytes> {
        match event {
            ChatEvent::Text { text } => Some(text.clone().into()),
            ChatEvent::ApprovalRequired { id, name, input } => {
                let call = PendingCall { id: id.clone(), name: name.clone(), input: input.clone() };
                Some(paragraph(&waiting(&call), self.said).into())
            }
            _ => None,
        }
    }
}

fn frame(event: &ChatEvent) -> Option<Bytes> {
    let data = serde_json::to_string(event).ok()?;
    Some(format!("event: {}\ndata: {data}\n\n", event.name()).into())
}

/// The ending's label as a paragraph after what was said.
pub fn label(ending: &Ending, said: bool) -> String {
    paragraph(&ending.label().unwrap_or_default(), said)
}

fn waiting(call: &PendingCall) -> String {
    format!("[{} with {} waits for your yes: send approvals with the id {}]", call.name, call.input, call.id)
}

fn paragraph(text: &str, said: bool) -> String {
    if said { format!("\n\n{text}\n") } else { format!("{text}\n") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::StreamExt;
    use serde_json::json;
    use tokio::sync::mpsc;

    fn started() -> TurnEvent {
        TurnEvent::Chat(ChatEvent::Started { conversation_id: "c1".into() })
    }

    fn text(bytes: Option<Bytes>) -> String {
        String::from_utf8(bytes.unwrap().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn silence_is_filled_with_comments_until_the_next_event() {
        let (sender, receiver) = mpsc::channel(8);
        let mut frames = Box::pin(frames(started(), receiver, Form::Events, Duration::from_millis(20)));
        assert!(text(frames.next().await).starts_with("event: started\n"));
        assert_eq!(text(frames.next().await), ": keep-alive\n\n");
        sender.send(TurnEvent::Chat(ChatEvent::Text { text: "a\nb".into() })).await.unwrap();
        assert_eq!(text(frames.next().await), "event: text\ndata: {\"type\":\"text\",\"text\":\"a\\nb\"}\n\n");
    }

    #[tokio::test]
    async fn a_stream_that_is_dropped_closes_the_turns_events() {
        for form in [Form::Events, Form::Text] {
            let (sender, receiver) = mpsc::channel(8);
            let mut frames = Box::pin(frames(started(), receiver, form, Duration::from_millis(20)));
            // Nobody polls a body that is gone, so the drop itself has to tell.
            assert!(
                timeout(Duration::from_millis(60), async { while frames.next().await.is_some() {} }).await.is_err()
            );
            assert!(!sender.is_closed());
            drop(frames);
            assert!(sender.is_closed());
        }
    }

    #[tokio::test]
    async fn a_turn_that_vanishes_is_told_in_either_form() {
        for (form, wanted) in [(Form::Events, "event: error\ndata: {"), (Form::Text, "[answer cut short: internal]\n")]
        {
            let (sender, receiver) = mpsc::channel::<TurnEvent>(8);
            drop(sender);
            let chunks: Vec<_> = frames(started(), receiver, form, QUIET).collect().await;
            assert!(text(chunks.last().cloned()).starts_with(wanted), "{chunks:?}");
        }
    }

    #[tokio::test]
    async fn a_call_that_waits_is_told_in_plain_text_too() {
        let (sender, receiver) = mpsc::channel(8);
        let call = ChatEvent::ApprovalRequired { id: "t0".into(), name: "aws___x".into(), input: json!({"a": 1}) };
        sender.send(TurnEvent::Chat(call)).await.unwrap();
        let mut frames = Box::pin(frames(started(), receiver, Form::Text, QUIET));
        let said = text(frames.next().await);
        assert_eq!(said, "[aws___x with {\"a\":1} waits for your yes: send approvals with the id t0]\n");
    }
}
