//! Desired against observed: what `up` and `plan` decide on.

use std::time::Duration;

use deployer_aws::observe;
use deployer_core::checks;
use deployer_core::desired::desired;
use deployer_core::observed::is_in_motion;
use deployer_core::plan::{Plan, plan};
use deployer_core::progress::Reporter;
use deployer_core::{Failure, Observed};

use crate::artifacts::Artifacts;
use crate::session::Session;

/// How long `up` waits for what an earlier, interrupted run left in motion.
const SETTLE_DEADLINE: Duration = Duration::from_secs(15 * 60);
const SETTLE_POLL: Duration = Duration::from_millis(500);

/// A plan with everything it was made from.
pub struct Estate {
    pub observed: Observed,
    pub plan: Plan,
    /// Reasons not to apply the plan.
    pub faults: Vec<Failure>,
}

/// Reads everything and plans. Reads only.
pub async fn plan_deployment(session: &Session, artifacts: &Artifacts) -> Result<Estate, Failure> {
    let observed = observe(&session.clients, &session.settings).await;
    decide(session, artifacts, observed)
}

/// The same, once nothing is in motion any more.
pub async fn plan_settled(
    session: &Session,
    artifacts: &Artifacts,
    reporter: &dyn Reporter,
) -> Result<Estate, Failure> {
    decide(session, artifacts, observe_settled(session, reporter).await?)
}

/// Observes until no stack, gateway or target is between two states.
pub async fn observe_settled(session: &Session, reporter: &dyn Reporter) -> Result<Observed, Failure> {
    let deadline = tokio::time::Instant::now() + SETTLE_DEADLINE;
    let mut told = false;
    loop {
        let observed = observe(&session.clients, &session.settings).await;
        let Some(moving) = in_motion(&observed) else {
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
            return Err(unsettled(&moving));
        }
        tokio::time::sleep(SETTLE_POLL).await;
    }
}

fn unsettled(moving: &str) -> Failure {
    let cause = format!("it did not come to rest in {} minutes", SETTLE_DEADLINE.as_secs() / 60);
    Failure::new("run/in-motion", format!("wait for {moving}"), cause)
        .with_hint("look at it in the AWS console; another run may be at work")
}

fn decide(session: &Session, artifacts: &Artifacts, observed: Observed) -> Result<Estate, Failure> {
    let settings = &session.settings;
    let desired = desired(settings, session.clients.location(), &artifacts.digests)
        .map_err(|error| Failure::new("plan/render", format!("plan environment {}", settings.environment), error))?;
    let plan = plan(&desired, &observed);
    let faults = checks::deployment(&settings.names(), &desired, &observed, &plan);
    Ok(Estate { observed, plan, faults })
}

/// The first resource that AWS is still working on.
fn in_motion(observed: &Observed) -> Option<String> {
    let stacks = [&observed.foundation, &observed.data, &observed.application].into_iter();
    let stack = stacks.filter_map(|fact| fact.present()).find(|stack| is_in_motion(&stack.status));
    if let Some(stack) = stack {
        return Some(format!("stack {} ({})", stack.id, stack.status));
    }
    if let Some(gateway) = observed.gateway.present().filter(|gateway| is_in_motion(&gateway.status)) {
        return Some(format!("gateway {} ({})", gateway.name, gateway.status));
    }
    let target = observed.target.present().filter(|target| is_in_motion(&target.status))?;
    Some(format!("target {} ({})", target.name, target.status))
}
