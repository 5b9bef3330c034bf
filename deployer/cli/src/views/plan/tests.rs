use std::collections::BTreeMap;

use deployer_core::StepId;
use deployer_core::plan::{AccessChange, Operation, ResourceChange, ResourceChangeKind, StackDeployment, StackMode};

use super::*;

fn step(id: StepId, action: Action, operation: Option<Operation>) -> Step {
    Step {
        id,
        action,
        resource: format!("resource {}", id.name()),
        reason: "a reason".into(),
        changes: vec![],
        foreign: vec![],
        depends_on: vec![],
        operation,
        fingerprint: String::new(),
    }
}

fn change(path: &str, before: Option<&str>, after: Option<&str>) -> Change {
    Change { path: path.into(), before: before.map(Into::into), after: after.map(Into::into), replaces: false }
}

fn plan(steps: Vec<Step>) -> Plan {
    Plan {
        environment: "test".into(),
        account: "111122223333".into(),
        region: "us-east-1".into(),
        steps,
        access: vec![],
    }
}

fn shown(plan: &Plan, detail: Detail) -> String {
    anstream::adapter::strip_str(&text(plan, detail)).to_string()
}

fn role() -> Operation {
    Operation::DeleteRole { name: "role".into() }
}

#[test]
fn kept_resources_are_one_line_unless_asked_for() {
    let plan = plan(vec![
        step(StepId::DataStack, Action::Keep, None),
        step(StepId::Gateway, Action::Keep, None),
        step(StepId::Target, Action::Unchecked, None),
    ]);
    let brief = shown(&plan, Detail::Changes);
    assert!(brief.matches("2 unchanged").count() == 1 && !brief.contains("data-stack"), "{brief}");
    assert!(brief.contains("? unchecked resource target"), "{brief}");
    let full = shown(&plan, Detail::Everything);
    assert!(full.contains("keep      resource data-stack"), "{full}");
    assert!(full.ends_with("2 unchanged, 1 unchecked"), "{full}");
}

#[test]
fn differences_show_before_and_after() {
    let mut updated = step(StepId::AgentFunction, Action::Update, Some(role()));
    updated.changes = vec![change("memory_mb", Some("512"), Some("1024")), change("tag a", None, Some("b"))];
    let text = shown(&plan(vec![updated]), Detail::Changes);
    assert!(text.contains("~ memory_mb: 512 → 1024") && text.contains("+ tag a: b"), "{text}");
}

#[test]
fn replaced_resources_say_what_replaces_them() {
    let expected = |logical_id: &str, resource_type: &str, change| ResourceChange {
        logical_id: logical_id.into(),
        resource_type: resource_type.into(),
        change,
    };
    let deployment = StackDeployment {
        name: "stack".into(),
        mode: StackMode::Update,
        template: String::new(),
        parameters: BTreeMap::new(),
        tags: BTreeMap::new(),
        expected: vec![
            expected("AgentFunction", "AWS::Lambda::Function", ResourceChangeKind::Replace),
            expected("Conversations", "AWS::DynamoDB::Table", ResourceChangeKind::Remove),
        ],
    };
    let mut stack = step(StepId::ApplicationStack, Action::Update, Some(Operation::DeployStack(deployment)));
    let name = change("AgentFunction.Properties.FunctionName", Some("a"), Some("b"));
    stack.changes = vec![Change { replaces: true, ..name }];
    let text = shown(&plan(vec![stack]), Detail::Changes);
    assert!(text.contains("replaces AgentFunction: FunctionName changes"), "{text}");
    let deleted = text.split("Deleted").nth(1).expect("a section of what is lost");
    let (data, function) = (deleted.find("DATA: Conversations of"), deleted.find("AgentFunction of"));
    assert!(data.is_some() && data < function, "{text}");
}

#[test]
fn deleted_data_is_named() {
    let operation = Operation::DeleteStack { name: "data".into(), retained_table: Some("conversations".into()) };
    let text = shown(&plan(vec![step(StepId::DataStack, Action::Delete, Some(operation))]), Detail::Changes);
    assert!(text.contains("- DATA: table conversations with every conversation"), "{text}");
}

#[test]
fn access_and_what_is_not_ours_have_sections() {
    let mut kept = step(StepId::ToolFunction, Action::Keep, None);
    kept.foreign = vec![change("tag team", None, Some("blue"))];
    let mut plan = plan(vec![kept]);
    assert!(!shown(&plan, Detail::Changes).contains("Access"));
    let access = |effect, sentence: &str| AccessChange {
        step: StepId::GatewayRole,
        effect,
        sentence: sentence.into(),
        actions: vec![],
    };
    plan.access = vec![
        access(AccessEffect::Widens, "role a may now invoke function b"),
        access(AccessEffect::Narrows, "role a may no longer invoke function c"),
        access(AccessEffect::Widens, "role a may now invoke function b"),
    ];
    let text = shown(&plan, Detail::Changes);
    assert_eq!(text.matches("may now invoke").count(), 1, "{text}");
    assert!(text.contains("Access\n  + role a may now invoke function b\n  - role a may no longer"), "{text}");
    assert!(text.contains("Not ours to repair\n  resource tool-function\n    + tag team: blue"), "{text}");
}

#[test]
fn what_only_leaves_out_does_not_count_as_unchanged() {
    let left_out = Step { reason: LEFT_OUT.into(), ..step(StepId::DataStack, Action::Keep, None) };
    let text = shown(&plan(vec![left_out, step(StepId::Gateway, Action::Keep, None)]), Detail::Changes);
    assert!(text.ends_with("Nothing to change: 1 unchanged, 1 left out by --only"), "{text}");
}
