//! Who may call a function: the statements of its resource policy, by the
//! logical id of the template's permission that made them.

use std::collections::BTreeMap;

use deployer_core::observed::Fact;
use deployer_core::resource::{FunctionPolicy, Resource, Statement};
use serde_json::{Map, Value};

use crate::Clients;
use crate::errors::{Kind, Trouble, found};

const PERMISSION: &str = "AWS::Lambda::Permission";
const AUTH_TYPE: &str = "lambda:FunctionUrlAuthType";
const VIA_URL: &str = "lambda:InvokedViaFunctionUrl";

pub async fn observe(clients: &Clients, function: String, stack: String) -> Fact<Resource> {
    let (policy, ids) = tokio::join!(statements(clients, &function), statement_ids(clients, &stack));
    super::fact(of_template(function, policy, ids))
}

/// The Sids of a stack's permissions by logical id; none for a stack that does not exist.
pub async fn statement_ids(clients: &Clients, stack: &str) -> Result<BTreeMap<String, String>, Trouble> {
    let mut ids = BTreeMap::new();
    let request = clients.cloudformation().list_stack_resources().stack_name(stack);
    let mut resources = request.into_paginator().items().send();
    while let Some(resource) = resources.next().await {
        match resource.map_err(Trouble::from) {
            Ok(resource) if resource.resource_type.as_deref() == Some(PERMISSION) => {
                let sid = resource.physical_resource_id.as_deref().map(sid_of).filter(|sid| !sid.is_empty());
                ids.extend(resource.logical_resource_id.zip(sid));
            }
            Ok(_) => {}
            Err(trouble) if trouble.kind == Kind::NotFound => break,
            Err(trouble) => return Err(trouble),
        }
    }
    Ok(ids)
}

/// A permission's physical id is its Sid, or its whole identifier, function and Sid
/// with a bar between (the type's `primaryIdentifier`); no Sid holds a bar.
fn sid_of(physical_id: &str) -> String {
    physical_id.rsplit('|').next().unwrap_or_default().to_string()
}

/// The statements by Sid; none also where the function or its policy does not exist.
pub async fn statements(clients: &Clients, function: &str) -> Result<BTreeMap<String, Statement>, Trouble> {
    let answer = found(clients.lambda().get_policy().function_name(function).send().await)?;
    answer.and_then(|answer| answer.policy).map_or(Ok(BTreeMap::new()), |policy| parse(&policy))
}

/// The statements of a policy's text by Sid.
pub fn parse(policy: &str) -> Result<BTreeMap<String, Statement>, Trouble> {
    let mut policy: Value = serde_json::from_str(policy)
        .map_err(|error| Trouble::unusable(format!("the function's policy is not JSON: {error}")))?;
    policy.sort_all_objects();
    let statements = policy["Statement"].as_array().cloned().unwrap_or_default().into_iter();
    Ok(statements.map(|found| (text(&found["Sid"]), statement(found))).collect())
}

/// A policy without statements is none.
fn of_template(
    function_name: String,
    found: Result<BTreeMap<String, Statement>, Trouble>,
    ids: Result<BTreeMap<String, String>, Trouble>,
) -> Result<Option<Resource>, Trouble> {
    let found = found?;
    if found.is_empty() {
        return Ok(None);
    }
    let logical_ids: BTreeMap<String, String> = ids?.into_iter().map(|(logical_id, sid)| (sid, logical_id)).collect();
    let key = |sid: String| logical_ids.get(&sid).cloned().unwrap_or(sid);
    let statements = found.into_iter().map(|(sid, statement)| (key(sid), statement)).collect();
    Ok(Some(Resource::FunctionPolicy(FunctionPolicy { function_name, statements })))
}

fn statement(found: Value) -> Statement {
    let mut conditions = found["Condition"].as_object().cloned().unwrap_or_default();
    let auth_type = take(&mut conditions, "StringEquals", AUTH_TYPE);
    let via_url = take(&mut conditions, "Bool", VIA_URL);
    // Lambda's own calls make nothing but Allow; whatever else is there must not look like one.
    let other_condition = match found["Effect"].as_str() {
        Some("Allow") => (!conditions.is_empty()).then_some(Value::Object(conditions)),
        _ => Some(found.clone()),
    };
    Statement {
        principal: principal(&found["Principal"]),
        action: text(&found["Action"]),
        function_url_auth_type: auth_type,
        via_function_url: via_url.as_deref() == Some("true"),
        other_condition,
    }
}

