//! What a role may do and who may act as it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::compare::{Finding, compare};
use super::document::{Attachment, grants};
use super::grant::Grants;
use super::names::Place;
use crate::desired::DesiredRole;
use crate::observed::ObservedRole;
use crate::plan::AccessEffect;
use crate::resource::Role;

/// What decides about a role's access, however the role is described.
#[derive(Debug, Clone, PartialEq)]
pub struct RoleAccess<'a> {
    pub trust: &'a Value,
    /// By name.
    pub inline: BTreeMap<&'a str, &'a Value>,
    pub attached: &'a [String],
    pub boundary: Option<&'a str>,
}

impl<'a> From<&'a Role> for RoleAccess<'a> {
    fn from(role: &'a Role) -> Self {
        Self {
            trust: &role.trust_policy,
            inline: by_name(&role.inline_policies),
            attached: &role.attached_policies,
            boundary: role.permissions_boundary.as_deref(),
        }
    }
}

impl<'a> From<&'a ObservedRole> for RoleAccess<'a> {
    fn from(role: &'a ObservedRole) -> Self {
        Self {
            trust: &role.trust_policy,
            inline: by_name(&role.inline_policies),
            attached: &role.attached_policies,
            boundary: role.permissions_boundary.as_deref(),
        }
    }
}

impl<'a> From<&'a DesiredRole> for RoleAccess<'a> {
    fn from(role: &'a DesiredRole) -> Self {
        Self {
            trust: &role.trust_policy,
            inline: [(role.policy_name.as_str(), &role.policy)].into(),
            attached: &[],
            boundary: role.permissions_boundary.as_deref(),
        }
    }
}

fn by_name(policies: &BTreeMap<String, Value>) -> BTreeMap<&str, &Value> {
    policies.iter().map(|(name, policy)| (name.as_str(), policy)).collect()
}

/// `label` is what the role is called: "role x", "gateway role y".
pub fn findings(label: &str, before: Option<RoleAccess>, after: Option<RoleAccess>, place: &Place) -> Vec<Finding> {
    let granted = |role: &Option<RoleAccess>| role.as_ref().map(|role| all_grants(role, label)).unwrap_or_default();
    let mut findings = compare(&granted(&before), &granted(&after), place);
    findings.extend(attached(label, before.as_ref(), after.as_ref(), place));
    // Without a role before it, a boundary is how the role is made; without one after it, nothing is left to limit.
    if let (Some(before), Some(after)) = (&before, &after) {
        findings.extend(boundary(label, before.boundary, after.boundary, place));
    }
    findings
}

fn all_grants(role: &RoleAccess, label: &str) -> Grants {
    let mut all = grants(role.trust, Attachment { holder: "*", resource: label });
    for policy in role.inline.values() {
        all.extend(grants(policy, Attachment { holder: label, resource: "*" }));
    }
    all
}

/// What an attached policy allows is said where the policy is made, or not in the
/// plan at all, so each counts as a whole.
fn attached(label: &str, before: Option<&RoleAccess>, after: Option<&RoleAccess>, place: &Place) -> Vec<Finding> {
    let of = |role: Option<&RoleAccess>| role.map(|role| role.attached.to_vec()).unwrap_or_default();
    let (before, after) = (of(before), of(after));
    let sentence = |phrase: &str, policies: Vec<String>| {
        let allows = if policies.len() == 1 { "allows" } else { "allow" };
        format!("{label} {phrase} do what {} {allows}", policies.join(", "))
    };
    let named = |some: &[String], others: &[String]| {
        let names: Vec<String> = some.iter().filter(|arn| !others.contains(arn)).map(|arn| place.name(arn)).collect();
        (!names.is_empty()).then_some(names)
    };
    let new = named(&after, &before).map(|names| (AccessEffect::Widens, sentence("may now", names)));
    let gone = named(&before, &after).map(|names| (AccessEffect::Narrows, sentence("may no longer", names)));
    new.into_iter().chain(gone).collect()
}

fn boundary(label: &str, before: Option<&str>, after: Option<&str>, place: &Place) -> Option<Finding> {
    match (before, after) {
        (before, after) if before == after => None,
        (None, Some(new)) => Some((AccessEffect::Narrows, format!("{label} is now limited by {}", place.name(new)))),
        (Some(old), None) => {
            Some((AccessEffect::Widens, format!("{label} is no longer limited by {}", place.name(old))))
        }
        (Some(old), Some(new)) => {
            let sentence = format!("{label} is now limited by {} instead of {}", place.name(new), place.name(old));
            Some((AccessEffect::Widens, sentence))
        }
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;
    use serde_json::json;

    const HERE: Place = Place { account: "111122223333", region: "us-east-1" };

    fn role() -> DesiredRole {
        samples::estate().gateway_role
    }

    fn between(before: &DesiredRole, after: &DesiredRole) -> Vec<Finding> {
        findings("role x", Some(before.into()), Some(after.into()), &HERE)
    }

    #[test]
    fn a_new_role_says_who_acts_as_it_and_what_it_may_do() {
        let role = role();
        let findings = findings("gateway role x", None, Some((&role).into()), &HERE);
        let sentences: Vec<_> = findings.iter().map(|(_, sentence)| sentence.as_str()).collect();
        assert_eq!(sentences.len(), 2, "{sentences:?}");
        assert!(sentences[0].starts_with("gateway role x may now invoke function test-bedrock"), "{sentences:?}");
        assert!(
            sentences[1].starts_with("service bedrock-agentcore.amazonaws.com may now act as gateway role x, where"),
            "{sentences:?}"
        );
    }

    #[test]
    fn the_same_role_with_other_tags_changes_nothing() {
        let mut tagged = role();
        tagged.tags.insert("Owner".into(), "others".into());
        assert_eq!(between(&role(), &tagged), []);
    }

    #[test]
    fn a_boundary_that_goes_widens() {
        let mut limited = role();
        limited.permissions_boundary = Some("arn:aws:iam::111122223333:policy/b".into());
        let widened = (AccessEffect::Widens, "role x is no longer limited by policy b".to_string());
        assert_eq!(between(&limited, &role()), [widened]);
        let narrowed = (AccessEffect::Narrows, "role x is now limited by policy b".to_string());
        assert_eq!(between(&role(), &limited), [narrowed]);
    }

    #[test]
    fn another_trust_widens_and_narrows() {
        let mut open = role();
        open.trust_policy["Statement"][0]["Principal"] = json!({"AWS": "*"});
        let effects: Vec<_> = between(&role(), &open).into_iter().collect();
        assert_eq!(effects[0].0, AccessEffect::Widens);
        assert!(effects[0].1.starts_with("anyone may now act as role x"), "{effects:?}");
    }
}
