//! What a run itself moves besides a step's own resource, so that its later
//! steps do not take that for the work of somebody else.

use deployer_core::observed::{Fact, Observed};
use deployer_core::plan::Operation;
use deployer_core::{Plan, Step, StepId};

/// True when the steps that are done explain that the step's resource is not as it was planned from.
pub fn explained(plan: &Plan, done: &[StepId], step: &Step, now: &Observed) -> bool {
    let is_done = |id: StepId| done.contains(&id);
    let was_absent = step.fingerprint == Observed::nothing(&now.account).fingerprint(step.id);
    match step.id {
        // The foundation stack makes the repositories, empty.
        StepId::AgentImage | StepId::ToolsImage => {
            let repository = if step.id == StepId::AgentImage { &now.agent_images } else { &now.tools_images };
            let is_empty = repository.present().is_some_and(|repository| repository.digests.is_empty());
            is_done(StepId::FoundationStack) && was_absent && is_empty
        }
        // A gateway takes its target with it, a function its policy.
        StepId::Target => replaces_gateway(plan) && is_done(StepId::Gateway) && now.target == Fact::Absent,
        StepId::FunctionPolicy => is_done(StepId::ApplicationStack) && now.function_policy == Fact::Absent,
        _ => false,
    }
}

fn replaces_gateway(plan: &Plan) -> bool {
    let mut operations = plan.steps.iter().filter_map(|step| step.operation.as_ref());
    operations.any(|operation| matches!(operation, Operation::EnsureGateway { replace: true, .. }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use deployer_core::observed::ObservedRepository;
    use deployer_core::{Action, plan};

    fn plan() -> Plan {
        Plan { environment: "e".into(), account: "1".into(), region: "r".into(), steps: vec![], access: vec![] }
    }

    fn step(id: StepId, planned_from: &Observed) -> Step {
        Step {
            id,
            action: Action::Create,
            resource: "x".into(),
            reason: String::new(),
            changes: vec![],
            foreign: vec![],
            depends_on: vec![],
            operation: Some(plan::Operation::DeleteRole { name: "x".into() }),
            fingerprint: planned_from.fingerprint(id),
        }
    }

    fn with_images(digests: &[&str]) -> Observed {
        let digests = digests.iter().map(|digest| digest.to_string()).collect();
        Observed { agent_images: Fact::Present(ObservedRepository { digests }), ..Observed::nothing("1") }
    }

    #[test]
    fn a_repository_that_this_run_made_is_explained() {
        let push = step(StepId::AgentImage, &Observed::nothing("1"));
        assert!(explained(&plan(), &[StepId::FoundationStack], &push, &with_images(&[])));
        assert!(!explained(&plan(), &[], &push, &with_images(&[])), "made by somebody else");
        assert!(!explained(&plan(), &[StepId::FoundationStack], &push, &with_images(&["sha256:a"])), "pushed to");
    }

    #[test]
    fn images_that_went_away_are_not_explained() {
        let push = step(StepId::AgentImage, &with_images(&["sha256:a"]));
        assert!(!explained(&plan(), &[StepId::FoundationStack], &push, &with_images(&[])));
    }

    #[test]
    fn a_target_that_went_away_is_explained_by_the_replacement_of_its_gateway_only() {
        let target = step(StepId::Target, &with_images(&[]));
        assert!(!explained(&plan(), &[StepId::Gateway], &target, &Observed::nothing("1")));
    }
}
