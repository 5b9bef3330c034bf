//! Values as they stand in the files, each with its place, and how one file
//! lies over another: tables merge key by key, everything else is replaced.

use std::collections::BTreeMap;

use super::entry::{CHOICES, join};
use super::fault::Place;
use super::variables::Text;

pub(super) type Table = BTreeMap<String, Node>;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    /// Where its key stands; for an element of a list, where the element stands;
    /// for a default, line 0.
    pub place: Place,
    pub value: Value,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Boolean(bool),
    /// Wider than any setting, so that a number that is too large is still a number.
    Integer(i128),
    Text(Text),
    List(Vec<Node>),
    Table(Table),
    /// A type of TOML that no setting has, by name.
    Foreign(&'static str),
    /// Already reported; says nothing more.
    Invalid,
}

impl Value {
    /// For "found a string".
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Boolean(_) => "a boolean",
            Self::Integer(_) => "an integer",
            Self::Text(_) => "a string",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
            Self::Foreign(name) => name,
            Self::Invalid => "an unreadable value",
        }
    }
}

impl Node {
    pub fn table(&self) -> Option<&Table> {
        match &self.value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The node at a dotted path, `agent.memory_mb`.
    pub fn find(&self, path: &str) -> Option<&Node> {
        path.split('.').try_fold(self, |node, name| node.table()?.get(name))
    }

    /// The nodes on the way to a dotted path, as far as they exist.
    pub fn way_to(&self, path: &str) -> Vec<&Node> {
        let mut way = vec![self];
        for name in path.split('.') {
            let Some(below) = way.last().and_then(|node| node.table()?.get(name)) else { break };
            way.push(below);
        }
        way
    }

    /// The place of the last node on the way to `path` that stands in a file.
    pub fn nearest_place(&self, path: &str) -> &Place {
        let way = self.way_to(path);
        way.iter().rev().map(|node| &node.place).find(|place| place.line > 0).unwrap_or(&self.place)
    }

    /// Lays `upper` over this node.
    pub fn overlay(self, upper: Node) -> Node {
        overlay(self, upper, "")
    }
}

fn overlay(lower: Node, upper: Node, path: &str) -> Node {
    match (lower.value, upper.value) {
        (Value::Table(lower), Value::Table(upper_table)) => {
            Node { place: upper.place, value: Value::Table(merge(lower, upper_table, path)) }
        }
        (_, value) => Node { place: upper.place, value },
    }
}

fn merge(mut lower: Table, upper: Table, path: &str) -> Table {
    // Of keys that exclude each other, the upper file's choice stands alone.
    for choice in CHOICES.iter().filter(|choice| choice.table == path) {
        if choice.keys.iter().any(|key| upper.contains_key(*key)) {
            lower.retain(|key, _| !choice.keys.contains(&key.as_str()));
        }
    }
    for (key, node) in upper {
        let merged = match lower.remove(&key) {
            Some(below) => overlay(below, node, &join(path, &key)),
            None => node,
        };
        lower.insert(key, merged);
    }
    lower
}
