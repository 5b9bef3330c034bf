//! What may have changed about a step's resource since the plan was made without
//! making the plan wrong: what this run itself moved, an operation that has come
//! to its end, and a stack that somebody has made just as it is wanted.

use std::collections::BTreeMap;

use deployer_core::observed::{Fact, Observed, ObservedGateway, ObservedStack, ObservedTarget};
use deployer_core::plan::{Operation, StackMode, Value};
use deployer_core::resource::Resource;
use deployer_core::{Plan, Step, StepId};

/// True when the step can be carried out although its resource is not as it was planned from.
pub fn explained(plan: &Plan, done: &[StepId], step: &Step, now: &Observed) -> bool {
    moved_by(plan, done, step, now) || came_to_rest(step, now) || is_as_wanted(step, now)
}

fn moved_by(plan: &Plan, done: &[StepId], step: &Step, now: &Observed) -> bool {
    use StepId::*;
    let is_done = |ids: &[StepId]| ids.iter().any(|id| done.contains(id));
    if step.id.stack().is_some_and(|stack| is_done(&[stack])) {
        return true;
    }
    let was_absent = step.fingerprint == Observed::nothing(&now.account).fingerprint(step.id);
    let is_absent = *now.of_stack(step.id) == Fact::Absent;
    match step.id {
        // The foundation stack makes the repositories, empty.
        AgentImage => was_absent && is_done(&[FoundationStack, AgentRepository]) && is_empty(now, step.id),
        ToolsImage => was_absent && is_done(&[FoundationStack, ToolsRepository]) && is_empty(now, step.id),
        // A gateway takes its target with it, a function its URL and its policy.
        Target => replaces_gateway(plan) && is_done(&[Gateway]) && now.target == Fact::Absent,
        FunctionPolicy => is_done(&[ApplicationStack, ToolFunction]) && now.function_policy == Fact::Absent,
        // A policy that was made again was taken from its role before.
        ToolRole => is_done(&[ReadAccessStack, ReadPolicies]),
        AgentUrl => is_done(&[AgentFunction]) && is_absent,
        AgentUrlPolicy => is_done(&[AgentFunction]) && has_no_statements(now),
        _ => false,
    }
}

fn is_empty(now: &Observed, id: StepId) -> bool {
    let images = if id == StepId::AgentImage { &now.agent_images } else { &now.tools_images };
    images.present().is_some_and(|repository| repository.digests.is_empty())
}

fn has_no_statements(now: &Observed) -> bool {
    match now.of_stack(StepId::AgentUrlPolicy) {
        Fact::Absent => true,
        Fact::Present(Resource::FunctionPolicy(policy)) => policy.statements.is_empty(),
        _ => false,
    }
}

/// Statuses in which a stack takes an update, and those that lead there: a plan
/// made from any of them does the same.
const STACK_AT_REST: [&str; 5] =
    ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"];
const STACK_IN_MOTION: [&str; 7] = [
    "CREATE_IN_PROGRESS",
    "UPDATE_IN_PROGRESS",
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
    "UPDATE_ROLLBACK_IN_PROGRESS",
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
    "IMPORT_IN_PROGRESS",
    "IMPORT_ROLLBACK_IN_PROGRESS",
];
/// CloudFormation's reason while it does what somebody asked for.
const ASKED_FOR: &str = "User Initiated";

const GATEWAY_IN_MOTION: [&str; 2] = ["CREATING", "UPDATING"];
const TARGET_IN_MOTION: [&str; 3] = ["CREATING", "UPDATING", "SYNCHRONIZING"];

/// True when nothing but the status has changed, to one in which nothing is in motion.
fn came_to_rest(step: &Step, now: &Observed) -> bool {
    earlier(step.id, now).iter().any(|then| then.fingerprint(step.id) == step.fingerprint)
}

/// What may have been observed before the resource came to rest as it is now.
fn earlier(id: StepId, now: &Observed) -> Vec<Observed> {
    match id {
        StepId::Gateway => {
            gateway_earlier(&now.gateway).map(|gateway| with(now, |then| then.gateway = gateway)).collect()
        }
        StepId::Target => target_earlier(&now.target).map(|target| with(now, |then| then.target = target)).collect(),
        id => {
            let stacks = now.stack(id).into_iter().flat_map(stack_earlier);
            stacks.map(|earlier| with(now, |then| *then.stack_mut(id).expect("it was found") = earlier)).collect()
        }
    }
}

/// Of two first runs at the same moment, the one that takes the lease may find
/// the foundation stack made by the other one.
fn is_as_wanted(step: &Step, now: &Observed) -> bool {
    let Some(Operation::DeployStack(wanted)) = &step.operation else { return false };
    let Some(stack) = now.stack(step.id) else { return false };
    let given = |(name, value): (&String, &Value)| match value {
        Value::Known(text) => Some((name.clone(), text.clone())),
        Value::Output { .. } => None,
    };
    let parameters: Option<BTreeMap<String, String>> = wanted.parameters.iter().map(given).collect();
    stack.present().is_some_and(|stack| {
        STACK_AT_REST.contains(&stack.status.as_str())
            && wanted.mode == StackMode::Create
            && stack.has_template(&wanted.template)
            && stack.tags == wanted.tags
            && Some(&stack.parameters) == parameters.as_ref()
    })
}

