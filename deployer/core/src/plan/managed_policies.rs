//! The policies of what the tools may read, as far as their number decides about
//! the order of the steps.

use crate::desired::Desired;
use crate::observed::Observed;
use crate::plan::StepId;
use crate::resource::Resource;

/// True when policies only go away: IAM deletes none that a role still has, so
/// that the role's stack has to come first.
pub fn only_removes(desired: &Desired, observed: &Observed) -> bool {
    let (Some(Resource::ManagedPolicies(wanted)), Some(Resource::ManagedPolicies(found))) =
        (desired.resources.get(&StepId::ReadPolicies), observed.of_stack(StepId::ReadPolicies).present())
    else {
        return false;
    };
    let all_there = wanted.policies.keys().all(|name| found.policies.contains_key(name));
    all_there && found.policies.len() > wanted.policies.len()
}
