//! Names, tags and texts that other people write into the account: data, never
//! instructions, and never control sequences on somebody's terminal.

use serde_json::{Value, json};
use system_tests::{Account, ToolProcess, program};

#[test]
fn hostile_texts_cause_no_other_call_and_reach_no_terminal() {
    let account = Account::start(3, &["scenes.hostile"]);
    account.switch(json!({}));
    let tools = ToolProcess::start(program("tools"), &account.variables());
    for case in account.cases() {
        account.switch(json!({}));
        let answer = tools.call(&case.tool, case.arguments());
        assert_eq!(answer["success"], true, "{answer}");
        let text = answer.to_string();
        assert!(text.contains("ignore previous"), "the text is there, as data: {answer}");
        for (place, found) in texts(&answer) {
            assert!(!found.chars().any(is_dangerous), "{place}: {found:?}");
        }
        let calls: Vec<_> = account.calls().iter().map(|call| call["operation"].clone()).collect();
        assert_eq!(calls.len(), 1, "{calls:?}");
    }
}

#[test]
fn canaries_in_the_account_reach_neither_answers_nor_the_log() {
    let account = Account::start(3, &["scenes.canaries"]);
    account.switch(json!({}));
    let tools = ToolProcess::start(program("tools"), &account.variables());
    for case in account.cases() {
        account.switch(json!({}));
        let answer = tools.call(&case.tool, case.arguments());
        assert!(!answer.to_string().contains("CANARY"), "{} {}: {answer}", case.tool, case.recipe);
        // A leak is either refused before anything is sent, or answered without the secret.
        let is_refused = answer["success"] == false && account.calls().is_empty();
        let redactions = answer["completeness"]["redactions"].as_u64().unwrap_or_default();
        let is_error = answer["completeness"]["failed"].as_array().is_some_and(|failed| !failed.is_empty());
        assert!(is_refused || redactions > 0 || is_error, "{} {}: {answer}", case.tool, case.recipe);
    }
    let log = tools.log();
    assert!(log.contains("tool call answered") && !log.contains("CANARY"), "{log}");
}

/// Every text of a value with its place.
fn texts(value: &Value) -> Vec<(String, &str)> {
    match value {
        Value::String(text) => vec![(String::new(), text)],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(members) => {
            let below = members.iter().flat_map(|(name, member)| {
                texts(member).into_iter().map(move |(place, text)| (format!("{name}.{place}"), text))
            });
            below.collect()
        }
        _ => Vec::new(),
    }
}

/// Control characters (apart from a table's tabs and line ends) and direction marks.
fn is_dangerous(character: char) -> bool {
    (character.is_control() && !['\n', '\t'].contains(&character))
        || ('\u{202a}'..='\u{202e}').contains(&character)
        || ('\u{2066}'..='\u{2069}').contains(&character)
}
