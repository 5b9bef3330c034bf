//! Links that exist once an environment is deployed.

use serde_json::Value;

use super::link::Verdict;
use crate::desired::{Desired, DesiredRole};
use crate::observed::{Fact, ObservedGateway, ObservedRole, ObservedTarget, is_in_motion};
use crate::plan::StepId;
use crate::resource::{ManagedPolicy, Resource};

const DEPLOY: &str = "`deployer up` repairs it";
const PATIENCE: &str = "wait a minute, then ask again";

/// A function's state as Lambda tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionState {
    /// `Active`, `Pending`, `Inactive`, `Failed`
    pub state: String,
    pub state_reason: Option<String>,
    /// `Successful`, `InProgress`, `Failed`; None before the first update.
    pub last_update: Option<String>,
    pub last_update_reason: Option<String>,
}

pub fn gateway(found: &Fact<ObservedGateway>) -> Verdict {
    match found {
        Fact::Absent => Verdict::not_deployed(),
        Fact::Unknown(gap) => Verdict::gap(gap),
        Fact::Present(gateway) => settled("gateway/not-ready", &gateway.status, &gateway.status_reasons),
    }
}

pub fn target(found: &Fact<ObservedTarget>) -> Verdict {
    match found {
        Fact::Absent => Verdict::not_deployed(),
        Fact::Unknown(gap) => Verdict::gap(gap),
        Fact::Present(target) => settled("target/not-ready", &target.status, &target.status_reasons),
    }
}

fn settled(code: &'static str, status: &str, reasons: &[String]) -> Verdict {
    match status {
        "READY" => Verdict::ok("READY"),
        status if is_in_motion(status) => Verdict::warning(format!("is {status}"), PATIENCE),
        status => {
            let reasons = if reasons.is_empty() { "AWS tells no reason".into() } else { reasons.join("; ") };
            Verdict::broken(code, format!("is {status}: {reasons}"), DEPLOY)
        }
    }
}

/// `Active` and its last update `Successful`. An idle image function is
/// `Inactive` and wakes with the next call.
pub fn function(found: Option<&FunctionState>) -> Verdict {
    let Some(found) = found else { return Verdict::not_deployed() };
    let because = |reason: &Option<String>| reason.as_ref().map(|text| format!(": {text}")).unwrap_or_default();
    match (found.state.as_str(), found.last_update.as_deref()) {
        ("Failed", _) => broken_function(format!("is Failed{}", because(&found.state_reason))),
        (_, Some("Failed")) => broken_function(format!("its last update failed{}", because(&found.last_update_reason))),
        ("Pending", _) | (_, Some("InProgress")) => Verdict::warning("is being changed", PATIENCE),
        ("Inactive", _) => Verdict::warning("is Inactive after long idling", "the next question wakes it, slowly"),
        ("Active", _) => Verdict::ok("Active, last update Successful"),
        (other, _) => Verdict::unchecked(format!("Lambda calls its state `{other}`")),
    }
}

fn broken_function(cause: String) -> Verdict {
    Verdict::broken(
        "function/not-ready",
        cause,
        "its log and CloudFormation's events say more; `deployer up` tries again",
    )
}

/// The gateway has to be able to assume its role and the role to invoke the function.
pub fn gateway_role(found: &Fact<ObservedRole>, wanted: &DesiredRole) -> Verdict {
    let role = match found {
        Fact::Absent => return Verdict::not_deployed(),
        Fact::Unknown(gap) => return Verdict::gap(gap),
        Fact::Present(role) => role,
    };
    if role.trust_policy != wanted.trust_policy {
        return broken_role("its trust policy is not the one that lets the gateway assume it");
    }
    match role.inline_policies.get(&wanted.policy_name) {
        Some(policy) if *policy == wanted.policy => Verdict::ok("trusts the gateway and may invoke the tool function"),
        Some(_) => broken_role("its policy is not the one that lets it invoke the tool function"),
        None => broken_role("it has no policy that lets it invoke the tool function"),
    }
}

/// Lambda has to be able to assume an execution role.
pub fn execution_role(found: &Fact<Resource>) -> Verdict {
    match found {
        Fact::Absent => Verdict::not_deployed(),
        Fact::Unknown(gap) => Verdict::gap(gap),
        Fact::Present(Resource::Role(role)) if trusts(&role.trust_policy, "lambda.amazonaws.com") => {
            Verdict::ok("trusts Lambda")
        }
        Fact::Present(_) => broken_role("its trust policy does not let Lambda assume it"),
    }
}

/// The role has to have every policy of what the tools may read, as the settings say it.
pub fn read_access(policies: &Fact<Resource>, role: &Fact<Resource>, wanted: &Desired) -> Verdict {
    let wanted_policies = wanted.resources.get(&StepId::ReadPolicies);
    let (found, role) = match (policies, role) {
        (Fact::Unknown(gap), _) | (_, Fact::Unknown(gap)) => return Verdict::gap(gap),
        (Fact::Absent, _) | (_, Fact::Absent) => return Verdict::not_deployed(),
        (Fact::Present(Resource::ManagedPolicies(found)), Fact::Present(Resource::Role(role))) => (found, role),
        _ => return Verdict::unchecked("what has these names is something else"),
    };
    let (Some(Resource::ManagedPolicies(made)), Some(Resource::Role(wanted_role))) =
        (wanted_policies, wanted.resources.get(&StepId::ToolRole))
    else {
        return Verdict::unchecked("the settings describe no policies");
    };
    let differs = |(name, policy): &(&String, &ManagedPolicy)| {
        found.policies.get(*name).is_none_or(|live| live.document != policy.document)
    };
    let wrong: Vec<&str> = made.policies.iter().filter(differs).map(|(name, _)| name.as_str()).collect();
    let missing = wanted_role.attached_policies.iter().filter(|arn| !role.attached_policies.contains(arn));
    let missing: Vec<&str> = missing.map(|arn| arn.rsplit('/').next().unwrap_or(arn)).collect();
    match (wrong.is_empty(), missing.is_empty()) {
        (true, true) => Verdict::ok(format!("{} policies allow what the settings say", made.policies.len())),
        (false, _) => broken_access(format!("not what the settings say: {}", wrong.join(", "))),
        (true, false) => broken_access(format!("the tool role does not have {}", missing.join(", "))),
    }
}

