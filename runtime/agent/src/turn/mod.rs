//! One turn: the user's question, as many rounds of model and tools as it
//! takes, the answer.
//!
//! `machine` decides and is pure: inputs in, effects out. `drive` carries the
//! effects out against the ports, until the turn ends by itself, by its
//! deadline, or because nobody waits for it any more. Calls that need the
//! user's yes end a turn for the time being; the next request goes on with it.

mod assembly;
mod calling;
mod calls;
#[cfg(test)]
mod converse_rules;
mod data;
mod drive;
mod ending;
mod machine;
mod output;
mod speech;
mod step;
mod transcript;

pub use assembly::ToolCall;
pub use calls::ToolOutcome;
#[cfg(test)]
pub use converse_rules::broken_rule;
pub use data::{as_data, framed};
pub use drive::{Drive, Driven, EventSender, Stops, Subject};
pub use ending::Ending;
pub use machine::Turn;
pub use output::{TurnEvent, TurnRecord};
pub use step::{Effect, Input, Opening, Rules};
