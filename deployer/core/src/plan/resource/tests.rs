use super::*;
use crate::plan::{Step, plan};
use crate::resource::{Function, LogGroup, ManagedPolicies, ManagedPolicy, Role, Table};
use crate::samples;

fn step(observed: &Observed, id: StepId) -> Step {
    step_towards(&samples::estate(), observed, id)
}

fn step_towards(desired: &Desired, observed: &Observed, id: StepId) -> Step {
    plan(desired, observed).steps.into_iter().find(|step| step.id == id).unwrap()
}

fn tampered<T>(id: StepId, change: impl FnOnce(&mut T)) -> Observed
where
    for<'a> &'a mut T: TryFrom<&'a mut Resource>,
{
    let mut observed = samples::whole();
    let Some(Fact::Present(resource)) = observed.resources.get_mut(&id) else { panic!("{id:?} is deployed") };
    match <&mut T>::try_from(resource) {
        Ok(found) => change(found),
        Err(_) => panic!("{id:?} is of another kind"),
    }
    observed
}

macro_rules! kinds {
    ($($kind:ident),*) => {$(
        impl<'a> TryFrom<&'a mut Resource> for &'a mut $kind {
            type Error = ();
            fn try_from(resource: &'a mut Resource) -> Result<Self, ()> {
                match resource {
                    Resource::$kind(found) => Ok(found),
                    _ => Err(()),
                }
            }
        }
    )*};
}
kinds!(Function, LogGroup, ManagedPolicies, Role, Table);

fn paths(changes: &[Change]) -> Vec<&str> {
    changes.iter().map(|change| change.path.as_str()).collect()
}

#[test]
fn what_is_as_deployed_is_kept() {
    for id in StepId::ALL.into_iter().filter(|id| id.stack().is_some()) {
        let step = step(&samples::whole(), id);
        assert_eq!((step.action, step.reason.as_str()), (Action::Keep, "is as its template says"));
        assert!(step.foreign.is_empty());
    }
}

#[test]
fn a_changed_attribute_is_put_back_with_what_only_a_step_knows() {
    let observed = tampered(StepId::AgentFunction, |agent: &mut Function| {
        agent.memory_mb = 128;
        agent.environment.insert("API_KEY".into(), "hunter2".into());
    });
    let step = step(&observed, StepId::AgentFunction);
    assert_eq!(step.reason, "was changed behind its stack: 2 differences");
    assert_eq!(paths(&step.changes), ["memory_mb", "environment.API_KEY"]);
    assert!(!format!("{:?}", step.changes).contains("hunter2"));
    let Some(Operation::EnsureResource { resource: Resource::Function(agent), inputs }) = step.operation else {
        panic!()
    };
    assert!(!agent.environment.contains_key("GATEWAY_URL"));
    assert_eq!(inputs["GATEWAY_URL"], Value::Known(samples::GATEWAY_URL.into()));
}

#[test]
fn policies_that_others_gave_a_role_are_taken_away() {
    let observed = tampered(StepId::AgentRole, |role: &mut Role| {
        role.attached_policies.push("arn:aws:iam::aws:policy/AdministratorAccess".into());
        role.inline_policies.insert("more".into(), serde_json::json!({"Statement": []}));
    });
    let step = step(&observed, StepId::AgentRole);
    assert_eq!(paths(&step.changes), ["inline_policies.more", "attached_policies"]);
}

#[test]
fn a_role_with_attached_policies_of_its_own_gets_them_back_and_keeps_those_of_others() {
    let theirs = "arn:aws:iam::111122223333:policy/guardrails".to_string();
    let observed = tampered(StepId::ToolRole, |role: &mut Role| {
        assert_eq!(
            role.attached_policies.remove(0),
            "arn:aws:iam::111122223333:policy/aws-operations-agent-test-read-1"
        );
        role.attached_policies.push(theirs.clone());
    });
    let step = step(&observed, StepId::ToolRole);
    let [missing] = &step.changes[..] else { panic!("{:?}", step.changes) };
    assert_eq!((missing.path.as_str(), &missing.before), ("attached_policies", &None));
    assert!(missing.after.as_ref().unwrap().ends_with("-read-1"), "{missing:?}");
    let [foreign] = &step.foreign[..] else { panic!("{:?}", step.foreign) };
    assert_eq!((foreign.before.as_ref(), foreign.after.as_ref()), (Some(&theirs), None));
    let access = plan(&samples::estate(), &observed).access;
    assert!(access.iter().all(|change| !change.sentence.contains("guardrails")), "{access:?}");
}

#[test]
fn a_policy_that_was_changed_or_deleted_behind_its_stack_is_put_back() {
    let observed = tampered(StepId::ReadPolicies, |found: &mut ManagedPolicies| {
        found.policies.pop_first();
        let changed = found.policies.values_mut().next().unwrap();
        changed.document["Statement"][0]["Action"] = "iam:*".into();
        let more = ManagedPolicy { description: None, document: serde_json::json!({}) };
        found.policies.insert("aws-operations-agent-test-read-9".into(), more);
    });
    let step = step(&observed, StepId::ReadPolicies);
    assert_eq!(step.action, Action::Update);
    let expected =
        ["policy aws-operations-agent-test-read-2.Statement.Ec2.Action", "policy aws-operations-agent-test-read-1"];
    assert_eq!(paths(&step.changes), expected);
    assert_eq!(paths(&step.foreign), ["policy aws-operations-agent-test-read-9"]);
}

