//! Whose tokens the gateway accepts, as which role it acts and which tools it offers.

use super::compare::Finding;
use super::names::Place;
use crate::desired::{Authorizer, DesiredGateway, DesiredTarget};
use crate::observed::{ObservedGateway, ObservedTarget};
use crate::plan::AccessEffect::{Narrows, Widens};
use crate::settings::{ClaimOperator, CustomClaim};

pub fn findings(before: Option<&ObservedGateway>, after: &DesiredGateway, place: &Place) -> Vec<Finding> {
    let label = format!("the gateway {}", after.name);
    let Some(found) = before else { return vec![(Widens, accepts(&label, &after.authorizer))] };
    let mut findings = match &found.authorizer {
        Some(authorizer) => authorizer_findings(&label, authorizer, &after.authorizer),
        None => vec![
            (Widens, accepts(&label, &after.authorizer)),
            (Narrows, format!("{label} no longer lets callers in by other means than a token")),
        ],
    };
    if found.role_arn != after.role_arn {
        let (old, new) = (place.name(&found.role_arn), place.name(&after.role_arn));
        findings.push((Widens, format!("{label} now acts as {new} instead of {old}")));
    }
    findings
}

fn authorizer_findings(label: &str, before: &Authorizer, after: &Authorizer) -> Vec<Finding> {
    if before.discovery_url != after.discovery_url {
        let gone = format!("{label} no longer accepts tokens of issuer {}", issuer(before));
        return vec![(Widens, accepts(label, after)), (Narrows, gone)];
    }
    let mut findings = Vec::new();
    if !lets_in_no_more_than(before, after) {
        findings.push((Widens, accepts(label, after)));
    }
    if !lets_in_no_more_than(after, before) {
        findings.push((Narrows, format!("{label} no longer accepts every token {}", terms(before))));
    }
    findings
}

/// True only when each token that `new` accepts was accepted by `old`: all
/// checks of an authorizer have to pass, and an empty list is no check.
fn lets_in_no_more_than(old: &Authorizer, new: &Authorizer) -> bool {
    let is_within = |old: &[String], new: &[String]| {
        old.is_empty() || (!new.is_empty() && new.iter().all(|value| old.contains(value)))
    };
    is_within(&old.allowed_audience, &new.allowed_audience)
        && is_within(&old.allowed_clients, &new.allowed_clients)
        && old.custom_claims.iter().all(|claim| new.custom_claims.iter().any(|other| is_as_strict(claim, other)))
}

fn is_as_strict(old: &CustomClaim, new: &CustomClaim) -> bool {
    let same_check = old.name == new.name && old.value_type == new.value_type && old.operator == new.operator;
    same_check
        && match old.operator {
            ClaimOperator::ContainsAny => new.values.iter().all(|value| old.values.contains(value)),
            ClaimOperator::Equals | ClaimOperator::Contains => old.values == new.values,
        }
}

fn accepts(label: &str, authorizer: &Authorizer) -> String {
    format!("{label} now accepts tokens {}", terms(authorizer))
}

/// "of issuer i with audience a, client c and claim cid EQUALS x"
fn terms(authorizer: &Authorizer) -> String {
    let mut checks = Vec::new();
    for (name, values) in [("audience", &authorizer.allowed_audience), ("client", &authorizer.allowed_clients)] {
        if !values.is_empty() {
            checks.push(format!("{name} {}", values.join(" or ")));
        }
    }
    checks.extend(authorizer.custom_claims.iter().map(claim));
    match checks.is_empty() {
        true => format!("of issuer {}, whatever they say", issuer(authorizer)),
        false => format!("of issuer {} with {}", issuer(authorizer), checks.join(" and ")),
    }
}

fn claim(claim: &CustomClaim) -> String {
    let verb = match claim.operator {
        ClaimOperator::Equals => "equal to",
        ClaimOperator::Contains => "containing",
        ClaimOperator::ContainsAny => "containing any of",
    };
    format!("claim {} {verb} {}", claim.name, claim.values.join(", "))
}

