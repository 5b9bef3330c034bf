//! From the files of the environments folder to one environment's settings.

use std::collections::BTreeMap;

use super::document;
use super::entry::{Absent, Entry, Kind};
use super::fault::{Fault, Faults, Place, code};
use super::keys;
use super::model::Settings;
use super::nearest;
use super::reader::{FromNode, Reader};
use super::tree::{Node, Table, Value};
use super::variables::Problem;
use super::{check, name_lengths, read, rules};

/// Everything that settings are made from.
#[derive(Clone, Default)]
pub struct Sources {
    /// Name of the environment to load.
    pub environment: String,
    /// Text of every `*.toml` of the environments folder, by the path to show
    /// in messages, `environments/prod.toml`.
    pub files: BTreeMap<String, String>,
    /// Variables for `${NAME}`. They may hold secrets, so Debug leaves them out.
    pub variables: BTreeMap<String, String>,
}

impl std::fmt::Debug for Sources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sources")
            .field("environment", &self.environment)
            .field("files", &self.files.keys())
            .finish_non_exhaustive()
    }
}

impl Sources {
    /// Names of the environments that the files stand for, in order.
    pub fn environments(&self) -> Vec<&str> {
        self.files.keys().filter_map(|path| environment_name(path)).collect()
    }

    fn file(&self, environment: &str) -> Option<(&str, &str)> {
        let (path, text) = self.files.iter().find(|(path, _)| environment_name(path) == Some(environment))?;
        Some((path, text))
    }
}

/// `prod` for `environments/prod.toml`.
pub fn environment_name(path: &str) -> Option<&str> {
    path.rsplit(['/', '\\']).next()?.strip_suffix(".toml").filter(|name| !name.is_empty())
}

/// Loads one environment over its `extends` chain.
///
/// # Errors
/// All faults of all files of the chain, sorted by file and line.
pub fn load(input: &Sources) -> Result<Settings, Faults> {
    let mut faults = Faults::default();
    let Some(chain) = chain(input, &mut faults) else { return Err(faults) };
    let top = chain[0].place.clone();
    let nowhere = Place { line: 0, ..top.clone() };
    let lowest = Node { value: Value::Table(defaults(keys::ROOT, &nowhere)), place: nowhere };
    let merged = chain.into_iter().rev().fold(lowest, Node::overlay);
    missing_variables(&merged, &mut faults);
    let mut reader = Reader { root: &merged, top, faults };
    let settings = read::settings(&input.environment, &mut reader);
    rules::check(&mut reader);
    name_lengths::check(&input.environment, &mut reader);
    let faults = reader.faults.settle();
    match settings {
        Some(settings) if faults.is_empty() => Ok(settings),
        _ => Err(faults),
    }
}

/// The environment's file, the file that it extends, and so on; each checked.
fn chain(input: &Sources, faults: &mut Faults) -> Option<Vec<Node>> {
    let Some(first) = input.file(&input.environment) else {
        faults.push(unknown_environment(input));
        return None;
    };
    let mut chain: Vec<Node> = Vec::new();
    let mut next = Some(first);
    while let Some((path, text)) = next {
        let mut node = document::parse(path, text, &input.variables, faults);
        if let Value::Table(table) = &mut node.value {
            check::table(table, keys::ROOT, "", faults);
        }
        next = extended(&node, &chain, input, faults);
        chain.push(node);
    }
    Some(chain)
}

fn unknown_environment(input: &Sources) -> Fault {
    let folder = input.files.keys().find_map(|path| path.rsplit_once('/')).map_or("environments", |(folder, _)| folder);
    let environment = &input.environment;
    let place = Place { file: format!("{folder}/{environment}.toml").into(), line: 1 };
    let known = input.environments();
    let hint = nearest::did_you_mean(environment, known.iter().copied());
    let all = if known.is_empty() { "none".into() } else { known.join(", ") };
    let message = format!("there is no environment `{environment}`; there are: {all}");
    Fault::at(&place, code::UNKNOWN_ENVIRONMENT, message).hint(hint)
}

/// The file that `node` extends, unless there is none or it cannot be used.
fn extended<'a>(node: &Node, chain: &[Node], input: &'a Sources, faults: &mut Faults) -> Option<(&'a str, &'a str)> {
    let key = node.find("extends")?;
    let name = String::from_node(key)?;
    let Some((path, text)) = input.file(&name) else {
        let message = format!("`extends` names `{name}`, which has no file");
        let hint = nearest::did_you_mean(&name, input.environments().into_iter());
        faults.push(Fault::at(&key.place, code::EXTENDS, message).hint(hint));
        return None;
    };
    let mut seen = chain.iter().chain(std::iter::once(node));
    if seen.any(|node| *node.place.file == *path) {
        let message = format!("`extends` leads in a circle back to `{name}`");
        faults.push(Fault::at(&key.place, code::EXTENDS, message));
        return None;
    }
    Some((path, text))
}

/// The lowest layer: what holds when no file says otherwise.
fn defaults(entries: &[Entry], place: &Place) -> Table {
    let mut table = Table::new();
    for entry in entries {
        let node = match (&entry.kind, &entry.absent) {
            (_, Absent::Default(text)) => document::literal(text, place),
            (Kind::Table(below), _) => {
                let below = defaults(below, place);
                (!below.is_empty()).then(|| Node { place: place.clone(), value: Value::Table(below) })
            }
            _ => None,
        };
        table.extend(node.map(|node| (entry.name.to_string(), node)));
    }
    table
}

/// Only in values that hold: what another file replaces needs no variable.
fn missing_variables(node: &Node, faults: &mut Faults) {
    match &node.value {
        Value::Table(table) => table.values().for_each(|below| missing_variables(below, faults)),
        Value::List(elements) => elements.iter().for_each(|below| missing_variables(below, faults)),
        Value::Text(text) => {
            for problem in &text.problems {
                let Problem::Missing(name) = problem else { continue };
                let message = format!("the variable {name} is not set");
                let hint = format!("set it, or write a default: ${{{name}:-...}}");
                faults.push(Fault::at(&node.place, code::MISSING_VARIABLE, message).hint(hint));
            }
        }
        _ => {}
    }
}
