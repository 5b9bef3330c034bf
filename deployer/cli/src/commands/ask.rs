//! Questions at the terminal before something is changed.

use std::io::IsTerminal;

use deployer_core::Failure;

use crate::stop::{INTERRUPTED, Stop};

/// What is asked about.
pub struct Question<'a> {
    /// "adopt role x", for errors.
    pub doing: &'a str,
    pub text: &'a str,
    /// What answers it on the command line, for who has no terminal.
    pub flags: &'a str,
}

impl Question<'_> {
    /// Goes on when the person at the terminal says yes.
    pub fn confirmed(&self) -> Result<(), Stop> {
        self.require_terminal()?;
        match inquire::Confirm::new(self.text).with_default(false).prompt() {
            Ok(true) => Ok(()),
            Ok(false) => Err(self.declined("it was not confirmed")),
            Err(error) => Err(self.unanswered(error)),
        }
    }

    /// Goes on when the person at the terminal types this word.
    pub fn typed(&self, word: &str) -> Result<(), Stop> {
        self.require_terminal()?;
        let typed = inquire::Text::new(self.text).prompt().map_err(|error| self.unanswered(error))?;
        if typed.trim() == word { Ok(()) } else { Err(self.declined(&format!("`{word}` was not typed"))) }
    }

    /// Why it does not go on.
    pub fn declined(&self, cause: &str) -> Stop {
        Failure::new("run/not-confirmed", self.doing, format!("{cause}; nothing was changed")).into()
    }

    fn require_terminal(&self) -> Result<(), Stop> {
        if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() {
            return Ok(());
        }
        let cause = "it needs a confirmation and there is no terminal to ask at; nothing was changed";
        Err(Failure::new("run/not-confirmed", self.doing, cause)
            .with_hint(format!("run it with {} to go on without a question", self.flags))
            .into())
    }

    fn unanswered(&self, error: inquire::InquireError) -> Stop {
        match error {
            inquire::InquireError::OperationInterrupted => {
                Failure::new(INTERRUPTED, self.doing, "interrupted; nothing was changed").into()
            }
            error => self.declined(&error.to_string()),
        }
    }
}
