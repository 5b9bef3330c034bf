//! One file per command.

mod approval;
mod ask;
mod conversations;
mod converse;
mod export;
mod login;
mod serve;
mod tools;

pub use ask::ask;
pub use conversations::conversations;
pub use converse::converse;
pub use login::{log_in, log_out};
pub use serve::{ServeOptions, serve};
pub use tools::{show_tools, tools};

use crate::failure::Failure;

/// How a command ended that has already shown its outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Succeeded,
    /// The reason is on the screen.
    Failed,
    /// The answer goes on only after the user's yes to a tool.
    AwaitsApproval,
}

/// Output that cannot be written, as when a pipe is closed.
fn closed(error: std::io::Error) -> Failure {
    Failure::output("write the output", error)
}
