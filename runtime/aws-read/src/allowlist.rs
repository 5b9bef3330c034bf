//! Which operations may leave the process: configs/aws-operations, compiled in.
//!
//! Every operation of the 27 services has a tier. The gate is on parsed names,
//! compared exactly; an [`AllowedOperation`] cannot be made in any other way, and
//! requests are built from nothing else. What is not known, not allowed or not
//! opted in is refused.

mod opt_in;
mod rules;
mod tiers;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::error::ReadError;
use crate::text;

pub use opt_in::{DataOptIn, OptInFault};
pub use rules::RuleFault;
pub use tiers::{AllowedOperation, Tier};

/// The operations of a service that may be called or opted in, sorted by name;
/// empty for an unknown service.
pub fn operations(service: &str) -> &'static [AllowedOperation] {
    tiers::of(service).map_or(&[], |tiers| tiers.allowed())
}

/// An operation that may be called or opted in; look at its tier.
pub fn operation(service: &str, name: &str) -> Option<&'static AllowedOperation> {
    tiers::of(service)?.find(name)
}

/// Every IAM action that is needed by all that may be called, sorted, each once.
pub fn iam_actions(data: &DataOptIn) -> Vec<&'static str> {
    let allowed = tiers::SERVICES.iter().flat_map(|service| operations(service));
    let callable = allowed.filter(|operation| data.lets_pass(operation));
    callable
        .flat_map(|operation| operation.iam_actions())
        .map(String::as_str)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}

/// The gate.
///
/// # Errors
///
/// [`ReadError::NotAllowed`] with the tier of what was asked for, none when there
/// is no such operation, and the nearest names of what may be called.
pub(crate) fn find(service: &str, operation: &str, data: &DataOptIn) -> Result<&'static AllowedOperation, ReadError> {
    passing(service, operation, data).ok_or_else(|| ReadError::NotAllowed {
        service: text::short(service),
        operation: text::short(operation),
        tier: tiers::of(service).and_then(|tiers| tiers.tier(operation)),
        nearest: nearest(service, operation, data),
    })
}

fn passing(service: &str, name: &str, data: &DataOptIn) -> Option<&'static AllowedOperation> {
    operation(service, name).filter(|operation| data.lets_pass(operation))
}

/// Services that were meant when the service is unknown, operations otherwise.
fn nearest(service: &str, operation: &str, data: &DataOptIn) -> Vec<String> {
    match operations(service) {
        [] => text::nearest(service, tiers::SERVICES.iter().copied()),
        known => {
            let callable = known.iter().filter(|known| data.lets_pass(known)).map(AllowedOperation::name);
            text::nearest(operation, callable)
        }
    }
}
