//! The question before anything is changed.

use std::io::IsTerminal;

use deployer_core::Failure;

use crate::stop::{INTERRUPTED, Stop};

/// Goes on when `--yes` was given or the person at the terminal says so.
pub fn apply(yes: bool) -> Result<(), Stop> {
    if yes {
        return Ok(());
    }
    require_terminal("--yes")?;
    let answer = inquire::Confirm::new("Apply this plan?").with_default(false).prompt();
    match answer {
        Ok(true) => Ok(()),
        Ok(false) => Err(declined("the plan was not confirmed")),
        Err(error) => Err(unanswered(error)),
    }
}

/// A protected environment wants its name typed, or given with `--confirm`.
pub fn protected(environment: &str, confirm: Option<&str>) -> Result<(), Stop> {
    let typed = match confirm {
        Some(name) => name.to_string(),
        None => {
            require_terminal(&format!("--confirm {environment}"))?;
            inquire::Text::new("This environment is protected. Type its name to remove it:")
                .prompt()
                .map_err(unanswered)?
        }
    };
    if typed == environment { Ok(()) } else { Err(declined(&format!("`{typed}` is not the environment's name"))) }
}

fn require_terminal(flag: &str) -> Result<(), Stop> {
    if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() {
        return Ok(());
    }
    Err(Failure::new(
        "run/not-confirmed",
        "ask whether to apply the plan",
        "there is no terminal to ask at; nothing was changed",
    )
    .with_hint(format!("run it with {flag} to apply without a question"))
    .into())
}

fn unanswered(error: inquire::InquireError) -> Stop {
    match error {
        inquire::InquireError::OperationInterrupted => {
            Failure::new(INTERRUPTED, "apply the plan", "interrupted; nothing was changed").into()
        }
        error => declined(&error.to_string()),
    }
}

fn declined(cause: &str) -> Stop {
    Failure::new("run/not-confirmed", "apply the plan", format!("{cause}; nothing was changed")).into()
}
