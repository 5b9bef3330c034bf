//! What a stack would run into or take away: resources of its names that exist
//! already, data that it would delete, targets of others.

use contract::Names;

use crate::desired::Desired;
use crate::failure::Failure;
use crate::observed::{Fact, Observed, ObservedStack};
use crate::plan::{Operation, Plan, ResourceChange, ResourceChangeKind, StackDeployment, StackMode, Step, StepId};
use crate::resource::Resource;
use crate::template::step_of;

/// CloudFormation fails at a resource that exists already, or an emulator takes
/// it over. The conversation table has a fault of its own.
pub fn existing(names: &Names, desired: &Desired, observed: &Observed, plan: &Plan) -> Vec<Failure> {
    let mut faults = Vec::new();
    for (step, deployment) in deployments(plan) {
        let added = deployment.expected.iter().filter(|change| change.change == ResourceChangeKind::Add);
        for id in added.filter_map(|change| step_of(&change.logical_id, &change.resource_type)) {
            let Some(resource) = observed.of_stack(id).present().filter(|resource| has_a_name(resource)) else {
                continue;
            };
            let of_the_stack = deployment.mode == StackMode::Recreate && belongs(names, step.id, observed, resource);
            if id != StepId::ConversationsTable && !of_the_stack {
                faults.push(exists(desired, step, id, resource));
            }
        }
    }
    faults
}

fn exists(desired: &Desired, step: &Step, id: StepId, resource: &Resource) -> Failure {
    let (label, environment) = (resource.label(), &desired.environment);
    let cause = format!("{label} exists already, and the stack would have to make it");
    let remove = format!("remove {label} if nothing needs it");
    let hint = match resource {
        Resource::LogGroup(_) => {
            format!("take it over with `deployer adopt {} --env {environment}`, or {remove}", id.name())
        }
        _ => format!("{remove}, or choose another project.prefix"),
    };
    Failure::new("plan/resource-exists", format!("plan {}", step.resource), cause).with_hint(hint)
}

/// A URL and a policy come and go with their function.
fn has_a_name(resource: &Resource) -> bool {
    !matches!(resource, Resource::FunctionUrl(_) | Resource::FunctionPolicy(_))
}

/// True for what a stack still holds that is to be deleted and made again. One
/// whose creation was rolled back holds nothing any more.
fn belongs(names: &Names, stack: StepId, observed: &Observed, resource: &Resource) -> bool {
    let holds = |stack: &ObservedStack| stack.status != "ROLLBACK_COMPLETE";
    observed.stack(stack).and_then(Fact::present).is_some_and(holds) && resource.is_owned(names)
}

/// A table that an update takes away or makes again loses what is in it.
pub fn lost_data(observed: &Observed, plan: &Plan) -> Vec<Failure> {
    let loses = |change: &&ResourceChange| {
        let gone = matches!(change.change, ResourceChangeKind::Remove | ResourceChangeKind::Replace);
        let step = step_of(&change.logical_id, &change.resource_type);
        let is_empty = step.is_some_and(|id| *observed.of_stack(id) == Fact::Absent);
        change.resource_type == "AWS::DynamoDB::Table" && gone && !is_empty
    };
    deployments(plan)
        .flat_map(|(step, deployment)| deployment.expected.iter().filter(loses).map(move |change| (step, change)))
        .map(|(step, change)| {
            let verb = if change.change == ResourceChangeKind::Remove { "delete" } else { "make again" };
            let cause = format!("it would {verb} table {}, and what is in it would be lost", change.logical_id);
            Failure::new("plan/replaces-data", format!("plan {}", step.resource), cause)
                .with_hint("move the data into a new environment, or keep the table's name and keys")
        })
        .collect()
}

/// A gateway takes its targets with it when it is made again.
pub fn foreign_targets(observed: &Observed, plan: &Plan) -> Option<Failure> {
    let replaces = |step: &&Step| matches!(step.operation, Some(Operation::EnsureGateway { replace: true, .. }));
    let step = plan.steps.iter().find(replaces)?;
    let targets = &observed.gateway.present()?.foreign_targets;
    (!targets.is_empty()).then(|| {
        let cause = format!("it has to be made again and holds targets that are not ours: {}", targets.join(", "));
        Failure::new("plan/not-owned", format!("plan {}", step.resource), cause)
            .with_hint("move those targets to a gateway of their own first")
    })
}

