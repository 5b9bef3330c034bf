//! Canaries in every place of every answer, and in random ones.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use super::sample::{self, HARMLESS, Leaf};
use crate::allowlist::{self, AllowedOperation};
use crate::model::{self, Service};
use crate::redaction::{REDACTED, places, redact, redact_text};

const CANARY: &str = "canary-7f3a-flies";

/// Members that name what stands beside them, and stay.
const NAMES: [&str; 7] = ["Key", "Name", "OutputKey", "ParameterKey", "ParameterName", "key", "name"];

fn all() -> Vec<&'static AllowedOperation> {
    model::SERVICES.iter().flat_map(|service| allowlist::operations(service)).collect()
}

/// True for a leaf that the trait or the file of places says has to go.
fn must_go(service: &'static Service, places: &places::Places, leaf: &Leaf<'_>) -> bool {
    let shapes_below = leaf.path.iter().skip(1).map(|(shape, _)| *shape).chain([leaf.shape]);
    let marked: Vec<bool> = leaf
        .path
        .iter()
        .zip(shapes_below)
        .map(|((shape, member), below)| {
            let place = format!("{shape}.{member}");
            let listed = |list: &std::collections::BTreeSet<String>| list.contains(*member) || list.contains(&place);
            let sensitive =
                service.shape(below).sensitive && !places.visible.contains(below) && !listed(&places.visible);
            sensitive || listed(&places.hidden) || listed(&places.unless_identifier)
        })
        .collect();
    // A name stays unless it is marked itself.
    let is_name = leaf.path.last().is_some_and(|(_, member)| NAMES.contains(member));
    if is_name { marked.last() == Some(&true) } else { marked.contains(&true) }
}

fn leaves_with(value: &Value, text: &str) -> usize {
    match value {
        Value::Object(members) => members.values().map(|value| leaves_with(value, text)).sum(),
        Value::Array(elements) => elements.iter().map(|value| leaves_with(value, text)).sum(),
        leaf => usize::from(leaf == text),
    }
}

#[test]
fn a_canary_in_any_sensitive_place_goes_and_everything_else_stays() {
    let mut planted = 0;
    for operation in all() {
        let service = model::service(operation.service()).unwrap();
        let places = places::of(operation.service());
        let mut plant = |leaf: Leaf<'_>| must_go(service, places, &leaf).then(|| CANARY.to_owned());
        let mut answer = sample::answer(service, operation.name(), &mut plant);
        let (canaries, harmless) = (leaves_with(&answer, CANARY), leaves_with(&answer, HARMLESS));
        let redactions = redact(operation, &mut answer);
        assert!(!answer.to_string().contains(CANARY), "{}: {answer}", operation.full_name());
        assert_eq!(leaves_with(&answer, HARMLESS), harmless, "{}: {:?}", operation.full_name(), redactions.paths);
        assert!(redactions.count >= canaries, "{}", operation.full_name());
        assert_eq!(redactions.paths.is_empty(), redactions.count == 0);
        planted += canaries;
    }
    assert!(planted > 500, "{planted}");
}

#[test]
fn redacting_twice_is_redacting_once() {
    for operation in all() {
        let service = model::service(operation.service()).unwrap();
        let mut answer = sample::answer(service, operation.name(), &mut |_| Some(format!("password={CANARY}")));
        redact(operation, &mut answer);
        let once = answer.clone();
        let again = redact(operation, &mut answer);
        assert_eq!((again.count, answer), (0, once), "{}", operation.full_name());
    }
}

