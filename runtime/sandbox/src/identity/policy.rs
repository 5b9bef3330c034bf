//! Resource policies and trust policies: do they let a principal act?
//!
//! Fails closed: whatever is not understood allows nothing, and a Deny whose
//! reach is not understood applies.

use serde_json::Value;

use super::condition::{self, Verdict, like, strings};

/// Whom a statement has to name.
#[derive(Debug, Clone, Copy)]
pub enum PolicyPrincipal<'a> {
    /// A service principal: `bedrock-agentcore.amazonaws.com`.
    Service(&'a str),
    /// A user or role.
    Iam {
        /// All the ARNs that it goes by, the first its own: a session is named
        /// by its role's too.
        arns: &'a [&'a str],
        /// Whether its own policies allow the request, which is what a statement
        /// that names the account asks for.
        own_policies_allow: bool,
    },
    /// Whoever comes without a signature.
    Anybody,
}

#[derive(Debug, Clone, Copy)]
pub struct PolicyRequest<'a> {
    pub principal: PolicyPrincipal<'a>,
    pub action: &'a str,
    /// None for a trust policy, whose statements name no resource.
    pub resource: Option<&'a str>,
    /// Condition keys with their values.
    pub context: &'a [(&'a str, &'a str)],
}

/// True when a statement of `policy` allows the request and none denies it.
pub fn allows(policy: &Value, request: &PolicyRequest<'_>) -> bool {
    let statements = match &policy["Statement"] {
        Value::Array(statements) => statements.iter().collect(),
        statement @ Value::Object(_) => vec![statement],
        _ => vec![],
    };
    let verdicts: Vec<_> =
        statements.into_iter().map(|statement| (&statement["Effect"], applies(statement, request))).collect();
    let denied = verdicts.iter().any(|(effect, verdict)| **effect != "Allow" && *verdict != Verdict::NotMet);
    let allowed = verdicts.iter().any(|(effect, verdict)| **effect == "Allow" && *verdict == Verdict::Met);
    allowed && !denied
}

fn applies(statement: &Value, request: &PolicyRequest<'_>) -> Verdict {
    let parts = [
        principal(statement, request.principal),
        patterns(statement.get("Action"), request.action, Case::Ignored),
        resource(statement, request.resource),
        condition::evaluate(statement.get("Condition"), request.context),
    ];
    if parts.contains(&Verdict::NotMet) {
        Verdict::NotMet
    } else if parts.contains(&Verdict::Unknown) {
        Verdict::Unknown
    } else {
        Verdict::Met
    }
}

/// A wildcard principal is "unknown" to all but anybody: as a Deny it applies, as
/// an Allow it does not count, since we ask for a statement that names its principal.
fn principal(statement: &Value, wanted: PolicyPrincipal<'_>) -> Verdict {
    let is_anybody = matches!(wanted, PolicyPrincipal::Anybody);
    let kinds = match statement.get("Principal") {
        Some(Value::String(all)) if all == "*" && is_anybody => return Verdict::Met,
        Some(Value::Object(kinds)) => kinds,
        _ => return Verdict::Unknown,
    };
    let kind = if matches!(wanted, PolicyPrincipal::Service(_)) { "Service" } else { "AWS" };
    let Some(names) = kinds.get(kind) else { return Verdict::NotMet };
    let Some(names) = strings(names) else { return Verdict::Unknown };
    let verdicts = names.into_iter().map(|name| named(name, wanted)).collect::<Vec<_>>();
    let has = |verdict: Verdict| verdicts.contains(&verdict);
    if has(Verdict::Met) {
        Verdict::Met
    } else if has(Verdict::Unknown) {
        Verdict::Unknown
    } else {
        Verdict::NotMet
    }
}

