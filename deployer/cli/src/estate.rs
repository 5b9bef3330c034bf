//! Desired against observed: what `up` and `plan` decide on.

use std::time::Duration;

use deployer_aws::{function_state, observe};
use deployer_core::checks;
use deployer_core::desired::{ImageDigests, desired};
use deployer_core::doctor::FunctionState;
use deployer_core::observed::is_in_motion;
use deployer_core::only::{Part, Reduced, only};
use deployer_core::plan::{Plan, plan};
use deployer_core::progress::Reporter;
use deployer_core::{Desired, Failure, Observed, Settings, StepId};

use crate::artifacts::Artifacts;
use crate::session::Session;

const SETTLE_POLL: Duration = Duration::from_millis(500);

/// A plan with everything it was made from.
pub struct Estate {
    pub desired: Desired,
    pub observed: Observed,
    pub plan: Plan,
    /// Reasons not to apply the plan.
    pub faults: Vec<Failure>,
}

/// Reads everything and plans. Reads only.
pub async fn plan_deployment(session: &Session, artifacts: &Artifacts) -> Result<Estate, Failure> {
    let observed = observe(&session.clients, &session.settings).await;
    Ok(decide(&session.settings, desired_by(session, &artifacts.digests)?, observed))
}

/// The same, once nothing is in motion any more.
pub async fn plan_settled(
    session: &Session,
    artifacts: &Artifacts,
    reporter: &dyn Reporter,
) -> Result<Estate, Failure> {
    let desired = desired_by(session, &artifacts.digests)?;
    Ok(decide(&session.settings, desired, observe_settled(session, reporter).await?))
}

/// Observes until no stack, gateway, target or function is between two states: an
/// earlier, interrupted run may have left one in motion.
pub async fn observe_settled(session: &Session, reporter: &dyn Reporter) -> Result<Observed, Failure> {
    let patience = Duration::from_secs(session.settings.deadlines.stack_seconds.into());
    let deadline = tokio::time::Instant::now() + patience;
    let mut told = false;
    loop {
        let observing = observe(&session.clients, &session.settings);
        let (observed, function) = tokio::join!(observing, function_in_motion(session));
        let Some(moving) = in_motion(&observed).or(function) else {
            if told {
                reporter.finished("settle", "");
            }
            return Ok(observed);
        };
        if !told {
            reporter.started("settle", format!("wait for {moving}"));
            told = true;
        }
        if tokio::time::Instant::now() > deadline {
            reporter.failed("settle", "still in motion");
            return Err(unsettled(&moving, patience));
        }
        tokio::time::sleep(SETTLE_POLL).await;
    }
}

fn unsettled(moving: &str, patience: Duration) -> Failure {
    let cause = format!("it did not come to rest in {} seconds", patience.as_secs());
    Failure::new("run/in-motion", format!("wait for {moving}"), cause)
        .with_hint("look at it in the AWS console; another run may be at work")
}

/// What the session's settings describe with these images.
pub fn desired_by(session: &Session, digests: &ImageDigests) -> Result<Desired, Failure> {
    let settings = &session.settings;
    desired(settings, session.clients.location(), digests)
        .map_err(|error| Failure::new("plan/render", format!("plan environment {}", settings.environment), error))
}

/// The plan that leads to what is desired, and what speaks against it.
pub fn decide(settings: &Settings, desired: Desired, observed: Observed) -> Estate {
    let plan = plan(&desired, &observed);
    let faults = checks::deployment(&settings.names(), &desired, &observed, &plan);
    Estate { desired, observed, plan, faults }
}

impl Estate {
    /// Only a part of it; all of it for None.
    pub fn limited_to(self, part: Option<Part>, settings: &Settings) -> Self {
        let Some(part) = part else { return self };
        let Reduced { plan, mut faults } = only(self.plan, part);
        faults.extend(checks::deployment(&settings.names(), &self.desired, &self.observed, &plan));
        Self { plan, faults, ..self }
    }
}

/// The first resource that AWS is still working on.
fn in_motion(observed: &Observed) -> Option<String> {
    let stacks = StepId::STACKS.into_iter().filter_map(|id| observed.stack(id)?.present());
    let stack = stacks.into_iter().find(|stack| is_in_motion(&stack.status));
    if let Some(stack) = stack {
        return Some(format!("stack {} ({})", stack.id, stack.status));
    }
    if let Some(gateway) = observed.gateway.present().filter(|gateway| is_in_motion(&gateway.status)) {
        return Some(format!("gateway {} ({})", gateway.name, gateway.status));
    }
    let target = observed.target.present().filter(|target| is_in_motion(&target.status))?;
    Some(format!("target {} ({})", target.name, target.status))
}

/// The first function that is not yet as its last change made it, and does not
/// answer until then. One that cannot be read is the plan's to tell.
async fn function_in_motion(session: &Session) -> Option<String> {
    let names = session.settings.names();
    let state = async |name: String| {
        let state = function_state(&session.clients, &name).await.ok().flatten()?;
        is_changing(&state).then(|| format!("function {name}"))
    };
    let (agent, tools) = tokio::join!(state(names.agent_function()), state(names.tool_function()));
    agent.or(tools)
}

fn is_changing(state: &FunctionState) -> bool {
    state.state == "Pending" || state.last_update.as_deref() == Some("InProgress")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn function_changes_until_it_is_made_and_its_update_is_through() {
        let changing = |state: &str, last_update: Option<&str>| {
            is_changing(&FunctionState {
                state: state.into(),
                state_reason: None,
                last_update: last_update.map(str::to_string),
                last_update_reason: None,
            })
        };
        assert!(changing("Pending", None) && changing("Active", Some("InProgress")));
        assert!(!changing("Active", None) && !changing("Active", Some("Failed")) && !changing("Inactive", None));
    }
}
