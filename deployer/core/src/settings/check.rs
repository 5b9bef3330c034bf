//! Holds one file's values against the table of settings: unknown keys, wrong
//! types, values out of range or of wrong form. A value with a fault becomes
//! [`Value::Invalid`], so that nothing later complains about it again.

use super::entry::{CHOICES, Entry, Kind, join};
use super::fault::{Fault, Faults, code};
use super::form::Form;
use super::nearest;
use super::tree::{Node, Table, Value};
use super::variables::{Problem, Text};

/// Checks the keys of one table. `path` is empty for the file itself.
pub(super) fn table(table: &mut Table, entries: &'static [Entry], path: &str, faults: &mut Faults) {
    choices(table, path, faults);
    for (key, node) in table {
        match entries.iter().find(|entry| entry.name == key) {
            Some(entry) => value(node, entry, path, faults),
            None => faults.push(unknown_key(key, node, entries, path)),
        }
    }
}

/// Checks the value of `entry`, a key of the table at `path`.
pub(super) fn value(node: &mut Node, entry: &'static Entry, path: &str, faults: &mut Faults) {
    let check = Check { name: &in_table(entry.name, path), path: &join(path, entry.name) };
    match &mut node.value {
        Value::Invalid => {}
        Value::Table(below) => match entry.kind {
            Kind::Table(entries) => table(below, entries, check.path, faults),
            Kind::Map { name, value, most } => check.map(node, (name, value, most), faults),
            _ => check.wrong_type(node, &entry.kind, faults),
        },
        _ => check.scalar_or_list(node, &entry.kind, faults),
    }
}

fn unknown_key(key: &str, node: &Node, entries: &[Entry], path: &str) -> Fault {
    let noun = if node.table().is_some() { "table" } else { "key" };
    let message = format!("unknown {noun} {}", in_table(key, path));
    Fault::at(&node.place, code::UNKNOWN_KEY, message).hint(nearest::key(key, entries, path))
}

fn choices(table: &mut Table, path: &str, faults: &mut Faults) {
    for choice in CHOICES.iter().filter(|choice| choice.table == path) {
        let mut given: Vec<_> = table.iter().filter(|(key, _)| choice.keys.contains(&key.as_str())).collect();
        given.sort_by_key(|(_, node)| node.place.line);
        let Some((first, rest)) = given.split_first() else { continue };
        for (key, node) in rest {
            let message = format!("{} excludes `{}` on line {}", in_table(key, path), first.0, first.1.place.line);
            faults.push(Fault::at(&node.place, code::INVALID_VALUE, message).hint("keep one of them".to_string()));
        }
    }
}

/// `` `memory_mb` in [agent] ``
fn in_table(key: &str, path: &str) -> String {
    match (path, path.strip_suffix("[]")) {
        ("", _) => format!("`{key}`"),
        (_, Some(path)) => format!("`{key}` in [[{path}]]"),
        (path, None) => format!("`{key}` in [{path}]"),
    }
}

/// What a fault says about the key whose value is checked.
struct Check<'a> {
    name: &'a str,
    path: &'a str,
}