fn broken_access(cause: String) -> Verdict {
    Verdict::broken("role/wrong", cause, DEPLOY)
}

fn broken_role(cause: &str) -> Verdict {
    Verdict::broken("role/wrong", cause, DEPLOY)
}

/// A statement lets the service assume the role.
fn trusts(policy: &Value, service: &str) -> bool {
    let holds = |value: &Value, wanted: &str| match value {
        Value::Array(values) => values.iter().any(|value| value == wanted),
        value => value == wanted,
    };
    let statements = match &policy["Statement"] {
        Value::Array(statements) => statements.iter().collect(),
        one => vec![one],
    };
    statements.into_iter().any(|statement| {
        statement["Effect"] == "Allow"
            && holds(&statement["Principal"]["Service"], service)
            && holds(&statement["Action"], "sts:AssumeRole")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::LinkState;
    use crate::samples::{deploy, estate, nothing, whole};
    use serde_json::json;

    #[test]
    fn a_gateway_is_ready_or_says_why_not() {
        let mut observed = nothing();
        assert_eq!(gateway(&observed.gateway).state, LinkState::NotDeployedYet);
        deploy(&mut observed, &estate(), StepId::Gateway);
        assert_eq!(gateway(&observed.gateway).state, LinkState::Ok);
        let Fact::Present(found) = &mut observed.gateway else { panic!("there is a gateway") };
        found.status = "FAILED".into();
        found.status_reasons = vec!["no role".into()];
        assert_eq!(gateway(&observed.gateway).detail, "is FAILED: no role");
        let Fact::Present(found) = &mut observed.gateway else { panic!("there is a gateway") };
        found.status = "UPDATING".into();
        assert_eq!(gateway(&observed.gateway).state, LinkState::Warning);
    }

    #[test]
    fn a_function_whose_update_failed_is_broken_though_it_is_active() {
        let state = |state: &str, last_update: &str| FunctionState {
            state: state.into(),
            state_reason: None,
            last_update: Some(last_update.into()),
            last_update_reason: Some("ImageAccessDenied".into()),
        };
        assert_eq!(function(None).state, LinkState::NotDeployedYet);
        assert_eq!(function(Some(&state("Active", "Successful"))).state, LinkState::Ok);
        assert_eq!(function(Some(&state("Active", "InProgress"))).state, LinkState::Warning);
        let failed = function(Some(&state("Active", "Failed")));
        assert_eq!(failed.state, LinkState::Broken);
        assert!(failed.detail.contains("ImageAccessDenied"));
    }

    #[test]
    fn a_role_that_does_not_trust_the_gateway_or_may_not_invoke_is_broken() {
        let desired = estate();
        let mut observed = nothing();
        deploy(&mut observed, &desired, StepId::GatewayRole);
        assert_eq!(gateway_role(&observed.gateway_role, &desired.gateway_role).state, LinkState::Ok);
        let Fact::Present(role) = &mut observed.gateway_role else { panic!("there is a role") };
        role.inline_policies.clear();
        assert!(gateway_role(&observed.gateway_role, &desired.gateway_role).detail.contains("no policy"));
        let Fact::Present(role) = &mut observed.gateway_role else { panic!("there is a role") };
        role.trust_policy = json!({});
        assert!(gateway_role(&observed.gateway_role, &desired.gateway_role).detail.contains("trust"));
    }

    #[test]
    fn a_policy_that_differs_or_that_the_role_lost_breaks_the_read_access() {
        let (desired, observed) = (estate(), whole());
        let verdict = |observed: &crate::Observed| {
            read_access(observed.of_stack(StepId::ReadPolicies), observed.of_stack(StepId::ToolRole), &desired)
        };
        assert_eq!(verdict(&observed).state, LinkState::Ok);
        assert_eq!(verdict(&nothing()).state, LinkState::NotDeployedYet);
        let mut without = observed.clone();
        let Some(Fact::Present(Resource::Role(role))) = without.resources.get_mut(&StepId::ToolRole) else { panic!() };
        role.attached_policies.remove(0);
        assert!(verdict(&without).detail.contains("does not have aws-operations-agent-test-read-1"));
        let mut changed = observed.clone();
        let policies = changed.resources.get_mut(&StepId::ReadPolicies);
        let Some(Fact::Present(Resource::ManagedPolicies(found))) = policies else { panic!() };
        found.policies.pop_first();
        assert!(verdict(&changed).detail.contains("not what the settings say: aws-operations-agent-test-read-1"));
    }

    #[test]
    fn trust_is_found_in_lists_and_single_values_and_not_in_a_deny() {
        let statement = |effect: &str, principal: Value| json!({"Effect": effect, "Principal": {"Service": principal}, "Action": ["sts:AssumeRole"]});
        let service = "lambda.amazonaws.com";
        assert!(trusts(&json!({"Statement": statement("Allow", json!(service))}), service));
        assert!(trusts(&json!({"Statement": [statement("Allow", json!(["x", service]))]}), service));
        assert!(!trusts(&json!({"Statement": [statement("Deny", json!(service))]}), service));
    }
}
