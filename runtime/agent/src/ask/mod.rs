//! One question's way: read the conversation, open the user's tools, run the
//! turn, store it.
//!
//! `opening` refuses what can be refused before the answer starts, `continuing`
//! claims a turn that waited for the user's yes. `answering`
//! does the rest in a task of its own, so that a client that goes away leaves
//! a stored turn behind. `summary` asks for the words that stand for earlier
//! turns, `tools` says which tools the model gets, `report` logs and measures.

mod answering;
mod continuing;
mod opening;
mod question;
mod report;
mod summary;
#[cfg(test)]
mod tests;
mod tools;

pub use opening::ask;
pub use question::{Answer, Question};
