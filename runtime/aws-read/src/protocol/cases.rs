//! botocore's protocol suites (tests/unit/protocols of its source distribution),
//! run as its own runner does, tests/unit/test_protocols.py: bodies, addresses
//! and answers are compared by their meaning.
//!
//! not_applicable.toml lists the cases that a read-only client can never meet,
//! with the reason. A case that is not listed has to pass, and a listed one has
//! to fail.

mod compare;
mod suite;

use std::collections::BTreeMap;

use serde::Deserialize;
use suite::Case;

#[derive(Deserialize)]
struct NotApplicable {
    group: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    reason: String,
    cases: Vec<String>,
}

/// Reason by case.
fn not_applicable() -> BTreeMap<String, String> {
    let list: NotApplicable = toml::from_str(include_str!("cases/not_applicable.toml")).expect("the list is TOML");
    let groups = list.group.into_iter();
    groups.flat_map(|group| group.cases.into_iter().map(move |case| (case, group.reason.clone()))).collect()
}

#[test]
fn every_protocol_case_of_botocore_passes_or_is_listed_with_its_reason() {
    let mut listed = not_applicable();
    let (mut passed, mut failed, mut surprises) = (0, 0, Vec::new());
    for case in suite::cases() {
        let outcome = run(&case);
        match (outcome, listed.remove(&case.name)) {
            (Ok(()), None) => passed += 1,
            (Err(_), Some(reason)) if !reason.is_empty() => failed += 1,
            (Err(difference), _) => surprises.push(format!("{} fails: {difference}", case.name)),
            (Ok(()), Some(_)) => surprises.push(format!("{} passes and is listed", case.name)),
        }
    }
    surprises.extend(listed.into_keys().map(|name| format!("{name} is listed and there is no such case")));
    println!("botocore's protocol cases: {passed} passed, {failed} listed as not applicable");
    assert!(surprises.is_empty(), "{} surprises:\n{}", surprises.len(), surprises.join("\n"));
    assert!(passed > 600, "{passed} cases: the suites are not all there");
}

fn run(case: &Case) -> Result<(), String> {
    match case.document.get("params") {
        Some(parameters) => compare::request(case, parameters),
        None => compare::answer(case),
    }
}