/// Takes a condition out. Keys of conditions have no case (IAM user guide, condition elements).
fn take(conditions: &mut Map<String, Value>, operator: &str, key: &str) -> Option<String> {
    let keys = conditions.get_mut(operator)?.as_object_mut()?;
    let name = keys.keys().find(|name| name.eq_ignore_ascii_case(key))?.clone();
    let value = keys.remove(&name)?;
    if keys.is_empty() {
        conditions.remove(operator);
    }
    Some(text(&value))
}

/// `{"AWS": "arn"}` is the ARN, an account's number its root's ARN, `{"Service": "name"}` the name; other forms as JSON.
fn principal(principal: &Value) -> String {
    match principal.as_object().map(|members| members.values().collect::<Vec<_>>()).as_deref() {
        Some([Value::String(only)]) if is_account(only) => format!("arn:aws:iam::{only}:root"),
        Some([Value::String(only)]) => only.clone(),
        _ => text(principal),
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parsed(statement: Value) -> Statement {
        let policy = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
        parse(&policy).unwrap().into_values().next().unwrap()
    }

    #[test]
    fn the_two_permissions_of_a_function_url_are_understood() {
        let url = parsed(json!({
            "Sid": "a", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "lambda:InvokeFunctionUrl",
            "Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}}
        }));
        assert_eq!(url.principal, "arn:aws:iam::111122223333:root");
        assert_eq!((url.function_url_auth_type.as_deref(), url.via_function_url), (Some("AWS_IAM"), false));
        let via = parsed(json!({
            "Sid": "b", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::1:role/r"},
            "Action": "lambda:InvokeFunction", "Condition": {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}
        }));
        assert_eq!((via.function_url_auth_type, via.via_function_url, via.other_condition), (None, true, None));
    }

    #[test]
    fn other_conditions_are_kept() {
        let found = parsed(json!({
            "Sid": "a", "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "lambda:Invoke",
            "Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE", "aws:SourceAccount": "1"}}
        }));
        assert_eq!(found.principal, "events.amazonaws.com");
        assert_eq!(found.function_url_auth_type.as_deref(), Some("NONE"));
        assert_eq!(found.other_condition, Some(json!({"StringEquals": {"aws:SourceAccount": "1"}})));
    }

    #[test]
    fn a_statement_that_denies_does_not_look_like_one_that_allows() {
        let denied = json!({"Sid": "a", "Effect": "Deny", "Principal": "*", "Action": "lambda:InvokeFunction"});
        assert_eq!(parsed(denied).other_condition.unwrap()["Effect"], "Deny");
    }

    #[test]
    fn statements_have_their_templates_names_and_others_their_own() {
        let statement = parsed(json!({"Sid": "x", "Effect": "Allow", "Principal": "*", "Action": "a"}));
        let found = BTreeMap::from(["stack-Url-1", "by-hand"].map(|sid| (sid.to_string(), statement.clone())));
        let ids = BTreeMap::from([("Url".to_string(), "stack-Url-1".to_string())]);
        let Some(Resource::FunctionPolicy(policy)) = of_template("f".into(), Ok(found), Ok(ids)).unwrap() else {
            panic!("the policy has statements");
        };
        assert_eq!(policy.statements.into_keys().collect::<Vec<_>>(), ["Url", "by-hand"]);
    }

    #[test]
    fn both_forms_of_a_permissions_physical_id_name_its_sid() {
        assert_eq!(sid_of("stack-Url-1ABC"), "stack-Url-1ABC");
        assert_eq!(sid_of("arn:aws:lambda:us-east-1:1:function:f|stack-Url-1ABC"), "stack-Url-1ABC");
    }

    #[test]
    fn a_function_without_statements_has_no_policy() {
        assert_eq!(of_template("f".into(), Ok(BTreeMap::new()), Ok(BTreeMap::new())).unwrap(), None);
    }
}
