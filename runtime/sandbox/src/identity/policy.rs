//! Resource policies and trust policies: do they let a service or a role act?
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
    /// The ARN of a role, named literally.
    Role(&'a str),
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

/// A wildcard principal is "unknown": as a Deny it applies, as an Allow it does
/// not count, since we ask for a statement that names its principal.
fn principal(statement: &Value, wanted: PolicyPrincipal<'_>) -> Verdict {
    let (kind, name) = match wanted {
        PolicyPrincipal::Service(name) => ("Service", name),
        PolicyPrincipal::Role(arn) => ("AWS", arn),
    };
    match statement.get("Principal") {
        Some(Value::Object(kinds)) => match kinds.get(kind).map(strings) {
            None => Verdict::NotMet,
            Some(Some(names)) if names.contains(&name) => Verdict::Met,
            Some(Some(names)) if !names.contains(&"*") => Verdict::NotMet,
            Some(_) => Verdict::Unknown,
        },
        _ => Verdict::Unknown,
    }
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
            principal: PolicyPrincipal::Role(ROLE),
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
        assert!(!lets_role_invoke(allow(json!("*"), "lambda:InvokeFunction", FUNCTION)));
        assert!(!lets_role_invoke(allow(json!({"AWS": ROLE}), "lambda:InvokeFunctionUrl", FUNCTION)));
        assert!(!lets_role_invoke(allow(json!({"AWS": ROLE}), "lambda:InvokeFunction", "arn:aws:lambda:x")));
    }
}
