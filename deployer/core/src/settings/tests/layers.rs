//! How files lie over each other, defaults, variables.

use super::*;
use crate::settings::{Architecture, ClaimOperator, ClaimType, Platform, SecretSource, TokenSource};

#[test]
fn tables_merge_and_lists_are_replaced_along_the_chain() {
    let settings = load_files(&[
        ("base", BASE),
        (
            "middle",
            "extends = \"base\"\n[agent]\nmemory_mb = 256\ntimeout_seconds = 60\n[issuer]\nscopes = [\"a\", \"b\"]",
        ),
        ("test", "extends = \"middle\"\n[agent]\nmemory_mb = 128\n[issuer]\nscopes = [\"c\"]"),
    ])
    .expect("sound files");
    assert_eq!((settings.agent.memory_mb, settings.agent.timeout_seconds), (128, 60));
    assert_eq!(settings.issuer.scopes, ["c"]);
    assert_eq!(settings.issuer.chat_client_id, "chat");
}

#[test]
fn defaults_hold_where_no_file_speaks() {
    let settings = load_files(&[("test", BASE)]).expect("sound files");
    assert_eq!(settings.platform, Platform::Aws);
    assert_eq!(settings.project.prefix, contract::names::DEFAULT_PREFIX);
    assert_eq!((settings.agent.timeout_seconds, settings.tools.timeout_seconds), (300, 900));
    assert_eq!(settings.conversations.ttl_minutes, 30 * 24 * 60);
    assert_eq!(settings.function_url.cors, None);
}

#[test]
fn a_files_choice_replaces_the_choice_below() {
    let minutes = |text: &str| load_test(text).expect("sound files").conversations.ttl_minutes;
    assert_eq!(minutes("[conversations]\nttl_minutes = 15"), 15);
    assert_eq!(minutes("[conversations]\nttl_days = 2"), 2880);
    let token = "[smoke.token]\nsource = \"client-credentials\"\nclient_id = \"smoke\"\n";
    let base = format!("{BASE}{token}[smoke.token.secret]\nvariable = \"A\"");
    let test = "extends = \"base\"\n[smoke.token.secret]\nfile = \"secret.txt\"";
    let settings = load_files(&[("base", &base), ("test", test)]).expect("sound files");
    let TokenSource::ClientCredentials { secret, .. } = settings.smoke.token else { panic!("client credentials") };
    assert_eq!(secret, SecretSource::File("secret.txt".into()));
}

#[test]
fn variables_are_replaced_and_have_defaults() {
    let settings = load_test("[aws]\nregion = \"${REGION}\"\nprofile = \"${PROFILE:-demo1}\"").expect("sound files");
    assert_eq!(settings.aws.region, "eu-west-1");
    assert_eq!(settings.aws.profile.as_deref(), Some("demo1"));
}

#[test]
fn a_replaced_value_needs_no_variable() {
    let base = BASE.replace("us-east-1", "${ABSENT}");
    let test = "extends = \"base\"\n[aws]\nregion = \"eu-west-2\"";
    assert_eq!(load_files(&[("base", &base), ("test", test)]).expect("sound files").aws.region, "eu-west-2");
}

#[test]
fn every_key_reaches_the_settings() {
    let settings = load_test(
        r#"
protected = true
iam_approval = false
[platform]
kind = "local"
port = 4600
[aws]
profile = "demo1"
account = "123456789012"
cloudformation_role = "arn:aws:iam::123456789012:role/cloudformation"
[project]
prefix = "acme"
permissions_boundary = "arn:aws:iam::123456789012:policy/boundary"
tags = { Owner = "platform", CostCenter = "42" }
[issuer]
discovery_url = "local-platform"
allowed_clients = ["one"]
redirect_port = 8765
[[issuer.custom_claims]]
name = "groups"
value_type = "STRING_ARRAY"
operator = "CONTAINS_ANY"
values = ["admins", "operators"]
[smoke]
required = true
[smoke.token]
source = "client-credentials"
client_id = "smoke"
scopes = ["read"]
secret = { local_platform = true }
[model]
fallbacks = ["other"]
[tools]
memory_mb = 1024
timeout_seconds = 30
architecture = "x86_64"
data_operations = ["logs:FilterLogEvents", "dynamodb:Query", "logs:FilterLogEvents"]
session_policy = true
[tools.nested_model]
id = "us.amazon.nova-lite-v1:0"
calls = 3
[tools.limits]
calls_in_flight = 8
calls_per_service_and_region = 2
regions = 3
attempts = 2
pages = 4
items = 50
most_items = 60
result_bytes = 4096
soft_deadline_seconds = 10
hard_deadline_seconds = 29
cursor_minutes = 5
query_characters = 100
[logs]
retention_days = 30
level = "info,agent=debug"
[function_url]
invokers = ["arn:aws:iam::210987654321:root"]
[function_url.cors]
allow_origins = ["https://console.example.com"]
allow_credentials = true
max_age_seconds = 60
[deadlines]
call_seconds = 2
attempts = 3
resource_seconds = 5
stack_seconds = 6
iam_seconds = 7
lease_seconds = 8
"#,
    )
    .expect("a sound file");
    insta::assert_json_snapshot!(settings);
    assert_eq!(settings.tools.architecture, Architecture::X86_64);
    let claim = &settings.issuer.custom_claims[0];
    assert_eq!((claim.value_type, claim.operator), (ClaimType::StringArray, ClaimOperator::ContainsAny));
}

#[test]
fn the_two_functions_have_their_own_architecture() {
    let settings = load_test("[agent]\narchitecture = \"arm64\"").expect("a sound file");
    assert_eq!((settings.agent.architecture, settings.tools.architecture), (Architecture::Arm64, Architecture::X86_64));
}