/// What a secret looks like in a text, with `{}` for the canary.
const FORMS: [&str; 16] = [
    "password={}",
    "export DB_PASSWORD='{}'; run",
    "{\"clientSecret\": \"{}\", \"user\": \"app\"}",
    "{\\\"apiKey\\\":\\\"{}\\\"}",
    "mysql --password {} --host db",
    "Authorization: Bearer {}",
    "https://deploy:{}@git.example.com/repo.git",
    "https://bucket.s3.amazonaws.com/key?X-Amz-Signature={}&X-Amz-Expires=900",
    "https://bucket.s3.amazonaws.com/key?X-Amz-Security-Token={}",
    "https://hooks.slack.com/services/T000/B000/{}",
    "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN OPENSSH PRIVATE KEY-----\\n{}",
    "ghp_{}",
    "<Password>{}</Password>",
    "Server=db;User=app;Password={};Encrypt=yes",
    "{\"Condition\":{\"StringLike\":{\"aws:Referer\":[\"{}\"]}}}",
];

fn any_text() -> impl Strategy<Value = String> {
    let pieces = [
        "password",
        "token",
        "secret",
        "=",
        ":",
        ": ",
        "\"",
        "\\\"",
        "'",
        "eyJ",
        "eyJhbGciOi.eyJz.x",
        "://",
        "@",
        "AKIA",
        "AKIAIOSFODNN7EXAMPLE",
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN ",
        "-----END ",
        "ghp_",
        "--",
        " ",
        "\n",
        "[",
        "]",
        "{",
        "}",
        "<",
        ">",
        "*",
        REDACTED,
        "é",
        "\u{1F600}",
        "%7B",
        "%22",
        "hooks.slack.com/",
        "sts:ExternalId",
    ];
    let piece = prop_oneof![3 => select(pieces.to_vec()).prop_map(str::to_owned), 1 => "\\PC{0,6}"];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn any_json() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        any_text(),
        select(vec!["Key", "Value", "Name", "Environment", "NextToken"]).prop_map(str::to_owned)
    ];
    let leaf = prop_oneof![any_text().prop_map(Value::from), any::<i64>().prop_map(Value::from), Just(Value::Null)];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn a_canary_that_looks_like_a_secret_survives_nowhere(
        operation in any::<Index>(),
        place in any::<Index>(),
        form in any::<Index>(),
        canary in "[A-Za-z0-9]{30}",
    ) {
        let all = all();
        let operation = operation.get(&all);
        let service = model::service(operation.service()).unwrap();
        let places = places::of(operation.service());
        let is_left = |leaf: &Leaf<'_>| {
            let (shape, member) = leaf.path.last().copied().unwrap_or_default();
            let is_top = leaf.path.len() == 1;
            places.identifiers.contains(&format!("{shape}.{member}")) || is_top && super::is_paging(member)
        };
        let mut leaves = 0;
        sample::answer(service, operation.name(), &mut |leaf| { leaves += usize::from(!is_left(&leaf)); None });
        prop_assume!(leaves > 0);
        let chosen = place.index(leaves);
        let text = FORMS[form.index(FORMS.len())].replace("{}", &canary);
        let mut seen = 0;
        let mut answer = sample::answer(service, operation.name(), &mut |leaf| {
            seen += usize::from(!is_left(&leaf));
            (!is_left(&leaf) && seen == chosen + 1).then(|| text.clone())
        });
        prop_assert!(answer.to_string().contains(&canary));
        let redactions = redact(operation, &mut answer);
        prop_assert!(!answer.to_string().contains(&canary), "{}: {answer}", operation.full_name());
        prop_assert!(redactions.count > 0 && !redactions.paths.is_empty());
    }

    #[test]
    fn no_text_makes_it_panic_or_change_twice(text in any_text()) {
        let once = redact_text(&text);
        prop_assert_eq!(redact_text(&once), once);
    }

    #[test]
    fn no_answer_makes_it_panic_or_change_twice(operation in any::<Index>(), answer in any_json()) {
        let all = all();
        let operation = operation.get(&all);
        let mut once = json!({ "Reservations": answer.clone(), "x": answer.clone() });
        redact(operation, &mut once);
        let mut twice = once.clone();
        prop_assert_eq!(redact(operation, &mut twice).count, 0);
        prop_assert_eq!(once, twice);
        let mut bare = answer;
        redact(operation, &mut bare);
    }
}
