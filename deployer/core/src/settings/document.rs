//! One TOML file as a [`Node`]: syntax faults reported, variables replaced,
//! every value with its line.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

use super::fault::{Fault, Faults, Place, code};
use super::syntax::{self, Syntax};
use super::tree::{Node, Table, Value};
use super::variables;

/// Reads one file. What could be saved of a broken file is returned too.
pub(super) fn parse(file: &str, text: &str, variables: &BTreeMap<String, String>, faults: &mut Faults) -> Node {
    let Syntax { text, faults: syntax_faults } = syntax::examine(text);
    let mut document = Document::new(file.into(), &text, variables);
    for fault in syntax_faults {
        document.broken.insert(fault.line);
        faults.push(Fault::at(&document.place(fault.line), code::SYNTAX, format!("no valid TOML: {}", fault.message)));
    }
    let (table, _) = DeTable::parse_recoverable(&text);
    Node { place: document.place(1), value: Value::Table(document.table(table.get_ref())) }
}

/// A default of the key table, written as a TOML value. None when it is no TOML.
pub(super) fn literal(text: &str, place: &Place) -> Option<Node> {
    let value = DeValue::parse(text).ok()?;
    let document = Document::new(place.file.clone(), text, &BTreeMap::new()).value(&value);
    Some(Node { place: place.clone(), value: document })
}

struct Document<'a> {
    file: Arc<str>,
    /// Byte offset of each line's first character.
    lines: Vec<usize>,
    /// Lines with a syntax fault; what the parser made of their values is a guess.
    broken: BTreeSet<usize>,
    variables: &'a BTreeMap<String, String>,
}

impl<'a> Document<'a> {
    fn new(file: Arc<str>, text: &str, variables: &'a BTreeMap<String, String>) -> Self {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(offset, _)| offset + 1)).collect();
        Self { file, lines, broken: BTreeSet::new(), variables }
    }

    fn line(&self, offset: usize) -> usize {
        self.lines.partition_point(|start| *start <= offset)
    }

    fn place(&self, line: usize) -> Place {
        Place { file: self.file.clone(), line }
    }

    fn table(&self, table: &DeTable<'_>) -> Table {
        let node = |key: &Spanned<_>, value| Node { place: self.place(self.line(key.span().start)), value };
        table.iter().map(|(key, value)| (key.get_ref().to_string(), node(key, self.value(value)))).collect()
    }

    fn value(&self, value: &Spanned<DeValue<'_>>) -> Value {
        let found = match value.get_ref() {
            DeValue::Table(table) => return Value::Table(self.table(table)),
            DeValue::Boolean(boolean) => Value::Boolean(*boolean),
            DeValue::Integer(number) => Value::Integer(integer(number)),
            DeValue::String(text) => Value::Text(variables::substitute(text, self.variables)),
            DeValue::Array(elements) => Value::List(elements.iter().map(|element| self.element(element)).collect()),
            DeValue::Float(_) => Value::Foreign("a float"),
            DeValue::Datetime(_) => Value::Foreign("a date"),
        };
        if self.is_broken(value.span()) { Value::Invalid } else { found }
    }

    fn element(&self, element: &Spanned<DeValue<'_>>) -> Node {
        Node { place: self.place(self.line(element.span().start)), value: self.value(element) }
    }

    fn is_broken(&self, span: Range<usize>) -> bool {
        self.broken.range(self.line(span.start)..=self.line(span.end)).next().is_some()
    }
}

fn integer(number: &DeInteger<'_>) -> i128 {
    let saturated = if number.as_str().starts_with('-') { i128::MIN } else { i128::MAX };
    i128::from_str_radix(number.as_str(), number.radix()).unwrap_or(saturated)
}