fn with(now: &Observed, change: impl FnOnce(&mut Observed)) -> Observed {
    let mut then = now.clone();
    change(&mut then);
    then
}

fn stack_earlier(now: &Fact<ObservedStack>) -> impl Iterator<Item = Fact<ObservedStack>> {
    let at_rest = now.present().filter(|stack| STACK_AT_REST.contains(&stack.status.as_str())).cloned();
    at_rest.into_iter().flat_map(|stack| {
        let reasons = [None, Some(ASKED_FOR.to_string()), stack.status_reason.clone()];
        let statuses = STACK_AT_REST.into_iter().chain(STACK_IN_MOTION);
        statuses.flat_map(move |status| {
            let stack = stack.clone();
            reasons.clone().into_iter().map(move |status_reason| {
                Fact::Present(ObservedStack { status: status.into(), status_reason, ..stack.clone() })
            })
        })
    })
}

fn gateway_earlier(now: &Fact<ObservedGateway>) -> impl Iterator<Item = Fact<ObservedGateway>> {
    let ready = now.present().filter(|gateway| gateway.status == "READY").cloned();
    ready.into_iter().flat_map(|gateway| {
        GATEWAY_IN_MOTION.map(|status| Fact::Present(ObservedGateway { status: status.into(), ..gateway.clone() }))
    })
}

fn target_earlier(now: &Fact<ObservedTarget>) -> impl Iterator<Item = Fact<ObservedTarget>> {
    let ready = now.present().filter(|target| target.status == "READY").cloned();
    ready.into_iter().flat_map(|target| {
        TARGET_IN_MOTION.map(|status| Fact::Present(ObservedTarget { status: status.into(), ..target.clone() }))
    })
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

    fn with_stack(status: &str, reason: Option<&str>, template: &str) -> Observed {
        let stack = ObservedStack {
            id: "s".into(),
            status: status.into(),
            status_reason: reason.map(str::to_string),
            template: template.into(),
            parameters: Default::default(),
            outputs: Default::default(),
            tags: Default::default(),
        };
        Observed { data: Fact::Present(stack), ..Observed::nothing("1") }
    }

    #[test]
    fn a_stack_that_came_to_rest_with_the_same_template_is_explained() {
        let planned = step(StepId::DataStack, &with_stack("UPDATE_IN_PROGRESS", Some("User Initiated"), "t"));
        let explains = |now: &Observed| explained(&plan(), &[], &planned, now);
        assert!(explains(&with_stack("UPDATE_COMPLETE", None, "t")));
        assert!(explains(&with_stack("UPDATE_ROLLBACK_COMPLETE", Some("it failed"), "t")));
        assert!(!explains(&with_stack("UPDATE_COMPLETE", None, "another")));
        assert!(!explains(&with_stack("UPDATE_ROLLBACK_FAILED", None, "t")));
        assert!(!explains(&with_stack("DELETE_IN_PROGRESS", None, "t")));
    }

    #[test]
    fn a_plan_that_makes_a_lost_stack_again_is_not_carried_out_on_one_that_is_whole() {
        let planned = step(StepId::DataStack, &with_stack("ROLLBACK_COMPLETE", None, "t"));
        assert!(!explained(&plan(), &[], &planned, &with_stack("UPDATE_COMPLETE", None, "t")));
    }

    #[test]
    fn a_stack_that_another_first_run_made_as_wanted_is_explained() {
        let wanted = |template: &str, mode| {
            let deployment = plan::StackDeployment {
                name: "s".into(),
                mode,
                template: template.into(),
                parameters: Default::default(),
                tags: Default::default(),
                expected: vec![],
            };
            let operation = Some(Operation::DeployStack(deployment));
            Step { operation, ..step(StepId::DataStack, &Observed::nothing("1")) }
        };
        let now = with_stack("CREATE_COMPLETE", None, "t");
        assert!(explained(&plan(), &[], &wanted("t", StackMode::Create), &now));
        assert!(!explained(&plan(), &[], &wanted("another", StackMode::Create), &now));
        assert!(!explained(&plan(), &[], &wanted("t", StackMode::Recreate), &now));
        let begun = with_stack("CREATE_IN_PROGRESS", None, "t");
        assert!(!explained(&plan(), &[], &wanted("t", StackMode::Create), &begun));
    }

    #[test]
    fn a_resource_is_moved_by_its_own_stack_only() {
        let log_group = step(StepId::AgentLogGroup, &Observed::nothing("1"));
        let fact = Fact::Present(Resource::LogGroup(deployer_core::resource::LogGroup {
            name: "g".into(),
            retention_days: None,
            tags: Default::default(),
        }));
        let now = Observed { resources: [(StepId::AgentLogGroup, fact)].into(), ..Observed::nothing("1") };
        assert!(explained(&plan(), &[StepId::ApplicationStack], &log_group, &now));
        assert!(!explained(&plan(), &[StepId::DataStack], &log_group, &now));
    }

    #[test]
    fn a_function_that_was_made_again_explains_that_its_url_is_gone() {
        let now = Observed::nothing("1");
        let mut url = step(StepId::AgentUrl, &now);
        url.fingerprint = "of the url".into();
        assert!(explained(&plan(), &[StepId::AgentFunction], &url, &now));
        assert!(!explained(&plan(), &[StepId::ToolFunction], &url, &now));
    }
}
