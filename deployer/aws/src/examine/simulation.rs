//! Asks IAM what the caller may do, without doing it.

use std::collections::BTreeMap;

use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum, EvaluationResult, PolicyEvaluationDecisionType};
use deployer_core::Failure;
use deployer_core::doctor::{Decision, Principal, Simulated};
use deployer_core::permissions::PlannedCall;
use futures::{StreamExt, TryStreamExt, stream};

use crate::Clients;
use crate::errors::Trouble;

/// IAM allows few simulations a second.
const AT_ONCE: usize = 4;

/// Actions a simulation, so that an answer stays of reasonable size.
const ACTIONS_AT_ONCE: usize = 50;

/// IAM's decision for every call; None for the root user, who may do everything.
///
/// Errors: those of the calls; `permission/no-principal` for a caller whose
/// policies IAM cannot simulate, such as a federated user.
pub async fn simulate(clients: &Clients, calls: &[PlannedCall]) -> Result<Option<Vec<Simulated>>, Failure> {
    let Some(source) = policy_source(clients).await? else { return Ok(None) };
    let asked: Vec<_> = groups(calls).into_iter().map(|group| ask(clients, &source, group)).collect();
    let simulated: Vec<Vec<Simulated>> = stream::iter(asked).buffered(AT_ONCE).try_collect().await?;
    Ok(Some(simulated.concat()))
}

/// A user, or the role behind a session, by its ARN with its path.
async fn policy_source(clients: &Clients) -> Result<Option<String>, Failure> {
    match Principal::of(clients.principal()) {
        Principal::Root => Ok(None),
        Principal::User(arn) => Ok(Some(arn)),
        Principal::Role { name, arn } => {
            // A session's ARN lacks the role's path; without the read it is taken to have none.
            let role = clients.iam().get_role().role_name(&name).send().await.ok().and_then(|answer| answer.role);
            Ok(Some(role.map_or(arn, |role| role.arn)))
        }
        Principal::Other => {
            let doing = format!("simulate the permissions of {}", clients.principal());
            Err(Failure::new("permission/no-principal", doing, "IAM simulates users and roles only"))
        }
    }
}

/// Calls that can be asked together: the same resource, the same context.
struct Group<'a> {
    resource: &'a str,
    context: &'a [(String, String)],
    calls: Vec<&'a PlannedCall>,
}

fn groups(calls: &[PlannedCall]) -> Vec<Group<'_>> {
    let mut groups = BTreeMap::<_, Vec<&PlannedCall>>::new();
    for call in calls {
        groups.entry((call.resource.as_str(), call.context.as_slice())).or_default().push(call);
    }
    let groups = groups.into_iter();
    let parts = groups.flat_map(|((resource, context), calls)| {
        let parts: Vec<_> = calls.chunks(ACTIONS_AT_ONCE).map(<[_]>::to_vec).collect();
        parts.into_iter().map(move |calls| Group { resource, context, calls })
    });
    parts.collect()
}

async fn ask(clients: &Clients, source: &str, group: Group<'_>) -> Result<Vec<Simulated>, Failure> {
    let Group { resource, context, calls } = group;
    let mut request = clients.iam().simulate_principal_policy().policy_source_arn(source).resource_arns(resource);
    for call in &calls {
        request = request.action_names(call.action);
    }
    for (key, value) in context {
        let entry = ContextEntry::builder().context_key_name(key).context_key_values(value);
        request = request.context_entries(entry.context_key_type(ContextKeyTypeEnum::String).build());
    }
    let results: Vec<EvaluationResult> =
        request.into_paginator().items().send().collect::<Result<_, _>>().await.map_err(|error| {
            clients.advise(Trouble::from(error).failure(format!("simulate the permissions of {source}")))
        })?;
    let blind = clients.endpoint_url().is_some() && !context.is_empty();
    let judged = calls.into_iter().map(|call| {
        let result = results.iter().find(|result| result.eval_action_name.eq_ignore_ascii_case(call.action));
        judged(call, result, blind)
    });
    Ok(judged.collect())
}

