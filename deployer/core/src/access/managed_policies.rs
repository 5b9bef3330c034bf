//! What the policies of the tools' read access change, summed up: they hold more
//! than a thousand actions, of which a reader wants to know how many of which
//! services, and which ones are new or gone.

use std::collections::{BTreeMap, BTreeSet};

use super::compare::{Finding, compare, listed};
use super::document::{Attachment, grants, words};
use super::grant::{Grant, Grants, missing_from};
use super::names::Place;
use crate::plan::AccessEffect;
use crate::resource::ManagedPolicies;

/// Which policy holds a grant means nothing, so all of them are compared together.
pub fn findings(before: Option<&ManagedPolicies>, after: &ManagedPolicies, place: &Place) -> Vec<Finding> {
    let holder = format!("who has the {} policies", after.name);
    let is_new = before.is_none();
    let (before, after) = (before.map(|found| all(found, &holder)).unwrap_or_default(), all(after, &holder));
    let new = missing_from(&after.allowed, &before.allowed);
    let gone = missing_from(&before.allowed, &after.allowed);
    let allowed = [(AccessEffect::Widens, "may now", new), (AccessEffect::Narrows, "may no longer", gone)];
    let allowed = allowed.into_iter().filter_map(|(effect, phrase, grants)| {
        let deed = deed(&grants)?;
        Some((effect, format!("{holder} {phrase} do {deed}")))
    });
    let denials = |grants: &Grants| Grants { allowed: vec![], denied: grants.denied.clone() };
    // What is forbidden from the start was never allowed.
    let denied = if is_new { vec![] } else { compare(&denials(&before), &denials(&after), place) };
    allowed.chain(denied).collect()
}

/// The actions that change in this direction; those on the account's own resources alone say so.
pub fn actions(before: Option<&ManagedPolicies>, after: &ManagedPolicies, effect: AccessEffect) -> Vec<String> {
    let all_of = |policies| all(policies, "holder");
    let (before, after) = (before.map(all_of).unwrap_or_default(), all_of(after));
    let (allowed, denied) = match effect {
        AccessEffect::Widens => {
            (missing_from(&after.allowed, &before.allowed), missing_from(&before.denied, &after.denied))
        }
        AccessEffect::Narrows => {
            (missing_from(&before.allowed, &after.allowed), missing_from(&after.denied, &before.denied))
        }
    };
    let spelled = |grant: &Grant| match is_everywhere(grant) {
        true => grant.spelled.clone(),
        false => format!("{} on own resources", grant.spelled),
    };
    allowed.iter().chain(&denied).map(spelled).collect::<BTreeSet<_>>().into_iter().collect()
}

fn all(policies: &ManagedPolicies, holder: &str) -> Grants {
    let mut all = Grants::default();
    for policy in policies.policies.values() {
        all.extend(grants(&policy.document, Attachment { holder, resource: "*" }));
    }
    all
}

/// "1170 actions of 23 services (ec2 282, sagemaker 186, ...)", or the actions
/// themselves where they are few; None where there are none.
fn deed(grants: &[Grant]) -> Option<String> {
    let actions: BTreeSet<String> = grants.iter().map(|grant| grant.spelled.clone()).collect();
    let reach = if grants.iter().any(is_everywhere) { "" } else { " on the account's own resources" };
    match actions.len() {
        0 => None,
        1..=NAMED => Some(format!("{}{reach}", listed(&actions.into_iter().collect::<Vec<_>>()))),
        count => Some(format!("{count} actions of {}{reach}", services(&actions))),
    }
}

/// More actions than these are counted.
const NAMED: usize = 24;

fn is_everywhere(grant: &Grant) -> bool {
    words(&grant.resource) == "*"
}

fn services(actions: &BTreeSet<String>) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for action in actions {
        *counts.entry(action.split(':').next().unwrap_or_default()).or_default() += 1;
    }
    let mut counted: Vec<(&str, usize)> = counts.into_iter().collect();
    counted.sort_by_key(|(name, count)| (usize::MAX - count, *name));
    let listed: Vec<String> = counted.iter().map(|(name, count)| format!("{name} {count}")).collect();
    let services = if counted.len() == 1 { "service" } else { "services" };
    format!("{} {services} ({})", counted.len(), listed.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::StepId;
    use crate::resource::Resource;
    use crate::samples;

    const HERE: Place = Place { account: "111122223333", region: "us-east-1" };

    fn policies(data_operations: &[&str]) -> ManagedPolicies {
        let mut settings = samples::settings();
        settings.tool_settings.data_operations = data_operations.iter().map(|name| name.to_string()).collect();
        match samples::estate_of(&settings).resources.remove(&StepId::ReadPolicies) {
            Some(Resource::ManagedPolicies(policies)) => policies,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_new_is_counted_by_service() {
        let found = findings(None, &policies(&[]), &HERE);
        let (effect, sentence) = &found[0];
        assert_eq!(*effect, AccessEffect::Widens);
        assert!(sentence.starts_with("who has the aws-operations-agent-test-read policies may now do "), "{sentence}");
        assert!(sentence.contains(" services (ec2 2") && sentence.len() < 600, "{sentence}");
        assert_eq!(found.len(), 1, "{found:?}");
    }

    #[test]
    fn a_change_names_its_actions() {
        let (without, with) = (policies(&[]), policies(&["logs:FilterLogEvents"]));
        let holder = "who has the aws-operations-agent-test-read policies";
        let deed = "do logs:FilterLogEvents on the account's own resources";
        let widened = (AccessEffect::Widens, format!("{holder} may now {deed}"));
        assert_eq!(findings(Some(&without), &with, &HERE), [widened]);
        let narrowed = (AccessEffect::Narrows, format!("{holder} may no longer {deed}"));
        assert_eq!(findings(Some(&with), &without, &HERE), [narrowed]);
        assert_eq!(findings(Some(&with), &with, &HERE), []);
    }

    #[test]
    fn an_action_that_moves_to_another_policy_changes_nothing() {
        let before = policies(&[]);
        let mut after = before.clone();
        let documents: Vec<_> = before.policies.values().map(|policy| policy.document.clone()).rev().collect();
        after.policies.values_mut().zip(documents).for_each(|(policy, document)| policy.document = document);
        assert_eq!(findings(Some(&before), &after, &HERE), []);
    }
}
