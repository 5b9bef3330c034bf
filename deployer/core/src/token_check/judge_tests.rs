//! Tokens as issuers really make them.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::json;

use super::*;

const NOW: i64 = 1_800_000_000;
const OKTA: &str = "https://issuer.example.com/oauth2/default";

fn issuer() -> Issuer {
    crate::samples::settings().issuer
}

fn token(claims: Value) -> String {
    signed_with("RS256", claims)
}

fn signed_with(algorithm: &str, claims: Value) -> String {
    let part = |value: Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.c2lnbmF0dXJl", part(json!({"alg": algorithm})), part(claims))
}

fn good() -> Value {
    json!({"iss": OKTA, "aud": "api://default", "exp": NOW + 3600, "cid": "smoke", "sub": "ann@example.com"})
}

fn with(name: &str, value: Value) -> String {
    let mut claims = good();
    claims[name] = value;
    token(claims)
}

fn without(name: &str) -> String {
    let mut claims = good();
    claims.as_object_mut().unwrap().remove(name);
    token(claims)
}

fn faults(token: &str, issuer: &Issuer) -> Vec<TokenFault> {
    judge(token, issuer, NOW).err().unwrap_or_default()
}

#[test]
fn a_token_for_us_is_accepted() {
    let summary = judge(&token(good()), &issuer(), NOW).unwrap();
    assert_eq!(summary, TokenSummary { audience: vec!["api://default".into()], seconds_left: Some(3600) });
    assert!(faults(&with("aud", json!(["other", "api://default"])), &issuer()).is_empty());
}

#[test]
fn an_expired_token_and_one_from_the_future_are_told() {
    assert!(faults(&with("exp", json!(NOW - 300)), &issuer())[0].cause.contains("expired 5 minutes ago"));
    assert_eq!(faults(&without("exp"), &issuer())[0].claim, "exp");
    assert_eq!(faults(&with("nbf", json!(NOW + 300)), &issuer())[0].claim, "nbf");
    assert!(faults(&with("nbf", json!(NOW + 30)), &issuer()).is_empty());
}

#[test]
fn a_cognito_machine_token_without_aud_wants_allowed_clients() {
    let cognito = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_abc";
    let discovery = format!("{cognito}/.well-known/openid-configuration");
    let settings = Issuer { discovery_url: Some(discovery), ..issuer() };
    let machine = token(json!({"iss": cognito, "client_id": "3jk", "token_use": "access", "exp": NOW + 60}));
    let found = faults(&machine, &settings);
    assert_eq!((found.len(), found[0].claim.as_str()), (1, "aud"));
    assert!(found[0].hint.contains("issuer.allowed_clients = [\"3jk\"]"), "{}", found[0].hint);
    let settings = Issuer { allowed_audience: vec![], allowed_clients: vec!["3jk".into()], ..settings };
    assert!(faults(&machine, &settings).is_empty());
}

#[test]
fn an_okta_token_without_client_id_wants_a_custom_claim() {
    let settings = Issuer { allowed_audience: vec![], allowed_clients: vec!["smoke".into()], ..issuer() };
    let found = faults(&token(good()), &settings);
    assert_eq!(found[0].claim, "client_id");
    assert!(
        found[0].hint.contains("name = \"cid\"") && found[0].hint.contains("values = [\"smoke\"]"),
        "{}",
        found[0].hint
    );
    let cid = CustomClaim {
        name: "cid".into(),
        value_type: ClaimType::String,
        operator: ClaimOperator::Equals,
        values: vec!["smoke".into()],
    };
    let settings = Issuer { allowed_clients: vec![], custom_claims: vec![cid], ..settings };
    assert!(faults(&token(good()), &settings).is_empty());
}

#[test]
fn an_okta_org_server_token_is_known_by_its_issuer() {
    let found = faults(&with("iss", json!("https://dev-1.okta.com")), &issuer());
    assert!(found[0].hint.contains("org server") && found[0].hint.contains("/oauth2/<id>"), "{}", found[0].hint);
}

#[test]
fn another_issuer_and_a_slash_too_many_get_their_own_advice() {
    let found = faults(&with("iss", json!("https://login.example.com")), &issuer());
    assert!(found[0].hint.contains("https://login.example.com/.well-known/openid-configuration"), "{}", found[0].hint);
    let found = faults(&with("iss", json!(format!("{OKTA}/"))), &issuer());
    assert!(found[0].hint.contains("slash"), "{}", found[0].hint);
}

#[test]
fn a_wrong_audience_and_a_wrong_client_are_named() {
    let found = faults(&with("aud", json!("api://other")), &issuer());
    assert!(found[0].cause.contains("api://other") && found[0].cause.contains("api://default"), "{}", found[0].cause);
    let settings = Issuer { allowed_clients: vec!["a".into()], ..issuer() };
    assert!(faults(&with("client_id", json!("b")), &settings)[0].cause.contains("client is b"));
}

#[test]
fn a_custom_claim_of_another_type_or_value_is_told() {
    let groups = |operator| CustomClaim {
        name: "groups".into(),
        value_type: ClaimType::StringArray,
        operator,
        values: vec!["ops".into(), "sre".into()],
    };
    let settings = |operator| Issuer { custom_claims: vec![groups(operator)], ..issuer() };
    let with_groups = |value| with("groups", value);
    assert!(faults(&with_groups(json!(["sre", "x"])), &settings(ClaimOperator::ContainsAny)).is_empty());
    assert_eq!(faults(&with_groups(json!(["x"])), &settings(ClaimOperator::ContainsAny))[0].claim, "groups");
    assert!(faults(&with_groups(json!("ops")), &settings(ClaimOperator::ContainsAny))[0].hint.contains("\"STRING\""));
    assert!(faults(&token(good()), &settings(ClaimOperator::ContainsAny))[0].cause.contains("no `groups`"));
}

#[test]
fn a_token_that_nobody_else_can_verify_is_refused() {
    assert!(faults("opaque-token", &issuer())[0].cause.contains("opaque"));
    for algorithm in ["HS256", "none"] {
        assert_eq!(faults(&signed_with(algorithm, good()), &issuer())[0].claim, "alg");
    }
}

#[test]
fn every_fault_is_told_and_none_holds_the_token() {
    let bad = token(json!({"iss": "https://x", "exp": NOW - 1, "sub": "ann@example.com"}));
    let found = faults(&bad, &issuer());
    assert_eq!(found.iter().map(|fault| fault.claim.as_str()).collect::<Vec<_>>(), ["iss", "exp", "aud"]);
    let text = format!("{found:?}");
    assert!(!text.contains(&bad) && !text.contains("ann@example.com"), "{text}");
}