/// `blind` where the platform does not look at the context: then only a refusal
/// that no context can change says anything.
fn judged(call: &PlannedCall, result: Option<&EvaluationResult>, blind: bool) -> Simulated {
    let missing = result.and_then(|result| result.missing_context_values.clone()).unwrap_or_default();
    let decision = match result.map(|result| &result.eval_decision) {
        Some(PolicyEvaluationDecisionType::Allowed) => Decision::Allowed,
        Some(PolicyEvaluationDecisionType::ExplicitDeny) => Decision::Forbidden,
        _ if blind => Decision::Unclear(call.context.iter().map(|(key, _)| key.clone()).collect()),
        Some(_) if !missing.is_empty() => Decision::Unclear(missing),
        Some(_) => Decision::Missing,
        None => Decision::Unclear(vec!["an answer that did not come".into()]),
    };
    Simulated { action: call.action.into(), resource: call.resource.clone(), purpose: call.purpose.into(), decision }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_aws::{Answer, FakeAws};
    use deployer_core::permissions::Caller;

    fn call(action: &'static str, resource: &str) -> PlannedCall {
        PlannedCall {
            action,
            resource: resource.into(),
            purpose: "deploy",
            when: &[],
            caller: Caller::Deployer,
            statement: None,
            context: vec![],
        }
    }

    fn answer(decisions: &[(&str, &str)]) -> String {
        let members = decisions.iter().map(|(action, decision)| {
            format!("<member><EvalActionName>{action}</EvalActionName><EvalDecision>{decision}</EvalDecision></member>")
        });
        format!(
            "<SimulatePrincipalPolicyResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">\
             <SimulatePrincipalPolicyResult><EvaluationResults>{}</EvaluationResults><IsTruncated>false</IsTruncated>\
             </SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>",
            members.collect::<String>()
        )
    }

    #[tokio::test]
    async fn each_decision_of_iam_has_its_own_meaning() {
        let decisions = [("a:Allowed", "allowed"), ("a:Missing", "implicitDeny"), ("a:Denied", "explicitDeny")];
        let aws = FakeAws::answering([("SimulatePrincipalPolicy", Answer::ok(answer(&decisions)))]).await;
        let clients = aws.clients_of("arn:aws:iam::111122223333:user/ann").await;
        let calls = [call("a:Allowed", "*"), call("a:Missing", "*"), call("a:Denied", "*")];
        let simulated = simulate(&clients, &calls).await.unwrap().unwrap();
        let decisions: Vec<_> = simulated.into_iter().map(|call| call.decision).collect();
        assert_eq!(decisions, [Decision::Allowed, Decision::Missing, Decision::Forbidden]);
        assert_eq!(aws.calls().len(), 1, "calls on one resource are asked together");
    }

    #[tokio::test]
    async fn root_is_not_simulated_and_a_federated_user_cannot_be() {
        let aws = FakeAws::answering([]).await;
        let root = aws.clients_of("arn:aws:iam::111122223333:root").await;
        assert_eq!(simulate(&root, &[call("a:B", "*")]).await, Ok(None));
        let federated = aws.clients_of("arn:aws:sts::111122223333:federated-user/ann").await;
        assert_eq!(simulate(&federated, &[]).await.unwrap_err().code, "permission/no-principal");
        assert!(aws.calls().is_empty());
    }

    #[tokio::test]
    async fn a_denied_simulation_is_a_failure_of_its_own() {
        let denied = Answer::refused_query("AccessDenied", "no");
        let aws = FakeAws::answering([("SimulatePrincipalPolicy", denied)]).await;
        let clients = aws.clients_of("arn:aws:iam::111122223333:user/ann").await;
        assert_eq!(simulate(&clients, &[call("a:B", "*")]).await.unwrap_err().code, "aws/denied");
    }

    #[test]
    fn a_call_that_hangs_on_context_nobody_knows_is_unclear() {
        let result = EvaluationResult::builder()
            .eval_action_name("iam:PassRole")
            .eval_decision(PolicyEvaluationDecisionType::ImplicitDeny)
            .missing_context_values("aws:PrincipalTag/team")
            .build()
            .unwrap();
        let simulated = judged(&call("iam:PassRole", "*"), Some(&result), false);
        assert_eq!(simulated.decision, Decision::Unclear(vec!["aws:PrincipalTag/team".into()]));
    }
}
