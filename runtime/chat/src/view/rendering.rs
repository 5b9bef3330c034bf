//! How an answer's text is shown, decided once.

use std::io::{self, IsTerminal};

use anstream::{AutoStream, ColorChoice};

/// For a screen whose width nobody tells.
const USUAL_WIDTH: u16 = 80;

/// How the text of answers is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rendering {
    /// As the model writes it.
    Plain,
    /// Formatted for a terminal of so many columns.
    Markdown { width: usize },
}

impl Rendering {
    /// Formatted on a terminal that takes styles: not with NO_COLOR or TERM=dumb, and not when asked for plain.
    pub fn of_standard_output(plain: bool) -> Self {
        let output = io::stdout();
        if plain || !output.is_terminal() || AutoStream::choice(&output) == ColorChoice::Never {
            return Self::Plain;
        }
        let columns = terminal_size::terminal_size().map_or(USUAL_WIDTH, |(width, _)| width.0);
        Self::Markdown { width: usize::from(columns) }
    }
}