/// Whether one name of a statement's principals means `wanted`. The account is
/// its principals as far as IAM allows them to act: where it does not, an Allow
/// does not count, and a Deny applies all the same.
fn named(name: &str, wanted: PolicyPrincipal<'_>) -> Verdict {
    match wanted {
        PolicyPrincipal::Service(service) if name == service => Verdict::Met,
        PolicyPrincipal::Iam { arns, .. } if arns.contains(&name) => Verdict::Met,
        PolicyPrincipal::Iam { arns, own_policies_allow } if is_account_of(name, arns) => match own_policies_allow {
            true => Verdict::Met,
            false => Verdict::Unknown,
        },
        PolicyPrincipal::Anybody if name == "*" => Verdict::Met,
        _ if name == "*" => Verdict::Unknown,
        _ => Verdict::NotMet,
    }
}

/// `arn:aws:iam::<account>:root`, or the account's number alone.
fn is_account_of(name: &str, arns: &[&str]) -> bool {
    let account = arns.first().and_then(|arn| arn.split(':').nth(4)).filter(|account| !account.is_empty());
    let named = match name.strip_suffix(":root") {
        Some(head) if head.starts_with("arn:") => head.split_once(":iam::").map(|(_, account)| account),
        Some(_) => None,
        None => Some(name),
    };
    named.is_some() && named == account
}

#[derive(Clone, Copy, PartialEq)]
enum Case {
    Ignored,
    Kept,
}

fn resource(statement: &Value, wanted: Option<&str>) -> Verdict {
    wanted.map_or(Verdict::Met, |wanted| patterns(statement.get("Resource"), wanted, Case::Kept))
}

