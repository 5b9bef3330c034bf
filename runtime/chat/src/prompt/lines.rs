//! Lines from a person at the terminal, with history, or from a pipe.

use std::{
    io::{self, BufRead, IsTerminal},
    path::{Path, PathBuf},
};

use rustyline::{Editor, error::ReadlineError, history::FileHistory};

use super::{
    completion::{Assistant, Conversations, goes_on, joined},
    confirm::is_yes,
    line::Line,
};
use crate::{failure::Failure, view::printable};

type LineEditor = Editor<Assistant, FileHistory>;

const PROMPT: &str = "you> ";

/// Where lines come from.
pub enum Lines {
    Terminal { editor: Box<LineEditor>, history: PathBuf },
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
    pub fn open(history: &Path, conversations: Conversations) -> Result<Self, Failure> {
        if !io::stdin().is_terminal() {
            return Ok(Self::Pipe);
        }
        let mut editor = LineEditor::new().map_err(|error| unusable(&error))?;
        editor.set_helper(Some(Assistant::new(conversations)));
        let _ = editor.load_history(history);
        Ok(Self::Terminal { editor: Box::new(editor), history: history.into() })
    }

    /// Whether a person sees what is printed between the lines.
    pub fn is_terminal(&self) -> bool {
        matches!(self, Self::Terminal { .. })
    }

    /// Asks a question for yes or no; blocks. From a pipe the answer is no.
    ///
    /// # Errors
    /// `chat/terminal` when standard input breaks.
    pub fn confirm(&mut self, question: &str) -> Result<bool, Failure> {
        let Self::Terminal { editor, .. } = self else { return Ok(false) };
        match editor.readline(&format!("{} [y/N] ", printable(question))) {
            Ok(text) => Ok(is_yes(&text)),
            Err(ReadlineError::Interrupted | ReadlineError::Eof) => Ok(false),
            Err(error) => Err(unusable(&error)),
        }
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

fn from_terminal(editor: &mut LineEditor, history: &Path) -> Result<Read, Failure> {
    match editor.readline(PROMPT) {
        Ok(text) => {
            let text = joined(&text);
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
fn remember(editor: &mut LineEditor, history: &Path, text: &str) {
    if editor.add_history_entry(text).unwrap_or(false) {
        let _ = history.parent().map(std::fs::create_dir_all);
        let _ = editor.append_history(history);
    }
}

fn from_pipe() -> Result<Read, Failure> {
    let mut text = String::new();
    while io::stdin().lock().read_line(&mut text).map_err(|error| unusable(&error))? > 0 {
        if !goes_on(text.trim_end_matches(['\n', '\r'])) {
            break;
        }
    }
    Ok(if text.is_empty() { Read::End } else { Read::Line(Line::parse(&joined(&text))) })
}

fn unusable(error: &dyn std::error::Error) -> Failure {
    Failure::new("chat/terminal", "read from standard input", error)
}
