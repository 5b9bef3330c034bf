//! Reading AWS's answers: JSON values with members that may be missing.

use std::cmp::Ordering;

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The list at this member; empty when it is missing.
pub(crate) fn list<'a>(value: &'a Value, member: &str) -> impl Iterator<Item = &'a Value> + Clone + use<'a> {
    value[member].as_array().map(Vec::as_slice).unwrap_or_default().iter()
}

/// The text at this member; empty when it is missing.
pub(crate) fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_default()
}

/// The number at this member, 0 when it is missing. Numbers in text count too.
pub(crate) fn number(value: &Value, member: &str) -> f64 {
    let found = &value[member];
    found.as_f64().or_else(|| found.as_str()?.parse().ok()).unwrap_or_default()
}

/// False when it is missing.
pub(crate) fn flag(value: &Value, member: &str) -> bool {
    value[member].as_bool().unwrap_or_default()
}

/// The time at this member (RFC 3339, or seconds since 1970, or milliseconds where AWS gives those).
pub(crate) fn time(value: &Value, member: &str) -> Option<OffsetDateTime> {
    match &value[member] {
        Value::String(text) => OffsetDateTime::parse(text, &Rfc3339).ok(),
        Value::Number(number) => {
            let seconds = number.as_f64()?;
            let seconds = if seconds > 1e11 { seconds / 1000.0 } else { seconds };
            OffsetDateTime::from_unix_timestamp(seconds as i64).ok()
        }
        _ => None,
    }
}

/// RFC 3339 in UTC, to the second.
pub(crate) fn rfc3339(time: OffsetDateTime) -> String {
    crate::answer::timestamp(time)
}

/// The beginning of a long text, for a cell.
pub(crate) fn excerpt(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

/// Rounded to so many digits after the point.
pub(crate) fn rounded(number: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (number * scale).round() / scale
}

/// The value of a tag, in either form that AWS uses: a list of `Key` and `Value`
/// (or `key` and `value`), or an object.
pub(crate) fn tag<'a>(tags: &'a Value, key: &str) -> Option<&'a str> {
    if let Some(found) = tags.get(key) {
        return found.as_str();
    }
    let tags = tags.as_array()?.iter();
    let mut named = tags.filter(|tag| [&tag["Key"], &tag["key"]].into_iter().any(|name| name == key));
    let tag = named.next()?;
    tag["Value"].as_str().or_else(|| tag["value"].as_str())
}

/// Order of cells: numbers by size, texts by letter, what is missing first.
pub(crate) fn order(a: &Value, b: &Value) -> Ordering {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        _ => match (a.as_str(), b.as_str()) {
            (Some(a), Some(b)) => a.cmp(b),
            _ => rank(a).cmp(&rank(b)).then_with(|| a.to_string().cmp(&b.to_string())),
        },
    }
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        Value::String(_) => 3,
        _ => 4,
    }
}
