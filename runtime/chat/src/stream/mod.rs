//! The streamed answer: bytes to server-sent events to chat events.

mod events;
mod sse;

pub use events::AnswerStream;
