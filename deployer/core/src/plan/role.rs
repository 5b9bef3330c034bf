//! Plans the gateway role: trust, its one inline policy, boundary, tags. Any
//! other policy is taken away: it would let the gateway do more than invoke.

use super::change::Changes;
use super::draft::Draft;
use super::{Action, Change, Operation};
use crate::desired::DesiredRole;
use crate::observed::{Fact, ObservedRole};

pub fn plan(desired: &DesiredRole, observed: &Fact<ObservedRole>) -> Draft {
    let draft = Draft::of(format!("role {}", desired.name));
    let operation = Operation::EnsureRole(desired.clone());
    match observed {
        Fact::Unknown(gap) => draft.unchecked(gap),
        Fact::Absent => draft.act(Action::Create, "does not exist yet", created(desired), operation),
        Fact::Present(role) => {
            let changes = differences(desired, role);
            if changes.is_empty() {
                return draft.keep("trust and policy are as wanted");
            }
            draft.act(Action::Update, "differs from its settings", changes, operation)
        }
    }
}

fn created(desired: &DesiredRole) -> Vec<Change> {
    let mut changes = Changes::default();
    changes.json("trust policy", None, &desired.trust_policy);
    changes.json(&format!("policy {}", desired.policy_name), None, &desired.policy);
    changes.into_vec()
}

fn differences(desired: &DesiredRole, role: &ObservedRole) -> Vec<Change> {
    let mut changes = Changes::default();
    changes.json("trust policy", Some(&role.trust_policy), &desired.trust_policy);
    let policy = role.inline_policies.get(&desired.policy_name);
    changes.json(&format!("policy {}", desired.policy_name), policy, &desired.policy);
    for (name, policy) in role.inline_policies.iter().filter(|(name, _)| **name != desired.policy_name) {
        changes.compare(format!("policy {name}"), Some(&policy.to_string()), None);
    }
    for arn in &role.attached_policies {
        changes.compare("attached policy", Some(arn), None);
    }
    changes.compare(
        "permissions boundary",
        role.permissions_boundary.as_deref(),
        desired.permissions_boundary.as_deref(),
    );
    changes.tags(&role.tags, &desired.tags);
    changes.into_vec()
}
