//! What has to be approved before a plan is applied.

use deployer_core::{Failure, Plan, Settings};

use super::ask::Question;
use crate::stop::Stop;

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
enum Need {
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
    let doing = format!("apply the plan of environment {}", plan.environment);
    let ask = |text| Question { doing: &doing, text, flags: if guarded { "--yes --approve-iam" } else { "--yes" } };
    match need(guarded, given) {
        Need::None => Ok(()),
        Need::Confirm => ask("Apply this plan?").confirmed(),
        Need::TypeYes => ask("This plan gives more access, see above. Type `yes` in full to apply it:").typed("yes"),
        Need::Refuse => Err(access_not_approved(plan).into()),
    }
}

fn need(guarded: bool, given: Given) -> Need {
    match (guarded && !given.approve_iam, given.yes) {
        (false, true) => Need::None,
        (false, false) => Need::Confirm,
        (true, false) => Need::TypeYes,
        (true, true) => Need::Refuse,
    }
}

/// A removal goes on when `--yes` was given or the person at the terminal says so. A protected
/// environment wants its name as well, typed or given with `--confirm`.
pub fn removal(settings: &Settings, yes: bool, confirm: Option<&str>) -> Result<(), Stop> {
    let doing = format!("remove environment {}", settings.environment);
    let missing = [(!yes).then(|| "--yes".to_string()), name_flag(settings, confirm)];
    let flags = missing.into_iter().flatten().collect::<Vec<_>>().join(" ");
    if settings.protected {
        let text = "This environment is protected. Type its name to remove it:";
        named(&Question { doing: &doing, text, flags: &flags }, &settings.environment, confirm)?;
    }
    match yes {
        true => Ok(()),
        false => Question { doing: &doing, text: "Delete what this plan lists?", flags: &flags }.confirmed(),
    }
}

fn name_flag(settings: &Settings, confirm: Option<&str>) -> Option<String> {
    (settings.protected && confirm.is_none()).then(|| format!("--confirm {}", settings.environment))
}

fn named(question: &Question<'_>, environment: &str, confirm: Option<&str>) -> Result<(), Stop> {
    match confirm {
        None => question.typed(environment),
        Some(name) if name == environment => Ok(()),
        Some(name) => Err(question.declined(&format!("`{name}` is not the environment's name"))),
    }
}

fn access_not_approved(plan: &Plan) -> Failure {
    let cause = "it gives more access, which --yes does not approve; nothing was changed";
    Failure::new("plan/access-not-approved", format!("apply the plan of environment {}", plan.environment), cause)
        .with_hint("read the section Access of the plan, then add --approve-iam")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(guarded: bool, yes: bool, approve_iam: bool) -> Need {
        need(guarded, Given { yes, approve_iam })
    }

    #[test]
    fn yes_is_enough_where_access_needs_no_approval() {
        assert_eq!(asked(false, true, false), Need::None);
        assert_eq!(asked(false, false, false), Need::Confirm);
        assert_eq!(asked(false, false, true), Need::Confirm);
    }

    #[test]
    fn more_access_wants_its_own_flag_or_a_typed_yes() {
        assert_eq!(asked(true, true, false), Need::Refuse);
        assert_eq!(asked(true, false, false), Need::TypeYes);
        assert_eq!(asked(true, false, true), Need::Confirm);
        assert_eq!(asked(true, true, true), Need::None);
    }
}