fn issuer(authorizer: &Authorizer) -> &str {
    let url = &authorizer.discovery_url;
    url.strip_suffix("/.well-known/openid-configuration").unwrap_or(url)
}

/// Who gets through the gateway may call what its target offers.
pub fn target_findings(before: Option<&ObservedTarget>, after: &DesiredTarget, place: &Place) -> Vec<Finding> {
    let old: Vec<&str> = match before {
        Some(found) if found.lambda_arn.as_deref() == Some(&after.lambda_arn) => {
            found.tools.iter().map(|tool| tool.name.as_str()).collect()
        }
        _ => vec![],
    };
    let new: Vec<&str> = after.tools.iter().map(|tool| tool.name.as_str()).collect();
    let function = place.name(&after.lambda_arn);
    let sentence = |phrase: &str, tools: &[&str]| {
        format!("callers of the gateway {phrase} use {function} for its tools {}", tools.join(", "))
    };
    let added: Vec<&str> = new.iter().copied().filter(|tool| !old.contains(tool)).collect();
    let removed: Vec<&str> = old.iter().copied().filter(|tool| !new.contains(tool)).collect();
    let mut findings = Vec::new();
    if !added.is_empty() {
        findings.push((Widens, sentence("may now", &added)));
    }
    if !removed.is_empty() {
        findings.push((Narrows, sentence("may no longer", &removed)));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::AccessEffect;
    use crate::samples;
    use crate::settings::ClaimType;

    fn authorizer() -> Authorizer {
        samples::estate().gateway.authorizer
    }

    fn effects(before: &Authorizer, after: &Authorizer) -> Vec<AccessEffect> {
        authorizer_findings("the gateway", before, after).into_iter().map(|(effect, _)| effect).collect()
    }

    #[test]
    fn equal_checks_change_nothing() {
        assert_eq!(effects(&authorizer(), &authorizer()), []);
    }

    #[test]
    fn a_second_audience_widens_and_none_at_all_widens_too() {
        let (one, mut two, mut any) = (authorizer(), authorizer(), authorizer());
        two.allowed_audience.push("other".into());
        any.allowed_audience.clear();
        assert_eq!(effects(&one, &two), [Widens]);
        assert_eq!(effects(&two, &one), [Narrows]);
        assert_eq!(effects(&two, &any), [Widens]);
        assert_eq!(effects(&any, &two), [Narrows]);
    }

    #[test]
    fn another_issuer_widens_and_narrows() {
        let mut other = authorizer();
        other.discovery_url = "https://other.example.com/.well-known/openid-configuration".into();
        assert_eq!(effects(&authorizer(), &other), [Widens, Narrows]);
    }

    #[test]
    fn a_dropped_claim_widens_and_a_looser_one_too() {
        let claim = |values: &[&str]| CustomClaim {
            name: "groups".into(),
            value_type: ClaimType::StringArray,
            operator: ClaimOperator::ContainsAny,
            values: values.iter().map(ToString::to_string).collect(),
        };
        let with = |claims: Vec<CustomClaim>| Authorizer { custom_claims: claims, ..authorizer() };
        assert_eq!(effects(&with(vec![claim(&["a"])]), &authorizer()), [Widens]);
        assert_eq!(effects(&with(vec![claim(&["a"])]), &with(vec![claim(&["a", "b"])])), [Widens]);
        assert_eq!(effects(&authorizer(), &with(vec![claim(&["a"])])), [Narrows]);
    }

    #[test]
    fn a_new_gateway_says_whose_tokens_it_accepts() {
        let desired = samples::estate().gateway;
        let place = Place { account: "111122223333", region: "us-east-1" };
        let expected = "the gateway aws-operations-agent-test now accepts tokens of issuer \
                        https://issuer.example.com/oauth2/default with audience api://default";
        assert_eq!(findings(None, &desired, &place), [(Widens, expected.to_string())]);
    }
}
