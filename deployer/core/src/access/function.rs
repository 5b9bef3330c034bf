//! Who may call a function, through its URL or directly, and as which role it runs.

use std::collections::BTreeSet;

use super::compare::{Finding, URL_AUTH_TYPE, VIA_URL};
use super::condition::Condition;
use super::document::plain_principal;
use super::grant::{Grant, Grants};
use super::names::Place;
use super::pattern::{Term, covers};
use crate::plan::AccessEffect;
use crate::resource::{Cors, Function, FunctionPolicy, FunctionUrl, Statement};

/// What one statement of a function's policy allows.
pub fn statement_grant(function_name: &str, statement: &Statement) -> Grant {
    let mut condition = statement.other_condition.as_ref().map(Condition::of).unwrap_or_default();
    if let Some(auth_type) = &statement.function_url_auth_type {
        condition = condition.with(URL_AUTH_TYPE.0, URL_AUTH_TYPE.1, auth_type);
    }
    if statement.via_function_url {
        condition = condition.with(VIA_URL.0, VIA_URL.1, VIA_URL.2);
    }
    grant(function_name, &statement.principal, &statement.action, condition)
}

/// One grant of a function's policy.
pub fn grant(function_name: &str, principal: &str, action: &str, condition: Condition) -> Grant {
    Grant {
        who: Term::Matching(plain_principal(principal)),
        action: Term::Matching(action.to_lowercase()),
        resource: Term::Matching(format!("function {function_name}")),
        condition,
        spelled: action.to_string(),
    }
}

/// All that a function's policy allows, without the statements that stay whatever we do.
pub fn policy_grants(policy: &FunctionPolicy, left_alone: &BTreeSet<&str>) -> Grants {
    let ours = policy.statements.iter().filter(|(id, _)| !left_alone.contains(id.as_str()));
    let allowed = ours.map(|(_, statement)| statement_grant(&policy.function_name, statement)).collect();
    Grants { allowed, denied: vec![] }
}

/// Statements of `found` that are neither wanted nor made by the deployed stack.
pub fn foreign<'a>(
    found: &'a FunctionPolicy,
    wanted: &FunctionPolicy,
    deployed: &BTreeSet<String>,
) -> BTreeSet<&'a str> {
    let ids = found.statements.keys().map(String::as_str);
    ids.filter(|id| !wanted.statements.contains_key(*id) && !deployed.contains(*id)).collect()
}

/// Who a function URL asks, and from which web pages it may be called.
pub fn url_findings(before: Option<&FunctionUrl>, after: Option<&FunctionUrl>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let name = after.or(before).map(|url| url.function_name.as_str()).unwrap_or_default();
    let is_open = |url: Option<&FunctionUrl>| url.is_some_and(|url| url.auth_type != "AWS_IAM");
    match (is_open(before), is_open(after)) {
        (false, true) => {
            let sentence = format!("anyone may now call the URL of function {name} without a signature");
            findings.push((AccessEffect::Widens, sentence));
        }
        (true, false) => {
            let sentence = format!("nobody may call the URL of function {name} without a signature any longer");
            findings.push((AccessEffect::Narrows, sentence));
        }
        _ => {}
    }
    let (before, after) = (before.and_then(|url| url.cors.as_ref()), after.and_then(|url| url.cors.as_ref()));
    findings.extend(cors_findings(name, before, after));
    findings
}

fn cors_findings(name: &str, before: Option<&Cors>, after: Option<&Cors>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (what, values) in [
        ("web pages of", (|cors| &cors.allow_origins) as fn(&Cors) -> &Vec<String>),
        ("web pages with the header", |cors| &cors.allow_headers),
        ("web pages with the method", |cors| &cors.allow_methods),
    ] {
        let of = |cors: Option<&Cors>| cors.map(values).cloned().unwrap_or_default();
        let (old, new) = (of(before), of(after));
        let sentence = |phrase: &str, list: &[String]| {
            format!("{what} {} {phrase} call the URL of function {name}", list.join(", "))
        };
        let added = not_covered(&new, &old);
        if !added.is_empty() {
            findings.push((AccessEffect::Widens, sentence("may now", &added)));
        }
        let removed = not_covered(&old, &new);
        if !removed.is_empty() {
            findings.push((AccessEffect::Narrows, sentence("may no longer", &removed)));
        }
    }
    let with_credentials = |cors: Option<&Cors>| cors.is_some_and(|cors| cors.allow_credentials);
    findings.extend(match (with_credentials(before), with_credentials(after)) {
        (false, true) => {
            Some((AccessEffect::Widens, format!("web pages may now send credentials to the URL of function {name}")))
        }
        (true, false) => Some((
            AccessEffect::Narrows,
            format!("web pages may no longer send credentials to the URL of function {name}"),
        )),
        _ => None,
    });
    findings
}

