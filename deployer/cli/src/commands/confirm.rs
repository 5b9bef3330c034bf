//! The question before anything is changed.

use std::io::IsTerminal;

use deployer_core::{Failure, Plan, Settings};

use crate::stop::{INTERRUPTED, Stop};

/// What the command line approved already.
#[derive(Debug, Clone, Copy)]
pub struct Given {
    /// `--yes`
    pub yes: bool,
    /// `--approve-iam`
    pub approve_iam: bool,
}

/// What is left to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question {
    None,
    Confirm,
    /// `yes` in full, since somebody gets more access.
    TypeYes,
    /// `--yes` does not cover access.
    Refuse,
}

/// Goes on when the plan was approved on the command line or is at the terminal.
/// A plan that gives anyone more access wants an approval of that, too, where
/// the settings say so.
pub fn deployment(plan: &Plan, settings: &Settings, given: Given) -> Result<(), Stop> {
    let guarded = plan.widens_access() && settings.iam_approval;
    match question(guarded, given) {
        Question::None => Ok(()),
        Question::Confirm => ask(if guarded { "--yes --approve-iam" } else { "--yes" }),
        Question::TypeYes => ask_for_yes(),
        Question::Refuse => Err(access_not_approved(plan).into()),
    }
}

fn question(guarded: bool, given: Given) -> Question {
    match (guarded && !given.approve_iam, given.yes) {
        (false, true) => Question::None,
        (false, false) => Question::Confirm,
        (true, false) => Question::TypeYes,
        (true, true) => Question::Refuse,
    }
}

/// Goes on when `--yes` was given or the person at the terminal says so.
pub fn apply(yes: bool) -> Result<(), Stop> {
    if yes { Ok(()) } else { ask("--yes") }
}

/// A protected environment wants its name typed, or given with `--confirm`.
pub fn protected(environment: &str, confirm: Option<&str>) -> Result<(), Stop> {
    let typed = match confirm {
        Some(name) => name.to_string(),
        None => {
            require_terminal(&format!("--confirm {environment}"))?;
            type_in("This environment is protected. Type its name to remove it:")?
        }
    };
    if typed == environment { Ok(()) } else { Err(declined(&format!("`{typed}` is not the environment's name"))) }
}

fn ask(flags: &str) -> Result<(), Stop> {
    require_terminal(flags)?;
    match inquire::Confirm::new("Apply this plan?").with_default(false).prompt() {
        Ok(true) => Ok(()),
        Ok(false) => Err(declined("the plan was not confirmed")),
        Err(error) => Err(unanswered(error)),
    }
}

fn ask_for_yes() -> Result<(), Stop> {
    require_terminal("--yes --approve-iam")?;
    let typed = type_in("This plan gives more access, see above. Type `yes` in full to apply it:")?;
    if typed.trim() == "yes" { Ok(()) } else { Err(declined("the plan and its access were not confirmed")) }
}

fn access_not_approved(plan: &Plan) -> Failure {
    let cause = "it gives more access, which --yes does not approve; nothing was changed";
    Failure::new("plan/access-not-approved", format!("apply the plan of environment {}", plan.environment), cause)
        .with_hint("read the section Access of the plan, then add --approve-iam")
}

fn type_in(question: &str) -> Result<String, Stop> {
    inquire::Text::new(question).prompt().map_err(unanswered)
}

fn require_terminal(flags: &str) -> Result<(), Stop> {
    if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() {
        return Ok(());
    }
    Err(Failure::new(
        "run/not-confirmed",
        "ask whether to apply the plan",
        "there is no terminal to ask at; nothing was changed",
    )
    .with_hint(format!("run it with {flags} to apply without a question"))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(guarded: bool, yes: bool, approve_iam: bool) -> Question {
        question(guarded, Given { yes, approve_iam })
    }

    #[test]
    fn yes_is_enough_where_access_needs_no_approval() {
        assert_eq!(asked(false, true, false), Question::None);
        assert_eq!(asked(false, false, false), Question::Confirm);
        assert_eq!(asked(false, false, true), Question::Confirm);
    }

    #[test]
    fn more_access_wants_its_own_flag_or_a_typed_yes() {
        assert_eq!(asked(true, true, false), Question::Refuse);
        assert_eq!(asked(true, false, false), Question::TypeYes);
        assert_eq!(asked(true, false, true), Question::Confirm);
        assert_eq!(asked(true, true, true), Question::None);
    }
}
