//! Lines from a person at the terminal, with history, or from a pipe.

use std::{
    io::{self, BufRead, IsTerminal},
    path::{Path, PathBuf},
};

use rustyline::{DefaultEditor, error::ReadlineError};

use super::line::Line;
use crate::failure::Failure;

const PROMPT: &str = "you> ";

/// Where lines come from.
pub enum Lines {
    Terminal { editor: Box<DefaultEditor>, history: PathBuf },
    Pipe,
}

/// What reading gave.
#[derive(Debug, PartialEq)]
pub enum Read {
    Line(Line),
    /// Ctrl-C at an empty prompt.
    Interrupted,
    /// Ctrl-D, or the end of the pipe.
    End,
}

impl Lines {
    /// The terminal when standard input is one. A history that cannot be read is no reason to fail.
    ///
    /// # Errors
    /// `chat/terminal` when the terminal cannot be used.
    pub fn open(history: &Path) -> Result<Self, Failure> {
        if !io::stdin().is_terminal() {
            return Ok(Self::Pipe);
        }
        let mut editor = DefaultEditor::new().map_err(|error| unusable(&error))?;
        let _ = editor.load_history(history);
        Ok(Self::Terminal { editor: Box::new(editor), history: history.into() })
    }

    /// Whether a person sees what is printed between the lines.
    pub fn is_terminal(&self) -> bool {
        matches!(self, Self::Terminal { .. })
    }

    /// Blocks until there is a line.
    ///
    /// # Errors
    /// `chat/terminal` when standard input breaks.
    pub fn read(&mut self) -> Result<Read, Failure> {
        match self {
            Self::Terminal { editor, history } => from_terminal(editor, history),
            Self::Pipe => from_pipe(),
        }
    }
}

fn from_terminal(editor: &mut DefaultEditor, history: &Path) -> Result<Read, Failure> {
    match editor.readline(PROMPT) {
        Ok(text) => {
            let line = Line::parse(&text);
            if line != Line::Empty && !line.is_secret() {
                remember(editor, history, &text);
            }
            Ok(Read::Line(line))
        }
        Err(ReadlineError::Interrupted) => Ok(Read::Interrupted),
        Err(ReadlineError::Eof) => Ok(Read::End),
        Err(error) => Err(unusable(&error)),
    }
}

/// Written at once, so that a killed session loses nothing; a full disk must not end the chat.
fn remember(editor: &mut DefaultEditor, history: &Path, text: &str) {
    if editor.add_history_entry(text).unwrap_or(false) {
        let _ = history.parent().map(std::fs::create_dir_all);
        let _ = editor.append_history(history);
    }
}

fn from_pipe() -> Result<Read, Failure> {
    let mut text = String::new();
    match io::stdin().lock().read_line(&mut text).map_err(|error| unusable(&error))? {
        0 => Ok(Read::End),
        _ => Ok(Read::Line(Line::parse(&text))),
    }
}

fn unusable(error: &dyn std::error::Error) -> Failure {
    Failure::new("chat/terminal", "read from standard input", error)
}
