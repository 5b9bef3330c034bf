//! Which tokens are good and which are not, and why.

use contract::token_rules::ClaimFault;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use super::signer::{self, ISSUER, NOW, Signer, claims, ec_signer, rsa_signer, rules, short_rsa_signer};
use super::{TokenFault, Verification, signature, verdict};
use crate::failure::{Code, Failure};

/// The verdict on a token, were this the issuer's key.
fn judge(token: &str, key: &Value) -> Result<Verification, TokenFault> {
    let header = signature::header(token)?;
    let key: Jwk = serde_json::from_value(key.clone()).unwrap();
    let claims = signature::claims(token, header.algorithm, &key)?;
    verdict::judge(&claims, ISSUER, &rules(ISSUER), NOW)
}

fn judge_claims(changes: Value) -> Result<Verification, TokenFault> {
    verdict::judge(&claims(changes), ISSUER, &rules(ISSUER), NOW)
}

fn judge_header(change: impl FnOnce(&mut Header)) -> Result<Verification, TokenFault> {
    let signer = rsa_signer();
    let mut header = signer.header();
    change(&mut header);
    judge(&signer.sign_with(&header, &claims(json!({}))), &signer.public)
}

#[test]
fn a_good_token_names_its_subject() {
    let user = Verification { issuer: ISSUER.into(), subject: "ada@example.com".into() };
    for signer in [rsa_signer(), &ec_signer("ec-1")] {
        assert_eq!(judge(&signer.sign(&claims(json!({}))), &signer.public), Ok(user.clone()));
    }
}

#[test]
fn every_accepted_algorithm_verifies_with_a_key_of_its_kind() {
    use Algorithm::{PS256, PS384, PS512, RS256, RS384, RS512};
    for algorithm in [RS256, RS384, RS512, PS256, PS384, PS512] {
        let verdict = judge_header(|header| header.alg = algorithm);
        assert!(verdict.is_ok(), "{algorithm:?}: {verdict:?}");
    }
}

#[test]
fn claims_are_judged_one_by_one() {
    let now = NOW.unix_timestamp();
    let rows = [
        ("another issuer", json!({"iss": "https://other.example"}), TokenFault::Issuer),
        ("no issuer", json!({"iss": null}), TokenFault::Issuer),
        ("a slash more", json!({"iss": format!("{ISSUER}/")}), TokenFault::Issuer),
        ("expired", json!({"exp": now - 60}), TokenFault::Expired),
        ("no expiry", json!({"exp": null}), TokenFault::Malformed("exp")),
        ("an expiry in words", json!({"exp": "tomorrow"}), TokenFault::Malformed("exp")),
        ("not yet valid", json!({"nbf": now + 61}), TokenFault::NotYet),
        ("issued tomorrow", json!({"iat": now + 86_400}), TokenFault::NotYet),
        ("a start in words", json!({"nbf": "now"}), TokenFault::Malformed("nbf")),
        ("no subject", json!({"sub": null}), TokenFault::Malformed("sub")),
        ("an empty subject", json!({"sub": ""}), TokenFault::Malformed("sub")),
        ("a number as subject", json!({"sub": 7}), TokenFault::Malformed("sub")),
        ("another audience", json!({"aud": "api://other"}), TokenFault::Rule(ClaimFault::Audience)),
        ("no audience", json!({"aud": null}), TokenFault::Rule(ClaimFault::Audience)),
        ("an ID token of Cognito", json!({"token_use": "id"}), TokenFault::NotForAccess),
        ("an ID token by its hash", json!({"at_hash": "x"}), TokenFault::NotForAccess),
    ];
    for (name, changes, fault) in rows {
        assert_eq!(judge_claims(changes), Err(fault), "{name}");
    }
}

#[test]
fn clocks_may_differ_by_a_minute() {
    let now = NOW.unix_timestamp();
    for changes in [json!({"exp": now - 59}), json!({"nbf": now + 60}), json!({"iat": now + 60}), json!({"iat": null})]
    {
        assert!(judge_claims(changes.clone()).is_ok(), "{changes}");
    }
}

#[test]
fn tokens_of_machines_and_with_several_audiences_are_good() {
    for changes in [
        json!({"sub": "smoke-local", "cid": "smoke-local"}),
        json!({"token_use": "access"}),
        json!({"aud": ["api://other", "api://default"]}),
        json!({"exp": NOW.unix_timestamp() as f64 + 0.5}),
    ] {
        assert!(judge_claims(changes.clone()).is_ok(), "{changes}");
    }
}

