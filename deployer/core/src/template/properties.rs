//! Resolved properties of one resource, read with CloudFormation's defaults.

use std::collections::BTreeMap;

use serde_json::Value;

/// The `Properties` of a resource after its intrinsics were resolved.
pub(super) struct Properties(pub Value);

impl Properties {
    /// The value at a path such as `/Code/ImageUri`; null when it is not there.
    pub fn at(&self, path: &str) -> &Value {
        self.0.pointer(path).unwrap_or(&Value::Null)
    }

    /// None for what is not there and for an intrinsic that is not resolved yet.
    pub fn text(&self, path: &str) -> Option<String> {
        self.at(path).as_str().map(str::to_string)
    }

    pub fn text_or(&self, path: &str, default: &str) -> String {
        self.text(path).unwrap_or_else(|| default.to_string())
    }

    pub fn flag(&self, path: &str) -> bool {
        is_true(self.at(path))
    }

    /// A number, also where it is written as text.
    pub fn number(&self, path: &str) -> Option<u32> {
        match self.at(path) {
            Value::String(text) => text.parse().ok(),
            value => value.as_u64().and_then(|number| u32::try_from(number).ok()),
        }
    }

    pub fn list(&self, path: &str) -> &[Value] {
        self.at(path).as_array().map(Vec::as_slice).unwrap_or_default()
    }

    pub fn sorted_texts(&self, path: &str) -> Vec<String> {
        let mut texts: Vec<_> = self.list(path).iter().filter_map(Value::as_str).map(str::to_string).collect();
        texts.sort();
        texts
    }

    /// The stack's tags, and the resource's own over them.
    pub fn tags(&self, of_stack: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let own = self.list("/Tags").iter().filter_map(|tag| Some((text_of(tag, "Key")?, text_of(tag, "Value")?)));
        of_stack.clone().into_iter().chain(own).collect()
    }
}

pub(super) fn text_of(value: &Value, key: &str) -> Option<String> {
    value[key].as_str().map(str::to_string)
}

pub(super) fn is_true(value: &Value) -> bool {
    value.as_bool().unwrap_or(value == "true")
}
