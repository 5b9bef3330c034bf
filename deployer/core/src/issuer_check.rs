//! Judges what an issuer publishes: its discovery document (OpenID Connect
//! Discovery 1.0, section 4.3) and its signing keys (RFC 7517). Fetching is
//! left to others.

use serde_json::Value;

/// What a look at an issuer ended with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IssuerCheck {
    /// Reachable, the right issuer, with this many signing keys.
    Sound {
        keys: usize,
    },
    Faulty(IssuerFault),
    /// No usable answer; may be the network between us.
    Unanswered(String),
}

/// One thing that is wrong with what an issuer publishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerFault {
    /// `discovery document`, `issuer`, `jwks_uri` or `signing keys`.
    pub path: &'static str,
    pub expected: String,
    pub actual: String,
    pub hint: String,
}

impl IssuerFault {
    /// The document or the keys could not be had from where they should be.
    pub fn unavailable(path: &'static str, actual: impl Into<String>) -> Self {
        Self {
            path,
            expected: "an answer with JSON".into(),
            actual: actual.into(),
            hint: "compare issuer.discovery_url with the issuer's own documentation".into(),
        }
    }
}

/// The address of the keys, when the document is that of the expected issuer.
pub fn judge_document(expected: &str, document: &Value) -> Result<String, IssuerFault> {
    let issuer = document["issuer"].as_str().unwrap_or("(none)");
    if issuer != expected {
        return Err(IssuerFault {
            path: "issuer",
            expected: expected.into(),
            actual: issuer.into(),
            hint: format!(
                "tokens name `{issuer}` as their issuer: set issuer.discovery_url to \
                 {issuer}/.well-known/openid-configuration, letter by letter"
            ),
        });
    }
    let jwks_uri = document["jwks_uri"].as_str().unwrap_or_default();
    match jwks_uri.starts_with("https://") || (jwks_uri.starts_with("http://") && expected.starts_with("http://")) {
        true => Ok(jwks_uri.to_string()),
        false => Err(IssuerFault {
            path: "jwks_uri",
            expected: "an https address".into(),
            actual: if jwks_uri.is_empty() { "(none)".into() } else { jwks_uri.into() },
            hint: "without keys nobody can verify a token of this issuer".into(),
        }),
    }
}

/// How many keys can verify a signature. Symmetric keys cannot: everybody can read them.
pub fn judge_keys(keys: &Value) -> Result<usize, IssuerFault> {
    let all = keys["keys"].as_array().map(Vec::as_slice).unwrap_or_default();
    let signing = all.iter().filter(|key| is_signing_key(key)).count();
    match signing {
        0 => Err(IssuerFault {
            path: "signing keys",
            expected: "at least one".into(),
            actual: format!("none among {} keys", all.len()),
            hint: "rotate the issuer's signing keys; until then no token can be verified".into(),
        }),
        signing => Ok(signing),
    }
}

fn is_signing_key(key: &Value) -> bool {
    let asymmetric = matches!(key["kty"].as_str(), Some("RSA" | "EC" | "OKP"));
    asymmetric && key["use"].as_str().is_none_or(|usage| usage == "sig")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_issuer_has_to_be_equal_letter_by_letter() {
        let document = |issuer: &str| json!({"issuer": issuer, "jwks_uri": "https://i/keys"});
        assert_eq!(judge_document("https://i", &document("https://i")), Ok("https://i/keys".into()));
        for other in ["https://i/", "https://I", "http://i"] {
            assert_eq!(judge_document("https://i", &document(other)).unwrap_err().path, "issuer", "{other}");
        }
        assert_eq!(judge_document("https://i", &json!([])).unwrap_err().actual, "(none)");
    }

    #[test]
    fn keys_have_an_https_address_except_beside_a_local_issuer() {
        let judged = |issuer: &str, keys: &str| judge_document(issuer, &json!({"issuer": issuer, "jwks_uri": keys}));
        assert!(judged("http://127.0.0.1:1", "http://127.0.0.1:1/keys").is_ok());
        assert_eq!(judged("https://i", "http://i/keys").unwrap_err().path, "jwks_uri");
        assert_eq!(judged("https://i", "").unwrap_err().actual, "(none)");
    }

    #[test]
    fn only_asymmetric_keys_that_sign_count() {
        let rsa = json!({"kty": "RSA", "use": "sig"});
        assert_eq!(judge_keys(&json!({"keys": [rsa, {"kty": "EC"}, {"kty": "RSA", "use": "enc"}]})), Ok(2));
        for none in [json!({"keys": [{"kty": "oct"}]}), json!({"keys": []}), json!("x")] {
            assert_eq!(judge_keys(&none).unwrap_err().path, "signing keys");
        }
    }
}