#[test]
fn policies_that_are_gone_are_made_before_the_role_gets_them_again() {
    let mut observed = samples::whole();
    samples::delete(&mut observed, StepId::ReadPolicies);
    let plan = plan(&samples::estate(), &observed);
    let acting: Vec<_> = plan.steps.iter().filter(|step| step.operation.is_some()).collect();
    assert_eq!(acting.iter().map(|step| step.id).collect::<Vec<_>>(), [StepId::ReadPolicies, StepId::ToolRole]);
    assert_eq!((acting[0].action, acting[1].action), (Action::Create, Action::Update));
    assert!(acting[1].depends_on.contains(&StepId::ReadPolicies));
}

#[test]
fn a_policy_goes_only_after_the_role_lost_it() {
    let mut desired = samples::estate();
    let observed = samples::whole();
    if let Some(Resource::ManagedPolicies(wanted)) = desired.resources.get_mut(&StepId::ReadPolicies) {
        wanted.policies.pop_last();
    }
    let steps = plan(&desired, &observed).steps;
    let position = |id| steps.iter().position(|step| step.id == id).unwrap();
    assert!(position(StepId::ReadAccessStack) > position(StepId::ToolRole));
    assert!(steps[position(StepId::ReadAccessStack)].depends_on.contains(&StepId::ApplicationStack));
}

#[test]
fn a_tag_of_others_is_theirs_and_one_of_ours_is_put_back() {
    let observed = tampered(StepId::AgentLogGroup, |group: &mut LogGroup| {
        group.tags.insert("CostCenter".into(), "7".into());
        group.tags.insert("Component".into(), "theirs".into());
        group.retention_days = None;
    });
    assert_eq!(paths(&step(&observed, StepId::AgentLogGroup).changes), ["retention_days", "tag Component"]);
}

#[test]
fn what_no_call_can_change_is_only_reported() {
    let observed = tampered(StepId::ConversationsTable, |table: &mut Table| table.keys.clear());
    let step = step(&observed, StepId::ConversationsTable);
    assert_eq!((step.action, paths(&step.foreign)), (Action::Keep, vec!["keys"]));
}

#[test]
fn what_the_stack_is_about_to_change_is_left_to_it() {
    let mut settings = samples::settings();
    settings.agent.memory_mb = 1024;
    let desired = samples::estate_of(&settings);
    assert_eq!(step_towards(&desired, &samples::whole(), StepId::AgentFunction).action, Action::Keep);
    let observed = tampered(StepId::AgentFunction, |agent: &mut Function| {
        agent.memory_mb = 128;
        agent.timeout_seconds = 3;
    });
    assert_eq!(paths(&step_towards(&desired, &observed, StepId::AgentFunction).changes), ["timeout_seconds"]);
}

#[test]
fn what_was_deleted_is_restored_before_its_stack_is_updated() {
    let mut observed = samples::whole();
    observed.resources.insert(StepId::ToolLogGroup, Fact::Absent);
    let restored = step(&observed, StepId::ToolLogGroup);
    assert_eq!((restored.action, restored.reason.as_str()), (Action::Create, "was deleted behind its stack"));
    assert!(restored.depends_on.contains(&StepId::ApplicationStack), "the stack stays as it is");

    let mut settings = samples::settings();
    settings.logs.retention_days = 30;
    let desired = samples::estate_of(&settings);
    let stack = step_towards(&desired, &observed, StepId::ApplicationStack);
    assert!(stack.depends_on.contains(&StepId::ToolLogGroup), "CloudFormation fails at what it does not find");
}

#[test]
fn conversations_are_not_made_up_again() {
    let mut observed = samples::whole();
    observed.resources.remove(&StepId::ConversationsTable);
    let step = step(&observed, StepId::ConversationsTable);
    assert_eq!((step.action, paths(&step.foreign)), (Action::Keep, vec!["existence"]));
}

#[test]
fn a_caller_that_others_let_in_is_reported_and_ours_is_put_back() {
    let mut observed = samples::whole();
    let Some(Fact::Present(Resource::FunctionPolicy(policy))) = observed.resources.get_mut(&StepId::AgentUrlPolicy)
    else {
        panic!()
    };
    let statement = policy.statements.remove("AgentInvokePermission0").unwrap();
    policy.statements.insert("theirs".into(), statement);
    let step = step(&observed, StepId::AgentUrlPolicy);
    assert_eq!(paths(&step.changes), ["statement AgentInvokePermission0"]);
    assert_eq!(paths(&step.foreign), ["statement theirs"]);
}

#[test]
fn a_stack_that_is_made_again_makes_its_resources() {
    let mut observed = samples::whole();
    observed.resources.insert(StepId::AgentRole, Fact::Absent);
    for (status, reason) in [("ROLLBACK_COMPLETE", "made by its stack"), ("UPDATE_IN_PROGRESS", "waits for that first")]
    {
        let Fact::Present(stack) = &mut observed.application else { panic!() };
        stack.status = status.into();
        let step = step(&observed, StepId::AgentRole);
        assert_eq!(step.action, Action::Keep);
        assert!(step.reason.ends_with(reason), "{}", step.reason);
    }
}
