//! The gateway role's statement in the tool function's resource policy.

use std::collections::BTreeMap;

use contract::names;
use deployer_core::observed::{Fact, ObservedStatement};
use deployer_core::resource::Statement;
use serde_json::Value;

use super::function_policy;
use crate::Clients;
use crate::errors::{Trouble, found};

/// The tool function's policy: our statement, and those of others by Sid.
pub struct ToolPolicy {
    pub gateways: Fact<ObservedStatement>,
    /// Empty also where the policy could not be read: then ours is a gap.
    pub foreign: BTreeMap<String, Statement>,
}

/// Absent also where the function does not exist or has no policy.
pub async fn observe(clients: &Clients, function: String) -> ToolPolicy {
    match read(clients, &function).await {
        Ok(policy) => policy,
        Err(trouble) => ToolPolicy { gateways: Fact::Unknown(trouble.gap()), foreign: BTreeMap::new() },
    }
}

async fn read(clients: &Clients, function: &str) -> Result<ToolPolicy, Trouble> {
    let answer = found(clients.lambda().get_policy().function_name(function).send().await)?;
    let Some(policy) = answer.and_then(|answer| answer.policy) else {
        return Ok(ToolPolicy { gateways: Fact::Absent, foreign: BTreeMap::new() });
    };
    let mut foreign = function_policy::parse(&policy)?;
    foreign.remove(names::GATEWAY_STATEMENT_ID);
    let gateways = super::fact(statement(&policy, names::GATEWAY_STATEMENT_ID));
    Ok(ToolPolicy { gateways, foreign })
}

/// The statement with this Sid.
pub fn statement(policy: &str, sid: &str) -> Result<Option<ObservedStatement>, Trouble> {
    let mut policy: Value = serde_json::from_str(policy)
        .map_err(|error| Trouble::unusable(format!("the function's policy is not JSON: {error}")))?;
    policy.sort_all_objects();
    let statements = policy["Statement"].as_array().into_iter().flatten();
    Ok(statements.into_iter().find(|statement| statement["Sid"] == sid).map(|statement| ObservedStatement {
        statement_id: sid.to_string(),
        principal: principal(&statement["Principal"]),
        action: text(&statement["Action"]),
        condition: statement.get("Condition").filter(|condition| !condition.is_null()).cloned(),
    }))
}

/// `{"AWS": "arn"}` is the ARN, `{"Service": "name"}` the name; any other form is kept as JSON.
fn principal(principal: &Value) -> String {
    match principal.as_object().map(|members| members.values().collect::<Vec<_>>()).as_deref() {
        Some([Value::String(only)]) => only.clone(),
        _ => text(principal),
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn policy(principal: Value) -> String {
        json!({"Version": "2012-10-17", "Statement": [
            {"Sid": "other", "Principal": "*", "Action": "lambda:InvokeFunction"},
            {"Sid": "mine", "Effect": "Allow", "Principal": principal, "Action": "lambda:InvokeFunction"},
        ]})
        .to_string()
    }

    #[test]
    fn a_role_principal_is_its_arn() {
        let policy = policy(json!({"AWS": "arn:aws:iam::1:role/r"}));
        let found = statement(&policy, "mine").unwrap().unwrap();
        assert_eq!((found.principal.as_str(), found.condition), ("arn:aws:iam::1:role/r", None));
    }

    #[test]
    fn anyone_as_principal_does_not_look_like_a_role() {
        let found = statement(&policy(json!("*")), "mine").unwrap().unwrap();
        assert_eq!(found.principal, "*");
        let two = statement(&policy(json!({"AWS": ["a", "b"]})), "mine").unwrap().unwrap();
        assert_eq!(two.principal, r#"{"AWS":["a","b"]}"#);
    }

    #[test]
    fn a_policy_without_the_statement_has_none() {
        assert_eq!(statement(&policy(json!("*")), "absent").unwrap(), None);
        assert!(statement("{", "mine").is_err());
    }
}
