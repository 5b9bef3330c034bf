//! Limits of the policies of what the tools may read (IAM and STS quotas).

use contract::ToolSettings;
use contract::tool_settings::VARIABLE;
use serde_json::json;

use crate::desired::Desired;
use crate::failure::Failure;
use crate::plan::StepId;
use crate::read_access::{MOST_POLICIES, POLICY_LIMIT, length, tiers};
use crate::resource::{ManagedPolicies, Resource};

/// A policy longer than IAM takes, or more policies than a role may have.
pub fn too_large(desired: &Desired) -> Vec<Failure> {
    let Some(Resource::ManagedPolicies(made)) = desired.resources.get(&StepId::ReadPolicies) else { return vec![] };
    let mut faults: Vec<Failure> = made
        .policies
        .iter()
        .map(|(name, policy)| (name, length(&policy.document)))
        .filter(|(_, length)| *length > POLICY_LIMIT)
        .map(|(name, length)| {
            let cause = format!("it has {length} characters, the limit is {POLICY_LIMIT}");
            Failure::new("plan/read-policy-too-large", format!("plan policy {name}"), cause)
                .with_hint("list fewer operations in `data_operations` in [tools]")
        })
        .collect();
    faults.extend(too_many(made));
    faults.extend(session_policies(desired));
    faults
}

/// Characters of a session policy (IAM and STS quotas).
const SESSION_POLICY_LIMIT: usize = 2_048;

/// Operations whose own actions are too many for a session policy; the tool
/// function takes a service's together only where they fit.
fn session_policies(desired: &Desired) -> Vec<Failure> {
    let Some(settings) = tool_settings(desired).filter(|settings| settings.session_policy) else { return vec![] };
    let too_long = |operation: &&str| session_policy_length(tiers().actions_of(operation)) > SESSION_POLICY_LIMIT;
    let operations = tiers().allowed(&settings.data_operations).filter(too_long);
    operations
        .map(|operation| {
            let cause = format!("its actions are more than the {SESSION_POLICY_LIMIT} characters of a session policy");
            Failure::new("plan/session-policy-too-large", format!("plan read {operation}"), cause)
                .with_hint("switch `session_policy` in [tools] off")
        })
        .collect()
}

/// As the tool function will read them.
fn tool_settings(desired: &Desired) -> Option<ToolSettings> {
    match desired.resources.get(&StepId::ToolFunction)? {
        Resource::Function(function) => serde_json::from_str(function.environment.get(VARIABLE)?).ok(),
        _ => None,
    }
}

fn session_policy_length(actions: &[String]) -> usize {
    let statement = json!({"Effect": "Allow", "Action": actions, "Resource": "*"});
    length(&json!({"Version": "2012-10-17", "Statement": [statement]}))
}

fn too_many(made: &ManagedPolicies) -> Option<Failure> {
    let count = made.policies.len();
    (count > MOST_POLICIES).then(|| {
        let cause = format!(
            "there are {count}, and a role of ours may have {MOST_POLICIES}, so that one is left to the account"
        );
        Failure::new("plan/too-many-read-policies", format!("plan policies {}", made.name), cause)
            .with_hint("list fewer operations in `data_operations` in [tools]")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn a_policy_beyond_the_limit_is_named_with_its_length() {
        let mut desired = samples::estate();
        assert_eq!(too_large(&desired), []);
        let Some(Resource::ManagedPolicies(made)) = desired.resources.get_mut(&StepId::ReadPolicies) else { panic!() };
        let policy = made.policies.values_mut().next().unwrap();
        policy.document["Statement"][0]["Sid"] = "x".repeat(POLICY_LIMIT).into();
        let [fault] = &too_large(&desired)[..] else { panic!("one fault") };
        assert_eq!(fault.code, "plan/read-policy-too-large");
        assert!(fault.doing.contains("aws-operations-agent-test-read-1"), "{}", fault.doing);
    }

    #[test]
    fn a_session_policy_is_long_enough_for_every_operation_and_too_short_for_a_hundred_actions() {
        let mut settings = samples::settings();
        settings.tool_settings.session_policy = true;
        let desired = samples::estate_of(&settings);
        assert!(tool_settings(&desired).is_some_and(|settings| settings.session_policy));
        assert_eq!(too_large(&desired), []);
        let many: Vec<String> = (0..100).map(|number| format!("ec2:DescribeSomething{number}")).collect();
        assert!(session_policy_length(&many) > SESSION_POLICY_LIMIT);
    }

    #[test]
    fn one_place_for_a_policy_is_left_to_the_account() {
        let mut desired = samples::estate();
        let Some(Resource::ManagedPolicies(made)) = desired.resources.get_mut(&StepId::ReadPolicies) else { panic!() };
        let policy = made.policies.values().next().unwrap().clone();
        made.policies = (1..=10).map(|number| (format!("p-{number}"), policy.clone())).collect();
        assert_eq!(too_large(&desired)[0].code, "plan/too-many-read-policies");
    }
}
