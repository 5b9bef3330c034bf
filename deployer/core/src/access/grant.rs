//! Policies as sets of grants, so that two of them can be compared by what they
//! allow instead of how they are written.

use std::collections::BTreeSet;

use super::condition::Condition;
use super::pattern::Term;

/// One thing that somebody may do, or may not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    pub who: Term,
    /// Lower case, as IAM compares actions.
    pub action: Term,
    pub resource: Term,
    pub condition: Condition,
    /// The action as it is written.
    pub spelled: String,
}

impl Grant {
    /// True only when it allows all that `other` allows.
    pub fn covers(&self, other: &Self) -> bool {
        self.who.covers(&other.who)
            && self.action.covers(&other.action)
            && self.resource.covers(&other.resource)
            && self.condition.lets_through(&other.condition)
    }

    /// The same for the same, under whatever condition.
    pub fn is_about_the_same(&self, other: &Self) -> bool {
        self.who == other.who && self.action == other.action && self.resource == other.resource
    }
}

/// What policies allow, and what they forbid.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants {
    pub allowed: Vec<Grant>,
    pub denied: Vec<Grant>,
}

impl Grants {
    pub fn extend(&mut self, other: Self) {
        self.allowed.extend(other.allowed);
        self.denied.extend(other.denied);
    }
}

/// Those of `some` that none of `others` covers, each once.
pub fn missing_from(some: &[Grant], others: &[Grant]) -> Vec<Grant> {
    // Most grants stay as they are, and there are thousands: only the rest is held against every other one.
    let same: BTreeSet<&Grant> = others.iter().collect();
    let changed = some.iter().filter(|grant| !same.contains(grant));
    let mut missing: Vec<Grant> =
        changed.filter(|grant| !others.iter().any(|other| other.covers(grant))).cloned().collect();
    missing.sort();
    missing.dedup();
    missing
}
