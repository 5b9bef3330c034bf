//! Conditions of statements: which of two lets less through, and how to say one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::names::Place;
use super::pattern::covers;

/// What a request has to fulfil: tests by operator and key (lower case, as IAM
/// compares keys).
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Condition(BTreeMap<(String, String), Values>);

/// Values of which one has to fit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Values {
    /// The key as it is written.
    key: String,
    values: BTreeSet<String>,
}

/// More values let more through.
const ANY_OF: [&str; 9] = [
    "StringEquals",
    "StringEqualsIgnoreCase",
    "StringLike",
    "ArnEquals",
    "ArnLike",
    "Bool",
    "NumericEquals",
    "DateEquals",
    "IpAddress",
];

/// More values let less through.
const NONE_OF: [&str; 6] =
    ["StringNotEquals", "StringNotEqualsIgnoreCase", "StringNotLike", "ArnNotEquals", "ArnNotLike", "NotIpAddress"];

/// Values are patterns.
const PATTERNS: [&str; 3] = ["StringLike", "ArnLike", "ArnEquals"];

impl Condition {
    /// Of a statement's `Condition`; null is none.
    pub fn of(value: &Value) -> Self {
        let mut condition = Self::default();
        for (operator, keys) in value.as_object().into_iter().flatten() {
            match keys.as_object() {
                Some(keys) => keys.iter().for_each(|(key, values)| condition.add(operator, key, texts(values))),
                None => condition.add(operator, "", texts(keys)),
            }
        }
        condition
    }

    pub fn with(mut self, operator: &str, key: &str, value: &str) -> Self {
        self.add(operator, key, [value.to_string()].into());
        self
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Without one test, where it has exactly this value.
    pub fn without(mut self, operator: &str, key: &str, value: &str) -> Self {
        let test = (operator.to_string(), key.to_lowercase());
        if self.0.get(&test).is_some_and(|found| found.values.len() == 1 && found.values.contains(value)) {
            self.0.remove(&test);
        }
        self
    }

    fn add(&mut self, operator: &str, key: &str, values: BTreeSet<String>) {
        self.0.insert((operator.to_string(), key.to_lowercase()), Values { key: key.to_string(), values });
    }

    /// True only when each request that `other` lets through gets through this one.
    pub fn lets_through(&self, other: &Self) -> bool {
        let is_kept = |test: &(String, String), loose: &Values| {
            other.0.get(test).is_some_and(|strict| is_as_strict(&test.0, &strict.values, &loose.values))
        };
        self.0.iter().all(|(test, loose)| is_kept(test, loose))
    }

    /// "aws:SourceAccount is 111122223333 and aws:SourceArn is like ..."
    pub fn words(&self, place: &Place) -> String {
        let test = |((operator, _), Values { key, values }): (&(String, String), &Values)| {
            let values: Vec<String> = values.iter().map(|value| place.name(value)).collect();
            format!("{key} {} {}", verb(operator), values.join(" or "))
        };
        self.0.iter().map(test).collect::<Vec<_>>().join(" and ")
    }
}

fn is_as_strict(operator: &str, strict: &BTreeSet<String>, loose: &BTreeSet<String>) -> bool {
    if PATTERNS.contains(&operator) {
        return strict.iter().all(|value| loose.iter().any(|pattern| covers(pattern, value)));
    }
    match operator {
        operator if ANY_OF.contains(&operator) => strict.is_subset(loose),
        operator if NONE_OF.contains(&operator) => loose.is_subset(strict),
        _ => strict == loose,
    }
}

fn verb(operator: &str) -> String {
    match operator {
        "StringEquals" | "ArnEquals" | "Bool" | "NumericEquals" => "is".into(),
        "StringLike" | "ArnLike" => "is like".into(),
        "StringNotEquals" | "ArnNotEquals" => "is not".into(),
        "StringNotLike" | "ArnNotLike" => "is not like".into(),
        other => format!("({other})"),
    }
}

/// One text or a list of them; anything else as JSON.
pub fn texts(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Array(values) => values.iter().map(text).collect(),
        Value::Null => BTreeSet::new(),
        value => [text(value)].into(),
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn condition(value: Value) -> Condition {
        Condition::of(&value)
    }

    #[test]
    fn no_condition_lets_everything_through() {
        let account = condition(json!({"StringEquals": {"aws:SourceAccount": "1"}}));
        assert!(Condition::default().lets_through(&account));
        assert!(!account.lets_through(&Condition::default()));
        assert!(account.lets_through(&condition(json!({"StringEquals": {"AWS:sourceaccount": ["1"]}}))));
    }

    #[test]
    fn more_values_let_more_through_or_less() {
        let one = condition(json!({"StringEquals": {"k": "a"}}));
        let two = condition(json!({"StringEquals": {"k": ["a", "b"]}}));
        assert!(two.lets_through(&one) && !one.lets_through(&two));
        let one = condition(json!({"StringNotEquals": {"k": "a"}}));
        let two = condition(json!({"StringNotEquals": {"k": ["a", "b"]}}));
        assert!(one.lets_through(&two) && !two.lets_through(&one));
    }

    #[test]
    fn a_pattern_lets_a_narrower_one_through() {
        let broad = condition(json!({"ArnLike": {"aws:SourceArn": "arn:aws:x:*"}}));
        let narrow = condition(json!({"ArnLike": {"aws:SourceArn": "arn:aws:x:1"}}));
        assert!(broad.lets_through(&narrow) && !narrow.lets_through(&broad));
    }

    #[test]
    fn an_operator_that_is_not_known_is_only_like_itself() {
        let one = condition(json!({"ForAllValues:StringEquals": {"k": "a"}}));
        let two = condition(json!({"ForAllValues:StringEquals": {"k": ["a", "b"]}}));
        assert!(!two.lets_through(&one) && !one.lets_through(&two) && one.lets_through(&one.clone()));
    }
}