fn not_covered(some: &[String], others: &[String]) -> Vec<String> {
    some.iter().filter(|value| !others.iter().any(|other| covers(other, value))).cloned().collect()
}

/// A function under another role may do what that one may.
pub fn role_finding(before: &Function, after: &Function, place: &Place) -> Option<Finding> {
    (before.role_arn != after.role_arn).then(|| {
        let (old, new) = (place.name(&before.role_arn), place.name(&after.role_arn));
        (AccessEffect::Widens, format!("function {} now runs as {new} instead of {old}", after.name))
    })
}

#[cfg(test)]
mod tests {
    use super::super::compare::compare;
    use super::*;
    use std::collections::BTreeMap;

    const HERE: Place = Place { account: "111122223333", region: "us-east-1" };

    fn through_url(principal: &str) -> FunctionPolicy {
        let statement = |action: &str, auth: Option<&str>| Statement {
            principal: principal.into(),
            action: action.into(),
            function_url_auth_type: auth.map(str::to_string),
            via_function_url: auth.is_none(),
            other_condition: None,
        };
        let statements = BTreeMap::from([
            ("AgentUrlPermission0".to_string(), statement("lambda:InvokeFunctionUrl", Some("AWS_IAM"))),
            ("AgentInvokePermission0".to_string(), statement("lambda:InvokeFunction", None)),
        ]);
        FunctionPolicy { function_name: "agent".into(), statements }
    }

    fn grants(policy: &FunctionPolicy) -> Grants {
        policy_grants(policy, &BTreeSet::new())
    }

    #[test]
    fn both_permissions_of_a_url_are_one_sentence() {
        let findings = compare(&Grants::default(), &grants(&through_url("123456789012")), &HERE);
        let expected = "callers of account 123456789012 may now use the URL of function agent".to_string();
        assert_eq!(findings, [(AccessEffect::Widens, expected)]);
    }

    #[test]
    fn a_direct_call_is_more_than_one_through_the_url() {
        let mut direct = through_url("123456789012");
        direct.statements.get_mut("AgentInvokePermission0").unwrap().via_function_url = false;
        let findings = compare(&grants(&through_url("123456789012")), &grants(&direct), &HERE);
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert!(findings[0].1.starts_with("callers of account 123456789012 may now invoke function agent"));
    }

    #[test]
    fn a_strangers_statement_stays_and_an_old_one_of_ours_goes() {
        let (wanted, mut found) = (through_url("123456789012"), through_url("123456789012"));
        for id in ["stranger", "AgentUrlPermission1"] {
            let statement = found.statements["AgentUrlPermission0"].clone();
            found.statements.insert(id.into(), statement);
        }
        let deployed = BTreeSet::from(["AgentUrlPermission1".to_string()]);
        assert_eq!(foreign(&found, &wanted, &deployed), BTreeSet::from(["stranger"]));
    }

    fn url(auth_type: &str, origins: &[&str]) -> FunctionUrl {
        let cors = Cors {
            allow_credentials: false,
            allow_headers: vec![],
            allow_methods: vec!["GET".into()],
            allow_origins: origins.iter().map(ToString::to_string).collect(),
            max_age_seconds: 0,
        };
        FunctionUrl {
            function_name: "agent".into(),
            auth_type: auth_type.into(),
            invoke_mode: "RESPONSE_STREAM".into(),
            cors: (!origins.is_empty()).then_some(cors),
            address: None,
        }
    }

    #[test]
    fn a_url_without_authentication_is_open_to_anyone() {
        let findings = url_findings(Some(&url("AWS_IAM", &[])), Some(&url("NONE", &[])));
        assert_eq!(findings[0].0, AccessEffect::Widens);
        assert!(findings[0].1.starts_with("anyone may now call"), "{findings:?}");
        assert_eq!(url_findings(Some(&url("NONE", &[])), Some(&url("AWS_IAM", &[])))[0].0, AccessEffect::Narrows);
        assert_eq!(url_findings(None, Some(&url("AWS_IAM", &[]))), []);
    }

    #[test]
    fn another_origin_widens_unless_all_were_allowed() {
        let (one, two) = (url("AWS_IAM", &["https://a"]), url("AWS_IAM", &["https://a", "https://b"]));
        assert_eq!(url_findings(Some(&one), Some(&two))[0].0, AccessEffect::Widens);
        assert_eq!(url_findings(Some(&two), Some(&one))[0].0, AccessEffect::Narrows);
        let findings = url_findings(Some(&url("AWS_IAM", &["*"])), Some(&one));
        assert!(findings.iter().all(|(effect, _)| *effect == AccessEffect::Narrows), "{findings:?}");
    }
}