#[test]
fn a_header_says_what_kind_of_token_it_is() {
    for kind in [None, Some("JWT"), Some("at+jwt"), Some("application/at+JWT")] {
        assert!(judge_header(|header| header.typ = kind.map(String::from)).is_ok(), "{kind:?}");
    }
    for kind in ["logout+jwt", "dpop+jwt", ""] {
        let verdict = judge_header(|header| header.typ = Some(kind.into()));
        assert_eq!(verdict, Err(TokenFault::NotForAccess), "{kind:?}");
    }
    let critical = judge_header(|header| header.crit = Some(vec!["b64".into()]));
    assert_eq!(critical, Err(TokenFault::NotSigned));
}

#[test]
fn a_public_key_is_no_shared_secret() {
    let signer = rsa_signer();
    let header = Header { kid: Some(signer.kid().into()), ..Header::new(Algorithm::HS256) };
    let secret = EncodingKey::from_secret(signer.public["n"].as_str().unwrap().as_bytes());
    let forged = encode(&header, &claims(json!({})), &secret).unwrap();
    assert_eq!(judge(&forged, &signer.public), Err(TokenFault::Algorithm));
}

#[test]
fn a_token_without_a_signature_is_refused() {
    let body = signer::text(claims(json!({})).to_string().as_bytes());
    for algorithm in ["none", "None", "HS1"] {
        let header = signer::text(json!({"alg": algorithm}).to_string().as_bytes());
        for signature in ["", "AAAA"] {
            let verdict = judge(&format!("{header}.{body}.{signature}"), &rsa_signer().public);
            assert_eq!(verdict, Err(TokenFault::NotSigned), "{algorithm} {signature}");
        }
    }
}

#[test]
fn the_key_decides_about_the_algorithm() {
    let (rsa, ec) = (rsa_signer(), ec_signer("rsa-1"));
    assert_eq!(judge(&ec.sign(&claims(json!({}))), &rsa.public), Err(TokenFault::Algorithm));
    assert_eq!(judge(&rsa.sign(&claims(json!({}))), &ec.public), Err(TokenFault::Algorithm));
    for (member, value) in [("alg", "RS512"), ("use", "enc")] {
        let mut key = rsa.public.clone();
        key[member] = value.into();
        assert_eq!(judge(&rsa.sign(&claims(json!({}))), &key), Err(TokenFault::Algorithm), "{member}");
    }
    let mut curve = ec.public.clone();
    curve["crv"] = "P-384".into();
    assert_eq!(judge(&ec.sign(&claims(json!({}))), &curve), Err(TokenFault::Algorithm));
    let short = short_rsa_signer();
    assert_eq!(judge(&short.sign(&claims(json!({}))), &short.public), Err(TokenFault::Algorithm));
}

#[test]
fn another_key_and_changed_claims_fail_the_signature() {
    let (one, other) = (ec_signer("ec-1"), ec_signer("ec-1"));
    let token = one.sign(&claims(json!({})));
    assert_eq!(judge(&token, &other.public), Err(TokenFault::Signature));
    let mut parts: Vec<_> = token.split('.').map(String::from).collect();
    parts[1] = signer::text(claims(json!({"sub": "root"})).to_string().as_bytes());
    assert_eq!(judge(&parts.join("."), &one.public), Err(TokenFault::Signature));
}

#[test]
fn what_is_no_jwt_is_refused() {
    let long = format!("{}.e30.x", "a".repeat(17_000));
    let own: &Signer = rsa_signer();
    for garbage in ["", "x", "a.b", "a.b.c", "a.b.c.d.e", "....", "eyJhbGciOiJSUzI1NiJ9", "e30.e30.e30", "W10.e30.x"] {
        assert_eq!(judge(garbage, &own.public), Err(TokenFault::NotSigned), "{garbage}");
    }
    assert_eq!(judge(&long, &own.public), Err(TokenFault::TooLong));
}

#[test]
fn expiry_has_a_code_of_its_own_and_a_refusal_names_its_rule() {
    let expired = Failure::from(TokenFault::Expired);
    assert_eq!((expired.code, expired.message.as_str()), (Code::TokenExpired, "the access token expired"));
    let refused = Failure::from(TokenFault::Rule(ClaimFault::Audience));
    assert_eq!(refused.code, Code::TokenRefused);
    assert!(refused.message.ends_with(&ClaimFault::Audience.to_string()), "{refused}");
}
