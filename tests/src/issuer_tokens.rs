//! Access tokens of the local issuer: of people who log in, and with wrong claims.

use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use reqwest::redirect::Policy;
use serde_json::{Value, json};

use crate::{Place, send};

/// A pair of verifier and challenge (RFC 7636, appendix B).
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const REDIRECT: &str = "http://127.0.0.1:9/callback";
/// `{"alg":"none"}` in base64url.
const UNSIGNED_HEADER: &str = "eyJhbGciOiJub25lIn0";

/// The issuer of one place.
pub struct IssuerTokens {
    issuer: String,
    signing_key: Vec<u8>,
    key_id: String,
}

impl IssuerTokens {
    pub fn of(place: &Place) -> Self {
        let issuer = place.status()["endpoints"]["issuer"].as_str().expect("an issuer").to_owned();
        let keys = send(|http| http.get(format!("{issuer}/v1/keys"))).json();
        let key_id = keys["keys"][0]["kid"].as_str().expect("a key id").to_owned();
        let signing_key =
            std::fs::read(place.state().join("sandbox/issuer/signing-key.pem")).expect("the issuer's key");
        Self { issuer, signing_key, key_id }
    }

    /// The access token of a person who logs in by authorization code.
    pub fn log_in(&self, user: &str) -> String {
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", "chat-local"),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
            ("code", &self.code(user)),
        ];
        let answer = send(|http| http.post(format!("{}/v1/token", self.issuer)).form(&form)).json();
        answer["access_token"].as_str().unwrap_or_else(|| panic!("no token: {answer}")).to_owned()
    }

    fn code(&self, user: &str) -> String {
        let query = [
            ("response_type", "code"),
            ("client_id", "chat-local"),
            ("redirect_uri", REDIRECT),
            ("scope", "openid"),
            ("state", "s"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
            ("login_hint", user),
        ];
        let answer = send(|_| {
            let client = reqwest::Client::builder().no_proxy().redirect(Policy::none()).build();
            client.expect("a plain client can be built").get(format!("{}/v1/authorize", self.issuer)).query(&query)
        });
        let location = answer.headers["location"].to_str().expect("an address").to_owned();
        let (_, query) = location.split_once('?').expect("a query");
        let code = query.split('&').find_map(|pair| pair.strip_prefix("code="));
        code.unwrap_or_else(|| panic!("no code: {location}")).to_owned()
    }

    /// A token with these claims in place of, or beside, the usual ones; good for `seconds`.
    pub fn with_claims(&self, claims: &Value, seconds: i64) -> String {
        let key = EncodingKey::from_rsa_pem(&self.signing_key).expect("a PEM key");
        encode(&self.header(Algorithm::RS256), &self.claims(claims, seconds), &key).expect("a token")
    }

    /// Signed with the issuer's public key identifier but a secret that everybody may know.
    pub fn signed_with_a_secret(&self) -> String {
        let key = EncodingKey::from_secret(self.key_id.as_bytes());
        encode(&self.header(Algorithm::HS256), &self.claims(&json!({}), 600), &key).expect("a token")
    }

    /// Good claims under `alg=none`.
    pub fn unsigned(&self) -> String {
        let good = self.with_claims(&json!({}), 600);
        format!("{UNSIGNED_HEADER}.{}.", good.split('.').nth(1).expect("three parts"))
    }

    /// The claims of one user with the signature of another's.
    pub fn with_another_signature(&self) -> String {
        let (one, other) = (self.log_in("ada@example.com"), self.log_in("bob@example.com"));
        let (claims, _) = one.rsplit_once('.').expect("three parts");
        let (_, signature) = other.rsplit_once('.').expect("three parts");
        format!("{claims}.{signature}")
    }

    fn header(&self, algorithm: Algorithm) -> Header {
        let mut header = Header::new(algorithm);
        header.kid = Some(self.key_id.clone());
        header
    }

    fn claims(&self, claims: &Value, seconds: i64) -> Value {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs() as i64;
        let mut all = json!({"iss": self.issuer, "aud": "api://default", "sub": "somebody", "cid": "chat-local",
            "scp": ["openid"], "iat": now - 120, "exp": now + seconds});
        for (name, value) in claims.as_object().expect("an object") {
            all[name] = value.clone();
        }
        all
    }
}
