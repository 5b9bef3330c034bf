//! `${NAME}` and `${NAME:-default}` in strings. A default also takes the place
//! of an empty variable, as in a shell. `$${` writes a plain `${`.

use std::collections::BTreeMap;

/// A string of a file. What a variable held is in `value` alone: messages show
/// `written`, so that a secret that strayed into a variable is not printed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Text {
    pub written: String,
    /// None when a variable is missing or a reference is malformed.
    pub value: Option<String>,
    pub problems: Vec<Problem>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Problem {
    /// Name of the variable.
    Missing(String),
    Malformed,
}

pub(super) fn substitute(written: &str, variables: &BTreeMap<String, String>) -> Text {
    let mut value = String::new();
    let mut problems = Vec::new();
    let mut rest = written;
    while let Some(start) = rest.find("${") {
        let (before, reference) = rest.split_at(start);
        if let Some(before) = before.strip_suffix('$') {
            value.push_str(before);
            value.push_str("${");
            rest = &reference[2..];
            continue;
        }
        value.push_str(before);
        let Some((inside, after)) = reference[2..].split_once('}') else {
            problems.push(Problem::Malformed);
            rest = "";
            break;
        };
        match look_up(inside, variables) {
            Ok(found) => value.push_str(found),
            Err(problem) => problems.push(problem),
        }
        rest = after;
    }
    value.push_str(rest);
    Text { written: written.into(), value: problems.is_empty().then_some(value), problems }
}

fn look_up<'a>(inside: &'a str, variables: &'a BTreeMap<String, String>) -> Result<&'a str, Problem> {
    let (name, default) = match inside.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inside, None),
    };
    if !is_name(name) || default.is_some_and(|default| default.contains("${")) {
        return Err(Problem::Malformed);
    }
    let found = variables.get(name).map(String::as_str);
    match default {
        Some(default) => Ok(found.filter(|text| !text.is_empty()).unwrap_or(default)),
        None => found.ok_or_else(|| Problem::Missing(name.into())),
    }
}

fn is_name(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|character| character.is_ascii_alphanumeric() || character == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(written: &str) -> Option<String> {
        let variables = BTreeMap::from([("NAME".into(), "demo1".into()), ("EMPTY".into(), String::new())]);
        substitute(written, &variables).value
    }

    #[test]
    fn a_variable_takes_the_place_of_its_reference() {
        assert_eq!(value("a-${NAME}-${NAME}").as_deref(), Some("a-demo1-demo1"));
    }

    #[test]
    fn a_default_stands_in_for_a_missing_or_empty_variable() {
        assert_eq!(value("${ABSENT:-x}${EMPTY:-y}${NAME:-z}").as_deref(), Some("xydemo1"));
    }

    #[test]
    fn a_doubled_dollar_writes_the_reference_itself() {
        assert_eq!(value("$${NAME} costs $5").as_deref(), Some("${NAME} costs $5"));
    }

    #[test]
    fn every_missing_variable_is_named() {
        let text = substitute("${A}/${B}", &BTreeMap::new());
        assert_eq!(text.problems, [Problem::Missing("A".into()), Problem::Missing("B".into())]);
        assert_eq!(text.value, None);
    }

    #[test]
    fn an_unclosed_or_nested_reference_is_malformed() {
        for written in ["${NAME", "${}", "${1A}", "${A:-${B}}"] {
            assert_eq!(substitute(written, &BTreeMap::new()).problems, [Problem::Malformed], "{written}");
        }
    }
}
