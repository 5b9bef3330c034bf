//! Who may do one action: the identities whose policies name it, judged by IAM's own simulator.

use serde_json::{Value, json};

use super::details::{self, Identity, Policy};
use crate::service::values::list;
use crate::service::{Ask, Findings, Unread};

/// Identities that are simulated; IAM lets few calls of the simulator through in a second.
const MOST: usize = 60;

pub(super) async fn who_can(ask: &Ask<'_>) -> Result<Findings, Unread> {
    let mut findings =
        Findings::table(&["identity", "kind", "decision", "through", "resources", "conditions", "missing_context"]);
    let Some(action) = action(ask) else {
        ask.note("Name an action: in the parameter action or in the query, for example s3:DeleteBucket.");
        return Ok(findings);
    };
    let details = details::read(ask).await?;
    let resource = ask.question.text("resource");
    let candidates: Vec<&Identity> = details.identities.iter().filter(|identity| may(identity, &action)).collect();
    if candidates.len() > MOST {
        ask.note(format!("{MOST} of {} identities were simulated; the others have no decision.", candidates.len()));
    }
    let (simulated, rest) = candidates.split_at(candidates.len().min(MOST));
    let action = action.as_str();
    let decisions = ask.each(simulated, |identity| simulate(ask, identity, action, resource)).await;
    let unsimulated = rest.iter().map(|_| Err(Unread));
    let mut counts = [("allowed", 0), ("explicitDeny", 0), ("implicitDeny", 0), ("unknown", 0)];
    for (identity, decision) in candidates.iter().zip(decisions.into_iter().chain(unsimulated)) {
        let (decision, missing) = decision.unwrap_or_default();
        let label = decision.as_str().unwrap_or("unknown");
        counts.iter_mut().filter(|(name, _)| *name == label).for_each(|(_, count)| *count += 1);
        let [through, resources, conditions] = grounds(identity, action);
        findings.push([json!(identity.name), json!(identity.kind), decision, through, resources, conditions, missing]);
    }
    findings.sort_by("decision");
    counts.into_iter().for_each(|(name, count)| findings.sum(name, count));
    findings.sum("action", action);
    findings.sum("identities_checked", details.identities.len());
    findings.sum("customer_policies_with_the_action", json!(naming(&details.customer_policies, action)));
    ask.note(format!(
        "The decision is IAM's simulation of {action} on {}, with policies, groups, boundaries and service control \
         policies, without the policies of resources. implicitDeny with resources named means that it is allowed on \
         those only; conditions count as not met where missing_context names them.",
        resource.unwrap_or("all resources (*)"),
    ));
    Ok(findings)
}

/// `service:Action` from the parameter or from the query's words.
fn action(ask: &Ask<'_>) -> Option<String> {
    let is_action = |word: &&str| {
        let parts = word.split_once(':');
        parts.is_some_and(|(service, name)| {
            let is_name =
                |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            is_name(service) && is_name(name)
        })
    };
    let marks = ['?', '!', ',', '.', '"', '\'', '`', '(', ')'];
    let given = ask.question.text("action").map(str::to_owned);
    let words = || ask.question.query.split_whitespace().map(|word| word.trim_matches(marks));
    given.or_else(|| words().find(is_action).map(str::to_owned))
}

/// True when a policy allows the action on something. Roles of AWS services act for those services only.
fn may(identity: &Identity, action: &str) -> bool {
    !identity.path.starts_with("/aws-service-role/")
        && identity.allows().any(|(_, statement)| statement.names_action(action))
}

/// The simulator's decision and the context keys that it lacked.
async fn simulate(
    ask: &Ask<'_>,
    identity: &Identity,
    action: &str,
    resource: Option<&str>,
) -> Result<(Value, Value), Unread> {
    let mut parameters = json!({"PolicySourceArn": identity.arn, "ActionNames": [action]});
    if let Some(resource) = resource {
        parameters["ResourceArns"] = json!([resource]);
    }
    let answer = ask.read("iam:SimulatePrincipalPolicy", parameters).await?;
    let result = list(&answer, "EvaluationResults").next().cloned().unwrap_or_default();
    let missing = list(&result, "MissingContextValues").cloned().collect();
    Ok((result["EvalDecision"].clone(), missing))
}

/// Policies that allow the action, with the resources and conditions of their statements.
fn grounds(identity: &Identity, action: &str) -> [Value; 3] {
    let (mut through, mut resources, mut conditions) = (Vec::new(), Vec::new(), Vec::new());
    for (policy, statement) in identity.allows().filter(|(_, statement)| statement.names_action(action)) {
        through.push(policy.label.as_str());
        resources.extend(statement.resources());
        conditions.extend(statement.condition_keys());
    }
    [through, resources, conditions].map(|mut texts| {
        texts.sort_unstable();
        texts.dedup();
        json!(texts)
    })
}

