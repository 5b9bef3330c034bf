use super::*;
use crate::observed::{Gap, GapReason};
use crate::resource::LogGroup;
use crate::{checks, plan, samples};

fn names() -> Names {
    samples::settings().names()
}

/// Everything is deployed.
fn deployed() -> (Desired, Observed) {
    let (desired, mut observed) = (samples::estate(), samples::nothing());
    for id in StepId::ALL {
        samples::deploy(&mut observed, &desired, id);
    }
    (desired, observed)
}

fn adopt(id: StepId, desired: &Desired, observed: &Observed) -> Result<Step, Failure> {
    adoption(id, &names(), desired, observed)
}

fn operation(step: Step) -> Adoption {
    match step.operation {
        Some(Operation::Adopt(adoption)) => adoption,
        other => panic!("{other:?}"),
    }
}

fn table_with(tags: BTreeMap<String, String>) -> Fact<Resource> {
    let mut resource = samples::estate().resources[&StepId::ConversationsTable].clone();
    if let Resource::Table(table) = &mut resource {
        table.tags = tags;
    }
    Fact::Present(resource)
}

fn cause(id: StepId, observed: &Observed) -> (&'static str, String) {
    let failure = adopt(id, &samples::estate(), observed).unwrap_err();
    (failure.code, failure.cause)
}

#[test]
fn what_is_ours_already_is_kept() {
    let (desired, observed) = deployed();
    for id in [StepId::GatewayRole, StepId::Gateway, StepId::DataStack, StepId::ConversationsTable] {
        let step = adopt(id, &desired, &observed).unwrap();
        assert_eq!((step.action, step.operation), (Action::Keep, None), "{id:?}");
    }
}

#[test]
fn an_adopted_role_is_no_longer_refused() {
    let (desired, mut observed) = deployed();
    let Fact::Present(role) = &mut observed.gateway_role else { panic!() };
    role.tags = BTreeMap::from([("Team".into(), "them".into())]);
    let refused = |observed: &Observed| {
        let plan = plan::plan(&desired, observed);
        checks::deployment(&names(), &desired, observed, &plan).iter().any(|fault| fault.code == "plan/not-owned")
    };
    assert!(refused(&observed));
    let step = adopt(StepId::GatewayRole, &desired, &observed).unwrap();
    assert_eq!(step.action, Action::Adopt);
    let Fact::Present(role) = &mut observed.gateway_role else { panic!() };
    role.tags.extend(operation(step).tags().clone());
    assert!(!refused(&observed));
}

#[test]
fn a_stack_keeps_the_tags_that_it_has() {
    let (desired, mut observed) = deployed();
    let Fact::Present(stack) = &mut observed.application else { panic!() };
    stack.tags = BTreeMap::from([("Team".into(), "them".into())]);
    let step = adopt(StepId::ApplicationStack, &desired, &observed).unwrap();
    let tags = operation(step).tags().clone();
    assert_eq!(tags["Team"], "them");
    assert!(is_owned(&tags, &names()));
}

#[test]
fn a_stack_that_takes_no_update_is_refused() {
    let (_, mut observed) = deployed();
    for status in ["ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED", "UPDATE_IN_PROGRESS", "REVIEW_IN_PROGRESS"] {
        let Fact::Present(stack) = &mut observed.foundation else { panic!() };
        stack.status = status.into();
        let (code, cause) = cause(StepId::FoundationStack, &observed);
        assert!(code == "plan/not-adoptable" && cause.contains(status), "{cause}");
    }
}

#[test]
fn a_table_without_a_stack_is_imported_into_a_new_one() {
    let mut observed = samples::nothing();
    observed.resources.insert(StepId::ConversationsTable, table_with(BTreeMap::new()));
    let step = adopt(StepId::ConversationsTable, &samples::estate(), &observed).unwrap();
    let Adoption::Import(import) = operation(step) else { panic!() };
    assert_eq!(import.stack, names().data_stack());
    assert_eq!(import.identifier, ("TableName".to_string(), names().conversations_table()));
    assert!(matches!(import.then[..], [Adoption::Stack { .. }, Adoption::Table { .. }]));
    assert!(import.then.iter().all(|then| is_owned(then.tags(), &names())));
    assert!(import.tags.is_empty(), "CloudFormation refuses tags for a stack that an import makes");
}

#[test]
fn a_tagged_table_without_a_stack_is_imported_too() {
    let mut observed = samples::nothing();
    let tags = samples::estate().data.tags;
    observed.resources.insert(StepId::ConversationsTable, table_with(tags));
    let step = adopt(StepId::ConversationsTable, &samples::estate(), &observed).unwrap();
    assert!(matches!(operation(step), Adoption::Import(_)));
}

