//! Laws of the comparison, over generated policies and whole estates.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::compare::{Finding, compare};
use super::document::{Attachment, grants};
use super::grant::Grants;
use super::names::Place;
use crate::observed::{Fact, Observed};
use crate::plan::{AccessChange, AccessEffect, StepId, plan};
use crate::resource::{FunctionPolicy, FunctionUrl, Resource, Role, Statement};
use crate::samples;
use crate::teardown::{OnData, Teardown, teardown};

const HERE: Place = Place { account: "111122223333", region: "us-east-1" };

fn policy(statements: &[Value]) -> Grants {
    grants(&json!({"Statement": statements}), Attachment { holder: "role x", resource: "*" })
}

fn between(before: &[Value], after: &[Value]) -> Vec<Finding> {
    compare(&policy(before), &policy(after), &HERE)
}

fn statement() -> impl Strategy<Value = Value> {
    let action = prop::sample::select(vec!["s3:GetObject", "s3:Get*", "s3:*", "iam:PassRole", "*"]);
    let resource = prop::sample::select(vec!["arn:aws:s3:::a", "arn:aws:s3:::b", "arn:aws:s3:::*", "*"]);
    let condition = prop::option::of(prop::sample::select(vec!["1", "2"]));
    (action, resource, condition).prop_map(|(action, resource, account)| {
        let mut statement = json!({"Effect": "Allow", "Action": action, "Resource": resource});
        if let Some(account) = account {
            statement["Condition"] = json!({"StringEquals": {"aws:SourceAccount": account}});
        }
        statement
    })
}

/// A grant that none of the generated statements covers, except `*` on `*` without condition.
fn unheard_of() -> Value {
    json!({"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "arn:aws:lambda:eu-west-1:9:function:f"})
}

fn has(findings: &[Finding], effect: AccessEffect) -> bool {
    findings.iter().any(|(found, _)| *found == effect)
}

fn allows_everything(statements: &[Value]) -> bool {
    statements.iter().any(|one| one["Action"] == "*" && one["Resource"] == "*" && one["Condition"].is_null())
}

proptest! {
    #[test]
    fn equal_policies_differ_in_nothing(statements in prop::collection::vec(statement(), 0..5)) {
        let mut reversed = statements.clone();
        reversed.reverse();
        prop_assert_eq!(between(&statements, &reversed), vec![]);
    }

    #[test]
    fn an_added_grant_widens_and_its_removal_narrows(statements in prop::collection::vec(statement(), 0..5)) {
        prop_assume!(!allows_everything(&statements));
        let more: Vec<Value> = statements.iter().cloned().chain([unheard_of()]).collect();
        let added = between(&statements, &more);
        prop_assert!(has(&added, AccessEffect::Widens) && !has(&added, AccessEffect::Narrows), "{:?}", added);
        let removed = between(&more, &statements);
        prop_assert!(has(&removed, AccessEffect::Narrows) && !has(&removed, AccessEffect::Widens), "{:?}", removed);
    }

    #[test]
    fn fewer_statements_never_widen(statements in prop::collection::vec(statement(), 1..5), left_out in 0usize..5) {
        let fewer: Vec<Value> = statements.iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, one)| one.clone()).collect();
        prop_assert!(!has(&between(&statements, &fewer), AccessEffect::Widens));
        prop_assert!(!has(&between(&fewer, &statements), AccessEffect::Narrows));
    }

    #[test]
    fn a_dropped_condition_never_narrows(one in statement()) {
        let mut open = one.clone();
        open.as_object_mut().unwrap().remove("Condition");
        let findings = between(std::slice::from_ref(&one), std::slice::from_ref(&open));
        prop_assert!(!has(&findings, AccessEffect::Narrows));
        prop_assert_eq!(has(&findings, AccessEffect::Widens), !one["Condition"].is_null());
    }
}

/// The sample estate with two of its stack's resources, and the same as it is live.
fn live() -> (crate::Desired, Observed) {
    let mut desired = samples::estate();
    desired.resources = application_resources();
    let mut observed = samples::nothing();
    for id in StepId::ALL {
        samples::deploy(&mut observed, &desired, id);
    }
    observed.resources =
        desired.resources.iter().map(|(id, resource)| (*id, Fact::Present(resource.clone()))).collect();
    (desired, observed)
}

