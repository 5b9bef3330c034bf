//! Takes secrets out of what AWS says, before anything else sees it.
//!
//! Three nets, each for what the others miss: the models' `sensitive` trait,
//! the places of configs/redactions.toml, and what looks like a secret wherever
//! it stands (access keys, private keys, tokens, signed addresses, `password=`).
//! Names stay and values go, so that one sees what there is. Everything is one
//! pass over the answer and takes time in proportion to its length.

mod form;
mod places;
mod plan;
mod scan;
mod secrets;
mod walk;

#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::allowlist::AllowedOperation;
use crate::call::Redactions;
use crate::model;

/// Stands where a secret was.
pub(crate) const REDACTED: &str = "***redacted***";

/// A text without what looks like a secret: for messages of AWS and for whatever
/// of a caller's text is repeated.
pub fn redact_text(text: &str) -> String {
    scan::redacted(text).map_or_else(|| text.to_owned(), |found| found.text)
}

/// Takes the secrets out of one page of an operation's answer. Paging tokens at
/// the top stay as they are, since the next page is asked for with them.
pub(crate) fn redact(operation: &AllowedOperation, page: &mut Value) -> Redactions {
    let service = model::service(operation.service()).expect("every service with tiers has a model");
    let output = service.operations.get(operation.name()).and_then(|operation| operation.output.as_ref());
    let places = places::of(operation.service());
    let plan = output.map(|output| plan::Plan::new(service, output.shape, places));
    walk::redacted(plan.as_ref(), page)
}