#[test]
fn a_table_of_our_stack_gets_tags_only() {
    let (desired, mut observed) = deployed();
    observed.resources.insert(StepId::ConversationsTable, table_with(BTreeMap::new()));
    let step = adopt(StepId::ConversationsTable, &desired, &observed).unwrap();
    assert!(matches!(operation(step), Adoption::Table { .. }));
}

#[test]
fn a_second_log_group_joins_the_stack_of_the_first() {
    let mut observed = samples::nothing();
    let group = |name: String| {
        Fact::Present(Resource::LogGroup(LogGroup { name, retention_days: None, tags: BTreeMap::new() }))
    };
    let name = format!("/aws/lambda/{}", names().agent_function());
    observed.resources.insert(StepId::AgentLogGroup, group(name));
    let step = adopt(StepId::AgentLogGroup, &samples::estate(), &observed).unwrap();
    let Adoption::Import(first) = operation(step) else { panic!() };
    observed.application = Fact::Present(ObservedStack {
        id: "arn:stack".into(),
        status: "IMPORT_COMPLETE".into(),
        status_reason: None,
        template: first.template.clone(),
        parameters: BTreeMap::new(),
        outputs: BTreeMap::new(),
        tags: samples::estate().application.tags,
    });
    let name = format!("/aws/lambda/{}", names().tool_function());
    observed.resources.insert(StepId::ToolLogGroup, group(name));
    let step = adopt(StepId::ToolLogGroup, &samples::estate(), &observed).unwrap();
    let Adoption::Import(second) = operation(step) else { panic!() };
    assert_eq!(second.tags, samples::estate().application.tags, "an import may not change them");
    assert!(matches!(second.then[..], [Adoption::LogGroup { .. }]));
    assert!(has_resource(&second.template, "AgentLogGroup") && has_resource(&second.template, "ToolLogGroup"));
}

#[test]
fn a_foreign_stack_is_adopted_before_its_resources() {
    let (desired, mut observed) = deployed();
    let Fact::Present(stack) = &mut observed.data else { panic!() };
    stack.tags.clear();
    let failure = adopt(StepId::ConversationsTable, &desired, &observed).unwrap_err();
    assert_eq!(failure.hint.as_deref(), Some("adopt data-stack first"));
}

#[test]
fn absent_and_unreadable_are_told_apart() {
    let mut observed = samples::nothing();
    assert_eq!(cause(StepId::Gateway, &observed).0, "plan/nothing-to-adopt");
    observed.gateway = Fact::Unknown(Gap { reason: GapReason::Denied, message: "no".into() });
    assert_eq!(cause(StepId::Gateway, &observed).0, "plan/unreadable");
}

#[test]
fn what_cannot_be_adopted_says_why() {
    let adoptable = [
        StepId::GatewayRole,
        StepId::Gateway,
        StepId::FoundationStack,
        StepId::DataStack,
        StepId::ReadAccessStack,
        StepId::ApplicationStack,
        StepId::ConversationsTable,
        StepId::AgentLogGroup,
        StepId::ToolLogGroup,
    ];
    for id in StepId::ALL {
        let (code, cause) = cause(id, &samples::nothing());
        match adoptable.contains(&id) {
            true => assert_eq!(code, "plan/nothing-to-adopt", "{id:?}"),
            false => assert!(code == "plan/not-adoptable" && !cause.contains("cannot carry"), "{id:?}: {cause}"),
        }
    }
    assert!(cause(StepId::AgentRole, &samples::nothing()).1.contains("application-stack"));
}

#[test]
fn what_was_adopted_is_ours_and_can_be_planned() {
    let mut observed = samples::nothing();
    observed.resources.insert(StepId::ConversationsTable, table_with(BTreeMap::new()));
    let desired = samples::estate();
    let faults = |observed: &Observed| {
        let plan = plan::plan(&desired, observed);
        let faults = checks::deployment(&names(), &desired, observed, &plan);
        faults.into_iter().map(|fault| fault.code).collect::<Vec<_>>()
    };
    assert_eq!(faults(&observed).len(), 1, "a table of our name is in the way");
    let step = adopt(StepId::ConversationsTable, &desired, &observed).unwrap();
    let after = super::super::adopted(&observed, &step);
    assert_eq!(faults(&after), Vec::<&str>::new());
    assert_eq!(adopt(StepId::ConversationsTable, &desired, &after).unwrap().action, Action::Keep);
}

#[test]
fn a_table_with_other_keys_can_never_be_ours() {
    let mut observed = samples::nothing();
    let Fact::Present(Resource::Table(mut table)) = table_with(BTreeMap::new()) else { panic!() };
    table.keys.pop();
    observed.resources.insert(StepId::ConversationsTable, Fact::Present(Resource::Table(table)));
    assert!(cause(StepId::ConversationsTable, &observed).1.contains("keys"));
}
