//! The commands that the delivery pipelines run and the documents name are
//! commands that exist.

use clap::Parser;
use clap::error::ErrorKind;
use serde_json::Value;

use super::Arguments;

const PIPELINES: [(&str, &str); 3] = [
    ("deploy.yml", include_str!("../../../../.github/workflows/deploy.yml")),
    ("drift.yml", include_str!("../../../../.github/workflows/drift.yml")),
    ("buildspec.yml", include_str!("../../../../.ci/buildspec.yml")),
];

const DOCUMENTS: [(&str, &str); 6] = [
    ("README.md", include_str!("../../../../README.md")),
    ("guide.md", include_str!("../../../../docs/guide.md")),
    ("architecture.md", include_str!("../../../../docs/architecture.md")),
    ("continuous-delivery.md", include_str!("../../../../docs/continuous-delivery.md")),
    ("reliability.md", include_str!("../../../../docs/reliability.md")),
    ("settings.md", include_str!("../../../../docs/settings.md")),
];

/// Every text of a document.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::Object(fields) => fields.values().flat_map(texts).collect(),
        _ => vec![],
    }
}

/// The arguments of each `deployer` command in a shell script.
fn commands(script: &str) -> Vec<Vec<String>> {
    script.lines().filter_map(command).collect()
}

fn command(line: &str) -> Option<Vec<String>> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let program = words.iter().position(|word| word.ends_with("/deployer"));
    let by_cargo = words.windows(3).position(|three| three == ["-p", "deployer", "--"]).map(|at| at + 2);
    let by_name = (words.first() == Some(&"deployer")).then_some(0);
    let start = program.or(by_cargo).or(by_name)? + 1;
    let ends = |word: &&&str| ["|", "||", "&&", ";", ">", ">>", "#"].contains(*word);
    let length = words[start..].iter().position(|word| ends(&word)).unwrap_or(words.len() - start);
    let unquoted = |word: &&str| word.trim_matches(['"', '\'']).to_string();
    Some(words[start..start + length].iter().map(unquoted).collect())
}

#[track_caller]
fn accepted(place: &str, words: &[String]) {
    let line = ["deployer".to_string()].into_iter().chain(words.iter().cloned());
    if let Err(error) = Arguments::try_parse_from(line) {
        panic!("{place}: deployer {}\n{error}", words.join(" "));
    }
}

#[test]
fn pipelines_run_commands_that_exist() {
    for (name, text) in PIPELINES {
        let document: Value = serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let found: Vec<_> = texts(&document).into_iter().flat_map(commands).collect();
        assert!(!found.is_empty(), "{name} runs no command");
        found.iter().for_each(|words| accepted(name, words));
    }
}

#[test]
fn deployments_run_the_whole_way_from_validation_to_the_saved_plan() {
    for (name, text) in [PIPELINES[0], PIPELINES[2]] {
        let document: Value = serde_saphyr::from_str(text).unwrap();
        let all: Vec<String> = texts(&document).into_iter().flat_map(commands).map(|words| words.join(" ")).collect();
        for wanted in ["validate --env", "plan --env", "--out plan --json", "up --env", "--approve-iam"] {
            assert!(all.iter().any(|line| line.contains(wanted)), "{name} has no `{wanted}` in {all:?}");
        }
        assert!(all.iter().filter(|line| line.starts_with("up")).all(|line| line.contains("--plan")), "{all:?}");
    }
}

/// What is no mistake in a sentence: something is missing, or help is asked for.
const HARMLESS: [ErrorKind; 3] =
    [ErrorKind::MissingRequiredArgument, ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand, ErrorKind::DisplayHelp];

/// What stands between backticks: words of a sentence, or a block with its language before it.
fn spans(markdown: &str) -> Vec<&str> {
    markdown.split('`').skip(1).step_by(2).collect()
}

/// A command as a sentence names it: optional words in brackets, the first of
/// several alternatives, and perhaps without what every command needs.
#[track_caller]
fn exists(place: &str, span: &str) {
    let first = |word: &str| word.split("\\|").next().unwrap_or_default().trim_matches(['[', ']']).to_string();
    for words in commands(span) {
        let line: Vec<String> = words.iter().map(|word| first(word)).collect();
        let Err(error) = Arguments::try_parse_from(["deployer".to_string()].into_iter().chain(line)) else { continue };
        assert!(HARMLESS.contains(&error.kind()), "{place}: `{span}`\n{error}");
    }
}

#[test]
fn documents_name_commands_that_exist() {
    for (name, text) in DOCUMENTS {
        for span in spans(text) {
            match span.split_once('\n') {
                Some(("sh", script)) => commands(script).iter().for_each(|words| accepted(name, words)),
                _ => exists(name, span),
            }
        }
    }
}

#[test]
fn documents_are_searched_for_commands() {
    let found = |name: &str| {
        let (_, text) = DOCUMENTS.into_iter().find(|(document, _)| *document == name).unwrap();
        spans(text).into_iter().flat_map(commands).count()
    };
    assert!(found("README.md") > 10 && found("guide.md") > 20 && found("continuous-delivery.md") > 4);
}

#[test]
fn a_command_ends_where_the_shell_takes_over() {
    assert_eq!(commands("a/deployer plan --env \"$X\" > plan.json").concat(), ["plan", "--env", "$X"]);
    assert_eq!(commands("cargo run -p deployer -- up --yes || true").concat(), ["up", "--yes"]);
    assert!(commands("cargo build --locked -p deployer").is_empty());
}