/// Names of the policies that allow the action, whoever they are attached to.
fn naming<'a>(policies: &'a [Policy], action: &str) -> Vec<&'a str> {
    let allows = |policy: &&Policy| {
        policy.statements.iter().any(|statement| statement.is_allow() && statement.names_action(action))
    };
    policies.iter().filter(allows).map(|policy| policy.label.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::fake::FakeAccount;
    use crate::service::testing::{self, rows_of};
    use crate::tool::iam::testing::{arn, attached, details, document, managed, role, user};

    const TOOL: &str = "iam_read_operations";
    const SIMULATE: &str = "iam:SimulatePrincipalPolicy";

    fn decided(decision: &str) -> Value {
        json!({"EvaluationResults": [{"EvalActionName": "s3:DeleteBucket", "EvalDecision": decision, "MissingContextValues": []}]})
    }

    fn account() -> FakeAccount {
        let cleaner = arn("policy", "cleaner");
        let statements = json!([{"Effect": "Allow", "Action": "s3:Delete*", "Resource": "*"}]);
        let one = json!([{"PolicyName": "one", "PolicyDocument":
            document(json!([{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::one"}]))}]);
        let linked = json!({"Path": "/aws-service-role/x/", "AttachedManagedPolicies": attached(&cleaner)});
        details(
            json!([
                user("ann", json!({"AttachedManagedPolicies": attached(&cleaner)})),
                user("bob", json!({"UserPolicyList": one})),
                user("eve", json!({})),
            ]),
            json!([]),
            json!([role("linked", linked)]),
            json!([managed(&cleaner, statements)]),
        )
        .answering(SIMULATE, decided("implicitDeny"))
        .answering_when(SIMULATE, json!({"PolicySourceArn": arn("user", "ann")}), decided("allowed"))
    }

    async fn asked(query: &str, parameters: Value, account: &FakeAccount) -> contract::tool_call::ToolAnswer {
        let arguments = json!({"query": query, "operation": "who-can", "parameters": parameters.to_string()});
        testing::ask(TOOL, arguments, account).await
    }

    #[tokio::test]
    async fn identities_whose_policies_name_the_action_are_simulated_and_no_others() {
        let account = account();
        let answer = asked("Who can do s3:DeleteBucket?", json!({}), &account).await;
        let rows = rows_of(&answer);
        let found: Vec<_> = rows.iter().map(|row| (&row["identity"], &row["decision"], &row["resources"])).collect();
        assert_eq!(
            found,
            [
                (&json!("ann"), &json!("allowed"), &json!(["*"])),
                (&json!("bob"), &json!("implicitDeny"), &json!(["arn:aws:s3:::one"])),
            ]
        );
        let summary = &answer.result.unwrap()["summary"];
        assert_eq!(summary["customer_policies_with_the_action"], json!(["cleaner"]));
        assert_eq!((&summary["allowed"], &summary["implicitDeny"]), (&json!(1), &json!(1)));
        assert_eq!(account.asked().iter().filter(|call| call.starts_with(SIMULATE)).count(), 2);
    }

    #[tokio::test]
    async fn the_resource_is_handed_to_the_simulator() {
        let account = account();
        asked("", json!({"action": "s3:DeleteBucket", "resource": "arn:aws:s3:::one"}), &account).await;
        let calls = account.asked();
        let simulated: Vec<_> = calls.iter().filter(|call| call.starts_with(SIMULATE)).collect();
        assert_eq!(simulated.len(), 2);
        assert!(simulated.iter().all(|call| call.contains(r#""ResourceArns":["arn:aws:s3:::one"]"#)), "{simulated:?}");
    }

    #[tokio::test]
    async fn without_a_simulation_the_identity_stays_with_what_its_policies_say() {
        let account = account().failing(SIMULATE, 403, "AccessDenied");
        let answer = asked("who can s3:DeleteBucket", json!({}), &account).await;
        let rows = rows_of(&answer);
        assert_eq!((rows.len(), &rows[0]["decision"], &rows[0]["through"]), (2, &Value::Null, &json!(["cleaner"])));
        assert_eq!(answer.completeness.unwrap().failed[0].times, 2);
    }

    #[tokio::test]
    async fn without_an_action_nothing_is_read() {
        let account = FakeAccount::default();
        let answer = asked("who can delete things?", json!({}), &account).await;
        assert!(answer.completeness.unwrap().notes[0].starts_with("Name an action"));
        assert!(account.asked().is_empty());
    }
}
