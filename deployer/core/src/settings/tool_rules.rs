//! Rules of `[tools]`: which operations may be opted in, and limits that have
//! to go together.

use super::fault::{Fault, code};
use super::nearest::did_you_mean;
use super::reader::{FromNode, Reader};
use super::rules::peek;
use super::tree::Value;
use crate::read_access::{Tier, tiers};

const OPERATIONS: &str = "tools.data_operations";

pub(super) fn check(reader: &mut Reader<'_>) {
    data_operations(reader);
    deadlines(reader);
    at_most(reader, "calls_per_service_and_region", "calls_in_flight");
    at_most(reader, "items", "most_items");
}

/// Each has to be an operation of the data tier; the fault stands at its own line.
fn data_operations(reader: &mut Reader<'_>) {
    let Some(Value::List(elements)) = reader.root.find(OPERATIONS).map(|node| &node.value) else { return };
    for element in elements {
        let Some(operation) = String::from_node(element) else { continue };
        let Some((cause, hint)) = objection(&operation) else { continue };
        let message = format!("`data_operations` in [tools] names `{operation}`, {cause}");
        reader.faults.push(Fault::at(&element.place, code::INVALID_VALUE, message).hint(hint));
    }
}

/// Why an operation cannot be opted in, and what to do instead.
fn objection(operation: &str) -> Option<(&'static str, Option<String>)> {
    let leave_out = || Some("leave it out".to_string());
    Some(match tiers().tier(operation) {
        Some(Tier::Data) => return None,
        Some(Tier::Meta | Tier::MetaCurate) => ("which the tools may call without being listed", leave_out()),
        Some(Tier::Write) => ("which changes something in the account: no setting allows that", leave_out()),
        Some(Tier::Never) => ("which gives out secrets or has side effects: no setting allows that", leave_out()),
        None => {
            let hint = did_you_mean(operation, tiers().of_tier(Tier::Data));
            let all = || format!("these can be listed: {}", tiers().of_tier(Tier::Data).collect::<Vec<_>>().join(", "));
            ("which is no operation that the tools know", hint.or_else(|| Some(all())))
        }
    })
}

/// Lambda ends a function at its time limit, and with it an answer that is still to come.
fn deadlines(reader: &mut Reader<'_>) {
    let (soft, hard) = ("tools.limits.soft_deadline_seconds", "tools.limits.hard_deadline_seconds");
    let Some(given_up) = peek::<u32>(reader, hard) else { return };
    if peek::<u32>(reader, soft).is_some_and(|soft| soft >= given_up) {
        let message = format!(
            "`soft_deadline_seconds` in [tools.limits] must be less than `hard_deadline_seconds`, which is {given_up}"
        );
        let path = own_of(reader, soft, hard).to_string();
        reader.invalid(&path, message, "between the two, calls under way still come to their end");
    }
    if let Some(timeout) = peek::<u32>(reader, "tools.timeout_seconds").filter(|timeout| given_up >= *timeout) {
        let message = format!(
            "`hard_deadline_seconds` in [tools.limits] is {given_up} and must be less than `timeout_seconds` in \
             [tools], which is {timeout}"
        );
        let path = own_of(reader, hard, "tools.timeout_seconds").to_string();
        reader.invalid(&path, message, "the function ends at its time limit, and its answer with it");
    }
}

fn at_most(reader: &mut Reader<'_>, key: &str, other: &str) {
    let at = |key: &str| format!("tools.limits.{key}");
    let (Some(value), Some(most)) = (peek::<u32>(reader, &at(key)), peek::<u32>(reader, &at(other))) else { return };
    if value > most {
        let message = format!("`{key}` in [tools.limits] must be at most `{other}`, which is {most}, not {value}");
        let (of_key, of_other) = (at(key), at(other));
        let path = own_of(reader, &of_key, &of_other).to_string();
        reader.invalid(&path, message, "raise the one or lower the other");
    }
}

/// Of two values that do not go together the one that the environment's own file
/// gives; the first, where that gives both or none.
fn own_of<'a>(reader: &Reader<'_>, first: &'a str, second: &'a str) -> &'a str {
    if reader.is_own(second) && !reader.is_own(first) { second } else { first }
}
