//! The interactive prompt: reading lines and understanding them.

mod completion;
mod confirm;
mod line;
mod lines;

pub use completion::Conversations;
pub use confirm::confirm;
pub use line::{Command, HELP, Line, conversation_id};
pub use lines::{Lines, Read};
