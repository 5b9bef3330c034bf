//! Which actions the deployer's sources call: a client, then an operation.

use std::collections::BTreeMap;
use std::path::Path;

use super::recording::actions as actions_of;
use system_tests::project_root;

/// Method of `Clients`, the service's name in the SDK.
const CLIENTS: [(&str, &str); 10] = [
    ("agentcore", "Bedrock AgentCore Control"),
    ("bedrock", "Bedrock"),
    ("cloudformation", "CloudFormation"),
    ("cloudwatchlogs", "CloudWatch Logs"),
    ("dynamodb", "DynamoDB"),
    ("ecr", "ECR"),
    ("iam", "IAM"),
    ("lambda", "Lambda"),
    ("logs", "CloudWatch Logs"),
    ("secretsmanager", "Secrets Manager"),
];

/// Action, and a file that calls it.
pub fn actions() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    visit(&project_root().join("deployer/aws/src"), &mut |path, text| {
        for (service, operation) in calls(text) {
            for action in actions_of(service, &operation) {
                found.insert(action, path.display().to_string());
            }
        }
    });
    assert!(found.len() > 20, "{found:?}");
    found
}

fn visit(folder: &Path, each: &mut impl FnMut(&Path, &str)) {
    for entry in std::fs::read_dir(folder).expect("the sources are part of the checkout") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            visit(&path, each);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            each(&path, &std::fs::read_to_string(&path).expect("sources are text"));
        }
    }
}

/// `clients.iam().get_role()` and `iam.get_role()`, however their lines are broken.
fn calls(source: &str) -> Vec<(&'static str, String)> {
    let text: String = source.split_whitespace().collect();
    let mut calls = Vec::new();
    for (client, service) in CLIENTS {
        for (before, rest) in text.match_indices(client).map(|(at, _)| (&text[..at], &text[at + client.len()..])) {
            let is_word = !before.ends_with(|one: char| one.is_ascii_alphanumeric() || one == '_');
            let rest = rest.strip_prefix("()").unwrap_or(rest);
            if let Some(name) = rest.strip_prefix('.').filter(|_| is_word).and_then(operation) {
                calls.push((service, camel_case(name)));
            }
        }
    }
    calls
}

/// A method without arguments that is no one's but an SDK client's.
fn operation(text: &str) -> Option<&str> {
    const OTHERS: [&str; 5] = ["as_ref", "build", "clone", "is_some", "iter"];
    let name = text.split_once("()")?.0;
    let is_name = !name.is_empty() && name.chars().all(|one| one.is_ascii_lowercase() || one == '_');
    (is_name && !OTHERS.contains(&name)).then_some(name)
}

/// `get_role` -> `GetRole`
fn camel_case(name: &str) -> String {
    let word = |word: &str| word[..1].to_uppercase() + &word[1..];
    name.split('_').map(word).collect()
}

#[test]
fn a_call_is_found_across_lines() {
    let source = "let a = clients\n    .iam()\n    .get_role()\n    .send();";
    assert_eq!(calls(source), [("IAM", "GetRole".to_string())]);
    assert_eq!(calls("let a = iam.get_role().send(); my_iam.other()"), [("IAM", "GetRole".to_string())]);
}
