//! Verifies a caller's bearer token against a gateway's authorizer.

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::Value;

use super::authorizer::{ClaimFault, JwtAuthorizer};
use super::issuer_keys::IssuerKeys;

const ALGORITHMS: [Algorithm; 2] = [Algorithm::RS256, Algorithm::ES256];

/// Why a token does not open the gateway.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum TokenFault {
    /// The reason is for the log; the caller only learns that it is so.
    #[error("{0}")]
    Invalid(String),
    #[error("none of the allowed scopes is in the token")]
    InsufficientScope,
}

/// Passes when the signature, the dates, the issuer and every configured check hold.
pub(super) async fn verify(keys: &IssuerKeys, authorizer: &JwtAuthorizer, token: &str) -> Result<(), TokenFault> {
    let invalid = |cause: &dyn std::fmt::Display| TokenFault::Invalid(cause.to_string());
    let header = decode_header(token).map_err(|error| invalid(&error))?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(invalid(&format_args!("algorithm {:?} is not accepted", header.alg)));
    }
    let found = keys.find(&authorizer.discovery_url, header.kid.as_deref()).await;
    let (issuer, key) = found.map_err(|error| invalid(&error))?;
    let key = DecodingKey::from_jwk(&key).map_err(|error| invalid(&error))?;
    let claims =
        decode::<Value>(token, &key, &rules(header.alg, &issuer.identifier)).map_err(|error| invalid(&error))?;
    authorizer.check(&claims.claims).map_err(|fault| match fault {
        ClaimFault::NotAllowed => invalid(&"audience, client or claims are not the allowed ones"),
        ClaimFault::InsufficientScope => TokenFault::InsufficientScope,
    })
}

/// The audience is the authorizer's matter, since it may be none.
fn rules(algorithm: Algorithm, issuer: &str) -> Validation {
    let mut rules = Validation::new(algorithm);
    rules.leeway = 0;
    rules.validate_aud = false;
    rules.validate_nbf = true;
    rules.set_required_spec_claims(&["exp", "iss"]);
    rules.set_issuer(&[issuer]);
    rules
}
