//! A token's header and signature. The algorithm comes from a list of accepted ones and has to be that
//! of the key; what the header alone says is never trusted (RFC 8725, sections 3.1 and 3.2).

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode, decode_header};
use serde_json::Value;

use super::TokenFault;

/// Bytes of a token; those of Okta and Cognito have one to three thousand.
const TOKEN_LIMIT: usize = 16 * 1024;

/// Characters of a 2,048-bit modulus in base64url; RFC 7518, section 3.3, asks for at least that size.
const MODULUS_CHARACTERS: usize = 342;

/// What picks the key for a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenHeader {
    pub algorithm: Algorithm,
    pub key_id: Option<String>,
}

/// Reads the header of a token that may be an access token. Nothing is verified yet.
pub fn header(token: &str) -> Result<TokenHeader, TokenFault> {
    if token.len() > TOKEN_LIMIT {
        return Err(TokenFault::TooLong);
    }
    let header = decode_header(token).map_err(|_| TokenFault::NotSigned)?;
    if !is_access_type(&header) {
        return Err(TokenFault::NotForAccess);
    }
    // An extension that must be understood is not (RFC 7515, section 4.1.11).
    if header.crit.is_some() {
        return Err(TokenFault::NotSigned);
    }
    match is_accepted(header.alg) {
        true => Ok(TokenHeader { algorithm: header.alg, key_id: header.kid }),
        false => Err(TokenFault::Algorithm),
    }
}

/// The claims of a token that this key signed.
pub fn claims(token: &str, algorithm: Algorithm, key: &Jwk) -> Result<Value, TokenFault> {
    if !fits(key, algorithm) {
        return Err(TokenFault::Algorithm);
    }
    let key = DecodingKey::from_jwk(key).map_err(|_| TokenFault::Algorithm)?;
    let decoded = decode::<Value>(token, &key, &signature_alone(algorithm));
    decoded.map(|token| token.claims).map_err(|_| TokenFault::Signature)
}

/// Times, issuer and audience are checked where the rules are, against a time that is given.
fn signature_alone(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}

fn is_accepted(algorithm: Algorithm) -> bool {
    use Algorithm::{ES256, ES384, PS256, PS384, PS512, RS256, RS384, RS512};
    matches!(algorithm, RS256 | RS384 | RS512 | PS256 | PS384 | PS512 | ES256 | ES384)
}

/// Issuers that type their access tokens say `at+jwt` (RFC 9068, section 2.1); Okta and Cognito say
/// `JWT` or nothing. Any other type names a token for another purpose (RFC 8725, section 3.11).
fn is_access_type(header: &Header) -> bool {
    let Some(kind) = header.typ.as_deref() else { return true };
    ["JWT", "at+jwt", "application/at+jwt"].iter().any(|accepted| kind.eq_ignore_ascii_case(accepted))
}

/// Whether an issuer's key may be used with this algorithm.
pub fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    let declared = key.common.key_algorithm.is_none_or(|declared| declared == KeyAlgorithm::from(algorithm));
    declared && is_for_signatures(key) && has_type_of(key, algorithm)
}

fn is_for_signatures(key: &Jwk) -> bool {
    let used = key.common.public_key_use.as_ref().is_none_or(|purpose| *purpose == PublicKeyUse::Signature);
    used && key.common.key_operations.as_ref().is_none_or(|operations| operations.contains(&KeyOperations::Verify))
}

fn has_type_of(key: &Jwk, algorithm: Algorithm) -> bool {
    match (&key.algorithm, algorithm) {
        (AlgorithmParameters::EllipticCurve(key), Algorithm::ES256) => key.curve == EllipticCurve::P256,
        (AlgorithmParameters::EllipticCurve(key), Algorithm::ES384) => key.curve == EllipticCurve::P384,
        (AlgorithmParameters::EllipticCurve(_), _) | (_, Algorithm::ES256 | Algorithm::ES384) => false,
        (AlgorithmParameters::RSA(key), algorithm) => is_accepted(algorithm) && key.n.len() >= MODULUS_CHARACTERS,
        _ => false,
    }
}
