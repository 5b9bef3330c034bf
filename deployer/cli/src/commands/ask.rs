//! Questions before something other than a plan is done.

use std::io::IsTerminal;

use deployer_core::Failure;

use crate::stop::{INTERRUPTED, Stop};

/// What is asked about.
pub struct Question<'a> {
    /// "adopt role x", for errors.
    pub doing: &'a str,
    pub text: &'a str,
}

impl Question<'_> {
    /// Goes on when `--yes` was given or the person at the terminal types this word.
    pub fn typed(&self, word: &str, yes: bool) -> Result<(), Stop> {
        if yes {
            return Ok(());
        }
        self.require_terminal()?;
        match inquire::Text::new(self.text).prompt() {
            Ok(typed) if typed.trim() == word => Ok(()),
            Ok(_) => Err(self.declined(&format!("`{word}` was not typed"))),
            Err(error) => Err(self.unanswered(error)),
        }
    }

    fn require_terminal(&self) -> Result<(), Stop> {
        if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() {
            return Ok(());
        }
        let cause = "there is no terminal to ask at; nothing was changed";
        Err(Failure::new("run/not-confirmed", self.doing, cause)
            .with_hint("run it with --yes to go on without a question")
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

    fn declined(&self, cause: &str) -> Stop {
        Failure::new("run/not-confirmed", self.doing, format!("{cause}; nothing was changed")).into()
    }
}