fn application_resources() -> BTreeMap<StepId, Resource> {
    let statement = Statement {
        principal: "111122223333".into(),
        action: "lambda:InvokeFunctionUrl".into(),
        function_url_auth_type: Some("AWS_IAM".into()),
        via_function_url: false,
        other_condition: None,
    };
    let policy = json!({"Statement": [{"Effect": "Allow", "Action": ["dynamodb:PutItem", "dynamodb:Query"],
        "Resource": "arn:aws:dynamodb:us-east-1:111122223333:table/conversations"}]});
    let trust = json!({"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole"}]});
    let role = Role {
        name: "agent".into(),
        description: None,
        trust_policy: trust,
        inline_policies: [("agent".to_string(), policy)].into(),
        attached_policies: vec![],
        permissions_boundary: None,
        tags: BTreeMap::new(),
    };
    let url = FunctionUrl {
        function_name: "agent".into(),
        auth_type: "AWS_IAM".into(),
        invoke_mode: "RESPONSE_STREAM".into(),
        cors: None,
        address: None,
    };
    let callers = FunctionPolicy {
        function_name: "agent".into(),
        statements: [("AgentUrlPermission0".into(), statement)].into(),
    };
    BTreeMap::from([
        (StepId::AgentRole, Resource::Role(role)),
        (StepId::AgentUrl, Resource::FunctionUrl(url)),
        (StepId::AgentUrlPolicy, Resource::FunctionPolicy(callers)),
    ])
}

#[test]
fn the_whole_sample_estate_changes_no_access_once_it_is_deployed() {
    let (desired, observed) = (samples::estate(), samples::whole());
    assert_eq!(plan(&desired, &observed).access, []);
    let access = plan(&desired, &samples::nothing()).access;
    let by_step = |id: StepId| access.iter().filter(|change| change.step == id).count();
    for id in [StepId::FoundationStack, StepId::GatewayRole, StepId::Gateway, StepId::ApplicationStack, StepId::Target]
    {
        assert!(by_step(id) > 0, "no sentence of {id:?} in {access:#?}");
    }
    assert_eq!(by_step(StepId::DataStack), 0);
}

fn sentences(changes: &[AccessChange]) -> Vec<&str> {
    changes.iter().map(|change| change.sentence.as_str()).collect()
}

#[test]
fn a_deployed_estate_changes_no_access() {
    let (desired, observed) = live();
    assert_eq!(plan(&desired, &observed).access, []);
}

#[test]
fn a_first_deployment_only_widens_and_names_everyone() {
    let (desired, _) = live();
    let access = plan(&desired, &samples::nothing()).access;
    assert!(access.iter().all(|change| change.effect == AccessEffect::Widens), "{access:?}");
    let all = sentences(&access).join("\n");
    for part in [
        "gateway role BedrockAgentCoreGatewayExecutionRole-test may now invoke function",
        "the gateway aws-operations-agent-test now accepts tokens of issuer",
        "role agent may now do dynamodb:PutItem, dynamodb:Query on table conversations",
        "callers of account 111122223333 may now use the URL of function agent",
        "role BedrockAgentCoreGatewayExecutionRole-test may now invoke function",
        "callers of the gateway may now use function",
    ] {
        assert!(all.contains(part), "no `{part}` in\n{all}");
    }
}

#[test]
fn tags_alone_change_no_access() {
    let (mut desired, observed) = live();
    for tags in [&mut desired.application.tags, &mut desired.gateway.tags, &mut desired.gateway_role.tags] {
        tags.insert("Owner".into(), "others".into());
    }
    if let Some(Resource::Role(role)) = desired.resources.get_mut(&StepId::AgentRole) {
        role.tags.insert("Owner".into(), "others".into());
    }
    let plan = plan(&desired, &observed);
    assert!(!plan.is_empty());
    assert_eq!(plan.access, []);
}

#[test]
fn a_policy_that_was_widened_behind_our_back_is_narrowed_again() {
    let (desired, mut observed) = live();
    if let Some(Fact::Present(Resource::Role(role))) = observed.resources.get_mut(&StepId::AgentRole) {
        role.attached_policies.push("arn:aws:iam::aws:policy/AdministratorAccess".into());
    }
    let access = plan(&desired, &observed).access;
    assert_eq!(access.len(), 1, "{access:?}");
    assert_eq!(access[0].effect, AccessEffect::Narrows);
}

#[test]
fn a_resource_that_could_not_be_read_widens_where_its_stack_changes_it() {
    let (mut desired, mut observed) = live();
    let gap = crate::Gap { reason: crate::observed::GapReason::Denied, message: "denied".into() };
    observed.resources.insert(StepId::AgentRole, Fact::Unknown(gap));
    desired.application.template.push_str("# another\n");
    let access = plan(&desired, &observed).access;
    assert!(access.iter().any(|change| change.effect == AccessEffect::Widens
        && change.step == StepId::ApplicationStack
        && change.sentence.starts_with("role agent")));
}

#[test]
fn teardown_only_narrows() {
    let (_, observed) = live();
    let names = samples::settings().names();
    let request = Teardown { names: &names, region: "us-east-1", on_data: OnData::Keep };
    let access = teardown(&request, &observed).access;
    assert!(access.iter().all(|change| change.effect == AccessEffect::Narrows), "{access:?}");
    let all = sentences(&access).join("\n");
    assert!(all.contains("nobody may use the URL of function agent any longer"), "{all}");
    assert!(all.contains("role agent may no longer do anything"), "{all}");
}
