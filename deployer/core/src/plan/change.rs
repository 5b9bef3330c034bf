//! Differences as people read them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::Change;

/// Longest value shown before it is cut, in characters.
const SHOWN: usize = 400;

/// Items of a list that is shown as a whole.
const LISTED: usize = 12;

/// Collects differences between two states of one resource.
#[derive(Default)]
pub struct Changes(Vec<Change>);

impl Changes {
    pub fn compare(&mut self, path: impl Into<String>, before: Option<&str>, after: Option<&str>) {
        if before != after {
            let path = path.into();
            self.0.push(Change { path, before: before.map(shorten), after: after.map(shorten), replaces: false });
        }
    }

    pub fn json(&mut self, path: &str, before: Option<&Json>, after: &Json) {
        if before != Some(after) {
            self.compare(path, before.map(Json::to_string).as_deref(), Some(&after.to_string()));
        }
    }

    /// Tags that we set; tags that others add are theirs.
    pub fn tags(&mut self, before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) {
        for (key, value) in after {
            self.compare(format!("tag {key}"), before.get(key).map(String::as_str), Some(value));
        }
    }

    /// Differences below two JSON documents, one a leaf.
    pub fn documents(&mut self, path: &str, before: &Json, after: &Json) {
        match (before, after) {
            (Json::Object(old), Json::Object(new)) => {
                let keys: BTreeSet<_> = old.keys().chain(new.keys()).collect();
                for key in keys {
                    let below = if path.is_empty() { key.to_string() } else { format!("{path}.{key}") };
                    self.documents(&below, old.get(key).unwrap_or(&Json::Null), new.get(key).unwrap_or(&Json::Null));
                }
            }
            (old, new) if old == new => {}
            (Json::Array(old), Json::Array(new)) if is_long(old) || is_long(new) => self.lists(path, old, new),
            (old, new) => self.compare(path, text(old).as_deref(), text(new).as_deref()),
        }
    }

    /// Of two long lists only what is not in both.
    fn lists(&mut self, path: &str, before: &[Json], after: &[Json]) {
        let only_in = |some: &[Json], others: &[Json]| {
            let texts: Vec<_> = some.iter().filter(|item| !others.contains(item)).filter_map(text).collect();
            (!texts.is_empty()).then(|| texts.join(", "))
        };
        let (gone, new) = (only_in(before, after), only_in(after, before));
        match (&gone, &new) {
            (None, None) => self.compare(path, Some("in another order"), Some("as rendered")),
            _ => self.compare(path, gone.as_deref(), new.as_deref()),
        }
    }

    pub fn into_vec(self) -> Vec<Change> {
        self.0
    }
}

fn is_long(list: &[Json]) -> bool {
    list.len() > LISTED
}

fn text(value: &Json) -> Option<String> {
    match value {
        Json::Null => None,
        Json::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// A value cut to a length that fits a table cell.
pub fn shorten(text: &str) -> String {
    if text.chars().count() <= SHOWN {
        return text.to_string();
    }
    let start: String = text.chars().take(SHOWN - 1).collect();
    format!("{start}…")
}
