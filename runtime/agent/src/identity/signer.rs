//! Keys of a made-up issuer for tests, and tokens that they sign.

use std::sync::OnceLock;

use contract::TokenRules;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use p256::elliptic_curve::sec1::ToEncodedPoint;
use p256::pkcs8::EncodePrivateKey;
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::traits::PublicKeyParts;
use serde_json::{Value, json};
use time::OffsetDateTime;

pub const ISSUER: &str = "https://issuer.example/oauth2/default";
pub const NOW: OffsetDateTime = time::macros::datetime!(2026-03-01 12:00 UTC);

/// A private key with its public half as a JWK.
pub struct Signer {
    algorithm: Algorithm,
    key: EncodingKey,
    pub public: Value,
}

/// An RSA key, made once for all tests since that takes a while.
pub fn rsa_signer() -> &'static Signer {
    static KEY: OnceLock<Signer> = OnceLock::new();
    KEY.get_or_init(|| rsa_of(2048, "rsa-1"))
}

/// One that is shorter than RFC 7518 allows.
pub fn short_rsa_signer() -> Signer {
    rsa_of(1024, "rsa-1")
}

fn rsa_of(bits: usize, kid: &str) -> Signer {
    let key = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, bits).unwrap();
    let public = json!({"kty": "RSA", "use": "sig", "kid": kid, "n": text(&key.n().to_bytes_be()),
        "e": text(&key.e().to_bytes_be())});
    let key = EncodingKey::from_rsa_der(key.to_pkcs1_der().unwrap().as_bytes());
    Signer { algorithm: Algorithm::RS256, key, public }
}

pub fn ec_signer(kid: &str) -> Signer {
    let key = p256::SecretKey::random(&mut rsa::rand_core::OsRng);
    let point = key.public_key().to_encoded_point(false);
    let public = json!({"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid,
        "x": text(point.x().unwrap()), "y": text(point.y().unwrap())});
    let key = EncodingKey::from_ec_der(key.to_pkcs8_der().unwrap().as_bytes());
    Signer { algorithm: Algorithm::ES256, key, public }
}

impl Signer {
    pub fn kid(&self) -> &str {
        self.public["kid"].as_str().unwrap()
    }

    pub fn sign(&self, claims: &Value) -> String {
        self.sign_with(&self.header(), claims)
    }

    pub fn sign_with(&self, header: &Header, claims: &Value) -> String {
        encode(header, claims, &self.key).unwrap()
    }

    /// As Okta's: without a type.
    pub fn header(&self) -> Header {
        Header { typ: None, kid: Some(self.kid().into()), ..Header::new(self.algorithm) }
    }
}

/// Base64url, as JWKs and JWTs have it.
pub fn text(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

/// Claims of a good access token with these changes; null removes one.
pub fn claims(changes: Value) -> Value {
    let now = NOW.unix_timestamp();
    let mut claims =
        json!({"iss": ISSUER, "sub": "ada@example.com", "aud": "api://default", "iat": now, "exp": now + 3600});
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value.clone(),
        }
    }
    claims
}

pub fn rules(issuer: &str) -> TokenRules {
    TokenRules {
        discovery_url: format!("{issuer}/.well-known/openid-configuration"),
        allowed_audience: vec!["api://default".into()],
        allowed_clients: Vec::new(),
        custom_claims: Vec::new(),
    }
}