/// Absent patterns (a statement with NotAction or NotResource) are not understood.
fn patterns(patterns: Option<&Value>, wanted: &str, case: Case) -> Verdict {
    let Some(patterns) = patterns.and_then(strings) else { return Verdict::Unknown };
    let matches = |pattern: &str| match case {
        Case::Ignored => like(&pattern.to_lowercase(), &wanted.to_lowercase()),
        Case::Kept => like(pattern, wanted),
    };
    if patterns.into_iter().any(matches) { Verdict::Met } else { Verdict::NotMet }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const SERVICE: &str = "bedrock-agentcore.amazonaws.com";
    const ROLE: &str = "arn:aws:iam::000000000000:role/gateway";
    const SESSION: &str = "arn:aws:sts::000000000000:assumed-role/gateway/s1";
    const FUNCTION: &str = "arn:aws:lambda:us-east-1:000000000000:function:tool";

    fn trusts(policy: Value) -> bool {
        let context = [
            ("aws:SourceAccount", "000000000000"),
            ("aws:SourceArn", "arn:aws:bedrock-agentcore:us-east-1:000000000000:gateway/ops-1"),
        ];
        let principal = PolicyPrincipal::Service(SERVICE);
        allows(&policy, &PolicyRequest { principal, action: "sts:AssumeRole", resource: None, context: &context })
    }

    fn statement(effect: &str, condition: Value) -> Value {
        let mut statement = json!({"Effect": effect, "Principal": {"Service": SERVICE}, "Action": "sts:AssumeRole"});
        if !condition.is_null() {
            statement["Condition"] = condition;
        }
        statement
    }

    fn lets_role_invoke(statement: Value) -> bool {
        let request = PolicyRequest {
            principal: PolicyPrincipal::Iam { arns: &[SESSION, ROLE], own_policies_allow: false },
            action: "lambda:InvokeFunction",
            resource: Some(FUNCTION),
            context: &[],
        };
        allows(&json!({"Statement": [statement]}), &request)
    }

    #[test]
    fn trust_in_the_service_counts_under_its_conditions() {
        assert!(trusts(json!({"Statement": statement("Allow", Value::Null)})));
        let ours = json!({"StringEquals": {"aws:SourceAccount": "000000000000"},
            "ArnLike": {"aws:SourceArn": "arn:aws:bedrock-agentcore:us-east-1:000000000000:gateway/ops-*"}});
        assert!(trusts(json!({"Statement": [statement("Allow", ours)]})));
        let other =
            json!({"ArnLike": {"aws:SourceArn": "arn:aws:bedrock-agentcore:us-east-1:000000000000:gateway/x-*"}});
        assert!(!trusts(json!({"Statement": [statement("Allow", other)]})));
    }

    #[test]
    fn what_is_not_understood_never_allows_and_always_denies() {
        let odd = json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}});
        assert!(!trusts(json!({"Statement": [statement("Allow", odd.clone())]})));
        assert!(!trusts(json!({"Statement": [statement("Allow", Value::Null), statement("Deny", odd)]})));
        let other_service = json!({"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "*"});
        assert!(!trusts(json!({"Statement": [other_service]})));
        assert!(!trusts(json!({"Statement": "Allow"})));
    }

    #[test]
    fn a_deny_for_others_does_not_concern_us() {
        let other = json!({"Effect": "Deny", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "*"});
        assert!(trusts(json!({"Statement": [statement("Allow", Value::Null), other]})));
    }

    #[test]
    fn a_function_policy_must_name_the_role_the_action_and_the_function() {
        let allow = |principal: Value, action: &str, resource: &str| json!({"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource});
        assert!(lets_role_invoke(allow(json!({"AWS": ROLE}), "lambda:InvokeFunction", FUNCTION)));
        assert!(lets_role_invoke(allow(json!({"AWS": [SESSION]}), "lambda:InvokeFunction", FUNCTION)));
        assert!(!lets_role_invoke(allow(json!("*"), "lambda:InvokeFunction", FUNCTION)));
        assert!(!lets_role_invoke(allow(json!({"AWS": "*"}), "lambda:InvokeFunction", FUNCTION)));
        assert!(!lets_role_invoke(allow(json!({"AWS": ROLE}), "lambda:InvokeFunctionUrl", FUNCTION)));
        assert!(!lets_role_invoke(allow(json!({"AWS": ROLE}), "lambda:InvokeFunction", "arn:aws:lambda:x")));
    }

    fn account_policy_allows(names: Value, own_policies_allow: bool) -> bool {
        let statement = json!({"Effect": "Allow", "Principal": {"AWS": names}, "Action": "x:Y", "Resource": "*"});
        let principal = PolicyPrincipal::Iam { arns: &[ROLE], own_policies_allow };
        let request = PolicyRequest { principal, action: "x:Y", resource: Some(FUNCTION), context: &[] };
        allows(&json!({"Statement": [statement]}), &request)
    }

    #[test]
    fn a_statement_that_names_the_account_leaves_it_to_iam() {
        for name in ["000000000000", "arn:aws:iam::000000000000:root"] {
            assert!(account_policy_allows(json!(name), true), "{name}");
            assert!(!account_policy_allows(json!(name), false), "{name}");
        }
        for name in ["111111111111", "arn:aws:iam::111111111111:root", "000000000000:root", "*", ""] {
            assert!(!account_policy_allows(json!(name), true), "{name}");
        }
    }

    #[test]
    fn a_deny_of_the_account_is_a_deny_of_its_principals() {
        let statement = |effect: &str, name: &str| json!({"Effect": effect, "Principal": {"AWS": name}, "Action": "x:Y", "Resource": "*"});
        let principal = PolicyPrincipal::Iam { arns: &[SESSION, ROLE], own_policies_allow: false };
        let request = PolicyRequest { principal, action: "x:Y", resource: Some(FUNCTION), context: &[] };
        for denied in ["000000000000", ROLE, "*"] {
            let policy = json!({"Statement": [statement("Allow", SESSION), statement("Deny", denied)]});
            assert!(!allows(&policy, &request), "{denied}");
        }
    }

    #[test]
    fn only_a_wildcard_lets_anybody_in() {
        let lets_in = |principal: Value| {
            let statement = json!({"Effect": "Allow", "Principal": principal, "Action": "x:Y", "Resource": "*"});
            let principal = PolicyPrincipal::Anybody;
            let request = PolicyRequest { principal, action: "x:Y", resource: Some(FUNCTION), context: &[] };
            allows(&json!({"Statement": [statement]}), &request)
        };
        assert!(lets_in(json!("*")) && lets_in(json!({"AWS": "*"})));
        assert!(!lets_in(json!({"AWS": "000000000000"})) && !lets_in(json!({"Service": "*"})));
    }
}
