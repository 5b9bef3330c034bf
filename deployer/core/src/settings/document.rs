//! One TOML file as a [`Node`]: syntax faults reported, variables replaced,
//! every value with its line.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue, Error};

use super::fault::{Fault, Faults, Place, code};
use super::tree::{Node, Table, Value};
use super::variables;

/// Reads one file. What the parser could save of a broken file is returned too.
pub(super) fn parse(file: &str, text: &str, variables: &BTreeMap<String, String>, faults: &mut Faults) -> Node {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut document = Document { file: file.into(), lines: line_starts(text), broken: BTreeSet::new(), variables };
    for (line, message) in document.syntax_faults(table.get_ref(), &errors) {
        document.broken.insert(line);
        faults.push(Fault::at(&document.place(line), code::SYNTAX, message));
    }
    Node { place: document.place(1), value: Value::Table(document.table(table.get_ref())) }
}

/// A default of the key table, written as a TOML value. None when it is no TOML.
pub(super) fn literal(text: &str, place: &Place) -> Option<Node> {
    let value = DeValue::parse(text).ok()?;
    let document = Document {
        file: place.file.clone(),
        lines: line_starts(text),
        broken: BTreeSet::new(),
        variables: &BTreeMap::new(),
    };
    Some(Node { place: place.clone(), value: document.value(&value) })
}

struct Document<'a> {
    file: Arc<str>,
    /// Byte offset of each line's first character.
    lines: Vec<usize>,
    /// Lines with a syntax fault; what the parser made of their values is a guess.
    broken: BTreeSet<usize>,
    variables: &'a BTreeMap<String, String>,
}

fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(offset, _)| offset + 1)).collect()
}

impl Document<'_> {
    fn line(&self, offset: usize) -> usize {
        self.lines.partition_point(|start| *start <= offset).max(1)
    }

    fn place(&self, line: usize) -> Place {
        Place { file: self.file.clone(), line }
    }

    /// Line and message of each. An unclosed list or table swallows the lines
    /// below it; of the errors in there only its own is told, where it begins.
    fn syntax_faults(&self, root: &DeTable<'_>, errors: &[Error]) -> Vec<(usize, String)> {
        let mut values = Vec::new();
        collect_spans(root, &mut values);
        let offset = |error: &Error| error.span().map_or(0, |span| span.start);
        let unclosed: Vec<&Range<usize>> = values
            .iter()
            .filter(|span| {
                errors.iter().any(|error| error.message().starts_with("unclosed") && offset(error) == span.end)
            })
            .collect();
        let enclosing = |error: &Error| {
            unclosed.iter().filter(|span| (span.start..=span.end).contains(&offset(error))).min_by_key(|span| span.start)
        };
        errors
            .iter()
            .filter_map(|error| match enclosing(error) {
                None => Some((self.line(offset(error)), error.message().replace('\n', "; "))),
                Some(span) if offset(error) == span.end && error.message().starts_with("unclosed") => {
                    Some((self.line(span.start), error.message().replace('\n', "; ")))
                }
                Some(_) => None,
            })
            .collect()
    }

    fn table(&self, table: &DeTable<'_>) -> Table {
        let mut nodes = Table::new();
        for (key, value) in table.iter() {
            let place = self.place(self.line(key.span().start));
            nodes.insert(key.get_ref().to_string(), Node { place, value: self.value(value) });
        }
        nodes
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
        let lines = self.line(span.start)..=self.line(span.end);
        self.broken.range(lines).next().is_some()
    }
}

/// Spans of all lists and inline tables that stand behind a key of a table.
fn collect_spans(table: &DeTable<'_>, spans: &mut Vec<Range<usize>>) {
    for value in table.values() {
        match value.get_ref() {
            DeValue::Array(_) => spans.push(value.span()),
            DeValue::Table(below) => {
                spans.push(value.span());
                collect_spans(below, spans);
            }
            _ => {}
        }
    }
}

fn integer(number: &DeInteger<'_>) -> i128 {
    let saturated = if number.as_str().starts_with('-') { i128::MIN } else { i128::MAX };
    i128::from_str_radix(number.as_str(), number.radix()).unwrap_or(saturated)
}
