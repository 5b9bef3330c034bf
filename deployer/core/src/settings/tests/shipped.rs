//! The files that the repository ships.

use std::collections::BTreeMap;
use std::path::PathBuf;

use proptest::prelude::*;

use super::super::*;

const FILES: &[(&str, &str)] = &[
    ("environments/base.toml", include_str!("../../../../../environments/base.toml")),
    ("environments/dev.toml", include_str!("../../../../../environments/dev.toml")),
    ("environments/local.toml", include_str!("../../../../../environments/local.toml")),
    ("environments/prod.toml", include_str!("../../../../../environments/prod.toml")),
    ("environments/staging.toml", include_str!("../../../../../environments/staging.toml")),
];

fn shipped(environment: &str) -> Sources {
    let files = FILES.iter().map(|(path, text)| (path.to_string(), text.to_string())).collect();
    Sources { environment: environment.into(), files, variables: BTreeMap::new() }
}

fn loaded(environment: &str) -> Settings {
    load(&shipped(environment)).unwrap_or_else(|faults| panic!("{faults}"))
}

#[test]
fn every_shipped_environment_loads_without_variables() {
    let sources = shipped("prod");
    assert_eq!(sources.environments(), ["base", "dev", "local", "prod", "staging"]);
    for environment in sources.environments() {
        loaded(environment);
    }
}

#[test]
fn the_local_environment_needs_nothing_from_outside() {
    let settings = loaded("local");
    assert_eq!(settings.platform, Platform::Local { port: 0 });
    assert_eq!(settings.issuer.discovery_url, None);
    assert_eq!(settings.issuer.chat_client_id, "chat-local");
    assert_eq!(settings.issuer.scopes, ["openid", "offline_access"]);
    assert!(settings.smoke.required);
    let TokenSource::ClientCredentials { client_id, secret, .. } = settings.smoke.token else {
        panic!("the local smoke test has client credentials")
    };
    assert_eq!((client_id.as_str(), secret), ("smoke-local", SecretSource::LocalPlatform));
}

#[test]
fn production_has_the_original_systems_values_and_is_protected() {
    let settings = loaded("prod");
    assert!(settings.protected && !loaded("dev").protected && !loaded("staging").protected);
    assert_eq!(settings.platform, Platform::Aws);
    assert_eq!(settings.aws.region, "us-east-1");
    assert_eq!(settings.issuer.identifier(), Some("https://dev-09210948.okta.com/oauth2/default"));
    assert_eq!(settings.issuer.allowed_audience, ["api://default"]);
    assert_eq!(settings.issuer.chat_client_id, "aws-operations-agent-chat");
    assert_eq!(settings.issuer.scopes, ["openid", "profile", "offline_access"]);
    assert_eq!(settings.smoke, Smoke { required: false, token: TokenSource::None });
    assert_eq!(settings.model.id, "us.anthropic.claude-sonnet-4-6");
    assert_eq!((settings.agent.memory_mb, settings.agent.timeout_seconds), (512, 300));
    assert_eq!((settings.tools.memory_mb, settings.tools.timeout_seconds), (512, 900));
    assert_eq!(settings.tool_settings, contract::ToolSettings::default());
    assert_eq!(settings.conversations.ttl_minutes, 30 * 24 * 60);
    assert_eq!(settings.logs.retention_days, 14);
    assert_eq!(settings.function_url, FunctionUrl { invokers: Vec::new(), cors: None });
}

#[test]
fn the_checked_in_schema_is_what_the_table_says() {
    let schema = serde_json::to_string_pretty(&json_schema()).expect("a JSON value") + "\n";
    checked_in("configs/schemas/environment.schema.json", &schema);
}

#[test]
fn the_checked_in_reference_is_what_the_table_says() {
    checked_in("docs/settings.md", &reference_markdown());
}

/// Compares a checked-in file with what it is made from, or writes it anew.
fn checked_in(path: &str, made: &str) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        std::fs::write(&file, made).expect(path);
    }
    let found = std::fs::read_to_string(&file).expect(path);
    assert!(found == made, "{path} is out of date: set UPDATE_REFERENCE=1 and run this test again");
}

/// What one mutation does to a text: cuts a piece out and puts another in.
fn mutate(text: &str, (at, length, with): (usize, usize, String)) -> String {
    let characters: Vec<char> = text.chars().collect();
    let from = at % (characters.len() + 1);
    let to = (from + length).min(characters.len());
    characters[..from].iter().copied().chain(with.chars()).chain(characters[to..].iter().copied()).collect()
}

fn insertion() -> impl Strategy<Value = String> {
    let pieces = [
        "",
        "\"",
        "'",
        "\"\"\"",
        "[",
        "]",
        "[[",
        "{",
        "}",
        "=",
        ",",
        "\n",
        "${",
        "${X}",
        "${X:-y}",
        "-1",
        "1.5",
        "true",
        "extends = \"prod\"\n",
        "1979-05-27",
        "[agent]\n",
        "99999999999999999999999999999999999999999999",
        "\u{feff}",
        "é",
        "\u{0}",
    ];
    prop_oneof![4 => proptest::sample::select(pieces.to_vec()).prop_map(String::from), 1 => any::<String>()]
}

proptest! {
    #[test]
    fn no_mutation_of_a_shipped_file_makes_loading_panic(
        environment in proptest::sample::select(vec!["base", "dev", "local", "prod", "staging"]),
        file in 0..FILES.len(),
        mutations in proptest::collection::vec((any::<usize>(), 0_usize..40, insertion()), 1..6),
    ) {
        let mut sources = shipped(environment);
        let (path, text) = FILES[file];
        let mutated = mutations.into_iter().fold(text.to_string(), |text, mutation| mutate(&text, mutation));
        let lines = mutated.split('\n').count();
        sources.files.insert(path.into(), mutated);
        if let Err(faults) = load(&sources) {
            prop_assert!(!faults.is_empty());
            prop_assert!(faults.windows(2).all(|pair| (&pair[0].file, pair[0].line) <= (&pair[1].file, pair[1].line)));
            prop_assert!(faults.iter().all(|fault| fault.line >= 1 && (fault.file != path || fault.line <= lines)));
        }
    }
}
