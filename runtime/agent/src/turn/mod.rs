//! One turn: the user's question, as many rounds of model and tools as it
//! takes, the answer.
//!
//! `machine` decides and is pure: inputs in, effects out. `drive` carries the
//! effects out against the ports, under the deadline.

mod assembly;
mod drive;
mod ending;
mod machine;
mod output;

pub use assembly::ToolCall;
pub use drive::{Drive, EventSender};
pub use ending::Ending;
pub use machine::{Effect, Input, MAX_ROUNDS, ToolOutcome, Turn, Usage};
pub use output::{TurnEvent, TurnRecord};