fn deployments(plan: &Plan) -> impl Iterator<Item = (&Step, &StackDeployment)> {
    plan.steps.iter().filter_map(|step| match &step.operation {
        Some(Operation::DeployStack(deployment)) => Some((step, deployment)),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::plan;
    use crate::samples;

    fn codes(desired: &Desired, observed: &Observed) -> Vec<(&'static str, String)> {
        let faults =
            super::super::deployment(&samples::settings().names(), desired, observed, &plan(desired, observed));
        faults.into_iter().map(|fault| (fault.code, fault.cause)).collect()
    }

    fn untagged(observed: &mut Observed, id: StepId) {
        if let Some(Fact::Present(Resource::LogGroup(group))) = observed.resources.get_mut(&id) {
            group.tags.clear();
        }
    }

    #[test]
    fn what_a_new_stack_would_run_into_is_named() {
        let (desired, mut observed) = (samples::estate(), samples::nothing());
        samples::deploy(&mut observed, &desired, StepId::AgentLogGroup);
        for _tagged_or_not in 0..2 {
            let [(code, cause)] = &codes(&desired, &observed)[..] else { panic!("one fault") };
            assert_eq!(*code, "plan/resource-exists");
            assert!(cause.contains("log group /aws/lambda/aws-operations-agent-test"), "{cause}");
            untagged(&mut observed, StepId::AgentLogGroup);
        }
    }

    #[test]
    fn what_an_update_would_run_into_is_named_too() {
        let desired = samples::estate();
        let mut observed = samples::whole();
        let Fact::Present(stack) = &mut observed.application else { panic!() };
        let without = stack.template.replace("  ToolLogGroup:\n", "  ElsewhereLogGroup:\n");
        stack.template = without;
        assert!(codes(&desired, &observed).iter().any(|(code, _)| *code == "plan/resource-exists"));
    }

    #[test]
    fn a_lost_stack_owns_what_it_still_holds_and_nothing_else() {
        let (desired, mut observed) = (samples::estate(), samples::whole());
        let mut faults = |status: &str, tagged: bool| {
            let Fact::Present(stack) = &mut observed.application else { panic!() };
            stack.status = status.into();
            if !tagged {
                untagged(&mut observed, StepId::ToolLogGroup);
            }
            codes(&desired, &observed).len()
        };
        assert_eq!(faults("DELETE_FAILED", true), 0);
        assert_eq!(faults("ROLLBACK_COMPLETE", true), 6, "two log groups, two roles, two functions");
        assert_eq!(faults("DELETE_FAILED", false), 1);
    }

    #[test]
    fn a_table_is_not_made_again_while_there_is_something_in_it() {
        let (desired, mut observed) = (samples::estate(), samples::whole());
        let Fact::Present(stack) = &mut observed.foundation else { panic!() };
        stack.template =
            stack.template.replace("AttributeName: pk\n          KeyType", "AttributeName: id\n          KeyType");
        let [(code, cause)] = &codes(&desired, &observed)[..] else { panic!("one fault") };
        assert_eq!(*code, "plan/replaces-data");
        assert!(cause.contains("make again table DeploymentsTable"), "{cause}");
        observed.resources.remove(&StepId::DeploymentsTable);
        assert!(codes(&desired, &observed).is_empty());
    }

    #[test]
    fn targets_of_others_stop_a_new_gateway() {
        let (desired, mut observed) = (samples::estate(), samples::whole());
        let Fact::Present(gateway) = &mut observed.gateway else { panic!() };
        gateway.foreign_targets.push("theirs".into());
        assert!(codes(&desired, &observed).is_empty());
        let Fact::Present(gateway) = &mut observed.gateway else { panic!() };
        gateway.status = "FAILED".into();
        assert_eq!(codes(&desired, &observed)[0].0, "plan/not-owned");
    }
}