impl Check<'_> {
    fn scalar_or_list(&self, node: &mut Node, kind: &Kind, faults: &mut Faults) {
        match (kind, &node.value) {
            (Kind::Boolean, Value::Boolean(_)) => {}
            (Kind::Integer { .. } | Kind::OneOf(_), Value::Integer(number)) => {
                if let Some(expected) = out_of_range(kind, *number) {
                    let message = format!("{} must be {expected}, not {number}", self.name);
                    self.refuse(node, message, None, faults);
                }
            }
            (Kind::Word(words), Value::Text(_)) => self.word(node, words, faults),
            (Kind::Text(form), Value::Text(_)) => self.text(node, form, faults),
            (Kind::Texts(_) | Kind::Tables(_), Value::List(_)) => self.list(node, kind, faults),
            _ => self.wrong_type(node, kind, faults),
        }
    }

    /// A list with a faulty element is itself unusable.
    fn list(&self, node: &mut Node, kind: &Kind, faults: &mut Faults) {
        let Value::List(elements) = &mut node.value else { return };
        for element in elements.iter_mut() {
            match (kind, &mut element.value) {
                (Kind::Texts(form), Value::Text(_)) => self.text(element, form, faults),
                (Kind::Texts(form), _) => self.wrong_type(element, &Kind::Text(form), faults),
                (Kind::Tables(entries), Value::Table(below)) => {
                    table(below, entries, &format!("{}[]", self.path), faults);
                }
                _ => self.wrong_type(element, &Kind::Table(&[]), faults),
            }
        }
        if elements.iter().any(|element| element.value == Value::Invalid) {
            node.value = Value::Invalid;
        }
    }

    fn text(&self, node: &mut Node, form: &Form, faults: &mut Faults) {
        let Value::Text(text) = &mut node.value else { return };
        if form.plain {
            *text = Text { written: text.written.clone(), value: Some(text.written.clone()), problems: Vec::new() };
        }
        if text.problems.contains(&Problem::Malformed) {
            return self.malformed_variable(node, faults);
        }
        let Some(value) = &text.value else { return };
        if !form.matches(value) {
            let found = if form.plain { String::new() } else { format!(", not `{}`", text.written) };
            let message = format!("{} must be {}{found}", self.name, form.says);
            self.refuse(node, message, None, faults);
        } else if let Err(refusal) = (form.rule)(value) {
            let message = format!("{} {}", self.name, refusal.message);
            self.refuse(node, message, Some(refusal.hint.into()), faults);
        }
    }

    fn malformed_variable(&self, node: &mut Node, faults: &mut Faults) {
        let message = format!("{} holds a malformed variable", self.name);
        let hint = "write ${NAME} or ${NAME:-default}, and $${ for a plain ${".to_string();
        self.refuse(node, message, Some(hint), faults);
    }

    fn word(&self, node: &mut Node, words: &[&str], faults: &mut Faults) {
        let Value::Text(Text { written, value, problems }) = &node.value else { return };
        if problems.contains(&Problem::Malformed) {
            return self.malformed_variable(node, faults);
        }
        let Some(value) = value else { return };
        if !words.contains(&value.as_str()) {
            let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
            let message = format!("{} must be one of {}, not `{written}`", self.name, quoted.join(", "));
            let hint = nearest::did_you_mean(written, words.iter().copied());
            self.refuse(node, message, hint, faults);
        }
    }

    fn map(&self, node: &mut Node, (name, value, most): (&'static Form, &'static Form, usize), faults: &mut Faults) {
        let Value::Table(table) = &mut node.value else { return };
        if table.len() > most {
            let message = format!("{} holds {} entries, at most {most} are possible", self.name, table.len());
            faults.push(Fault::at(&node.place, code::INVALID_VALUE, message));
        }
        for (key, below) in table {
            let check = Check { name: &in_table(key, self.path), path: self.path };
            let refused = match (name.matches(key), (name.rule)(key)) {
                (false, _) => Some((format!("the name of {} must be {}", check.name, name.says), None)),
                (true, Err(refusal)) => {
                    Some((format!("{} {}", check.name, refusal.message), Some(refusal.hint.into())))
                }
                (true, Ok(())) => None,
            };
            check.scalar_or_list(below, &Kind::Text(value), faults);
            if let Some((message, hint)) = refused {
                check.refuse(below, message, hint, faults);
            }
        }
    }

    fn wrong_type(&self, node: &mut Node, kind: &Kind, faults: &mut Faults) {
        if node.value == Value::Invalid {
            return;
        }
        let message = format!("{} must be {}, found {}", self.name, kind.type_name(), node.value.type_name());
        faults.push(Fault::at(&node.place, code::WRONG_TYPE, message).hint(retype(kind, &node.value)));
        node.value = Value::Invalid;
    }

    fn refuse(&self, node: &mut Node, message: String, hint: Option<String>, faults: &mut Faults) {
        faults.push(Fault::at(&node.place, code::INVALID_VALUE, message).hint(hint));
        node.value = Value::Invalid;
    }
}

/// How a value of the wrong type becomes one of the right type, where that is plain.
fn retype(kind: &Kind, found: &Value) -> Option<String> {
    let is_number = |text: &Text| text.written.parse::<i64>().is_ok();
    let is_boolean = |text: &Text| text.written.parse::<bool>().is_ok();
    match (kind, found) {
        (Kind::Texts(_), Value::Text(_)) => Some("put it in brackets".into()),
        (Kind::Text(_), Value::Integer(_)) => Some("put it in quotes".into()),
        (Kind::Integer { .. } | Kind::OneOf(_), Value::Text(text)) if is_number(text) => {
            Some("leave out the quotes".into())
        }
        (Kind::Boolean, Value::Text(text)) if is_boolean(text) => Some("leave out the quotes".into()),
        (Kind::Tables(_), Value::Table(_)) => Some("write its header in double brackets".into()),
        _ => None,
    }
}

/// What the number must be, when it is not.
fn out_of_range(kind: &Kind, number: i128) -> Option<String> {
    match kind {
        Kind::Integer { least, most } if !(i128::from(*least)..=i128::from(*most)).contains(&number) => {
            Some(format!("between {least} and {most}"))
        }
        Kind::OneOf(numbers) if !numbers.iter().any(|allowed| i128::from(*allowed) == number) => {
            let all: Vec<String> = numbers.iter().map(u32::to_string).collect();
            Some(format!("one of {}", all.join(", ")))
        }
        _ => None,
    }
}
