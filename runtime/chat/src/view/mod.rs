//! What people and scripts see: the only place that writes to the terminal.

mod document;
mod figures;
mod markdown;
mod printable;
mod rendering;
mod terminal;

use std::io;

use contract::chat::ChatEvent;

pub(crate) use document::Silent;
pub use document::{Document, print_json};
pub(crate) use figures::counted;
pub use printable::printable;
pub use rendering::Rendering;
pub(crate) use rendering::screen_columns;
pub use terminal::{TerminalView, error, notice, shown_input, stopped};

/// Sees an answer's events as they come.
pub trait AnswerView {
    /// # Errors
    /// When the output is closed.
    fn event(&mut self, event: &ChatEvent) -> io::Result<()>;
}
