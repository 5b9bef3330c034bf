//! Takes values out of the merged files and says what is missing.

use std::collections::BTreeMap;

use super::fault::{Fault, Faults, Place, code};
use super::model::{Architecture, ClaimOperator, ClaimType};
use super::tree::{Node, Value};

pub(super) struct Reader<'a> {
    pub root: &'a Node,
    /// Line 1 of the environment's own file.
    pub top: Place,
    pub faults: Faults,
}

impl<'a> Reader<'a> {
    /// The value at a dotted path; None when it is absent or already reported.
    pub fn value<T: FromNode>(&mut self, path: &str) -> Option<T> {
        read(self.root.find(path)?, path, &mut self.faults)
    }

    /// Like `value`; an absent one is a fault with this hint.
    pub fn required<T: FromNode>(&mut self, path: &str, hint: Option<&str>) -> Option<T> {
        if self.root.find(path).is_none() {
            self.missing(path, hint);
        }
        self.value(path)
    }

    pub fn missing(&mut self, path: &str, hint: Option<&str>) {
        let message = format!("{} is missing", name(path));
        let fault = Fault::at(&self.missing_place(path), code::MISSING_VALUE, message);
        self.faults.push(fault.hint(hint.map(String::from)));
    }

    /// A value that does not go together with others.
    pub fn invalid(&mut self, path: &str, message: impl Into<String>, hint: &str) {
        let place = self.root.nearest_place(path).clone();
        self.faults.push(Fault::at(&place, code::INVALID_VALUE, message).hint(hint.to_string()));
    }

    /// True when some file gives the key, even with a faulty value.
    pub fn is_given(&self, path: &str) -> bool {
        self.root.find(path).is_some()
    }

    /// True when the environment's own file gives the key, and not one that it extends.
    pub fn is_own(&self, path: &str) -> bool {
        self.root.find(path).is_some_and(|node| node.place.line > 0 && node.place.file == self.top.file)
    }

    /// True when the value or the table that should hold it is already reported.
    pub fn is_reported(&self, path: &str) -> bool {
        let above = self.root.way_to(path).iter().any(|node| node.value == Value::Invalid);
        above || self.root.find(path).is_some_and(is_reported)
    }

    /// The elements of a list of tables.
    pub fn tables(&self, path: &str) -> &'a [Node] {
        match self.root.find(path).map(|node| &node.value) {
            Some(Value::List(elements)) => elements,
            _ => &[],
        }
    }

    /// In the environment's own file, whoever else has the table.
    fn missing_place(&self, path: &str) -> Place {
        let nearest = self.root.nearest_place(path);
        if nearest.file == self.top.file { nearest.clone() } else { self.top.clone() }
    }
}

/// The value of a key in a table of a list; an absent one is a fault.
pub(super) fn element<T: FromNode>(table: &Node, path: &str, key: &str, faults: &mut Faults) -> Option<T> {
    match table.find(key) {
        Some(node) => read(node, key, faults),
        None => {
            let message = format!("`{key}` in [[{path}]] is missing");
            faults.push(Fault::at(&table.place, code::MISSING_VALUE, message));
            None
        }
    }
}

/// `` `memory_mb` in [agent] ``
fn name(path: &str) -> String {
    match path.rsplit_once('.') {
        Some((table, key)) => format!("`{key}` in [{table}]"),
        None => format!("`{path}`"),
    }
}

fn read<T: FromNode>(node: &Node, path: &str, faults: &mut Faults) -> Option<T> {
    let value = T::from_node(node);
    if value.is_none() && !is_reported(node) {
        let message = format!("{} has an unusable value", name(path));
        faults.push(Fault::at(&node.place, code::INVALID_VALUE, message));
    }
    value
}

fn is_reported(node: &Node) -> bool {
    match &node.value {
        Value::Invalid => true,
        Value::Text(text) => text.value.is_none(),
        Value::List(elements) => elements.iter().any(is_reported),
        Value::Table(table) => table.values().any(is_reported),
        _ => false,
    }
}

/// A setting's type. None for a value that the table of settings lets through
/// and this type does not.
pub(super) trait FromNode: Sized {
    fn from_node(node: &Node) -> Option<Self>;
}

impl FromNode for bool {
    fn from_node(node: &Node) -> Option<Self> {
        if let Value::Boolean(value) = node.value { Some(value) } else { None }
    }
}

impl FromNode for u32 {
    fn from_node(node: &Node) -> Option<Self> {
        if let Value::Integer(number) = node.value { number.try_into().ok() } else { None }
    }
}

impl FromNode for u16 {
    fn from_node(node: &Node) -> Option<Self> {
        if let Value::Integer(number) = node.value { number.try_into().ok() } else { None }
    }
}

impl FromNode for String {
    fn from_node(node: &Node) -> Option<Self> {
        if let Value::Text(text) = &node.value { text.value.clone() } else { None }
    }
}

impl FromNode for Vec<String> {
    fn from_node(node: &Node) -> Option<Self> {
        if let Value::List(elements) = &node.value { elements.iter().map(String::from_node).collect() } else { None }
    }
}

impl FromNode for BTreeMap<String, String> {
    fn from_node(node: &Node) -> Option<Self> {
        node.table()?.iter().map(|(key, node)| Some((key.clone(), String::from_node(node)?))).collect()
    }
}

impl FromNode for Architecture {
    fn from_node(node: &Node) -> Option<Self> {
        let name = String::from_node(node)?;
        [Self::X86_64, Self::Arm64].into_iter().find(|architecture| architecture.lambda_name() == name)
    }
}

impl FromNode for ClaimType {
    fn from_node(node: &Node) -> Option<Self> {
        serde_json::from_value(String::from_node(node)?.into()).ok()
    }
}

impl FromNode for ClaimOperator {
    fn from_node(node: &Node) -> Option<Self> {
        serde_json::from_value(String::from_node(node)?.into()).ok()
    }
}
