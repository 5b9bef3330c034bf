//! How an answer's text is shown, decided once.

use std::io::{self, IsTerminal};

use anstream::{AutoStream, ColorChoice};

use super::{markdown::Markdown, printable};

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
        Self::Markdown { width: columns() }
    }

    /// A whole text, made safe and formatted.
    pub fn of_text(self, text: &str) -> String {
        let text = printable(text);
        let Self::Markdown { width } = self else { return text.into_owned() };
        let mut markdown = Markdown::new(width);
        markdown.push(&text) + &markdown.flush()
    }
}

/// Columns of the screen that standard output goes to; `None` when it goes elsewhere.
pub fn screen_columns() -> Option<usize> {
    io::stdout().is_terminal().then(columns)
}

fn columns() -> usize {
    usize::from(terminal_size::terminal_size().map_or(USUAL_WIDTH, |(width, _)| width.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_text_is_formatted_only_for_a_terminal() {
        assert_eq!(Rendering::Plain.of_text("**a**\u{1b}[2J"), "**a**[2J");
        assert_eq!(Rendering::Markdown { width: 80 }.of_text("a **b**"), "a \u{1b}[1mb\u{1b}[0m");
    }
}
