//! Whether a token's claims are good: claims, issuer, rules and the time in, a verdict out.

use contract::TokenRules;
use contract::token_rules::ClaimFault;
use serde_json::Value;
use time::OffsetDateTime;

use super::Verification;
use crate::failure::{Code, Failure};

/// How far the clocks of issuer and function may differ, in seconds.
const LEEWAY: f64 = 60.0;

/// Why a token is refused. Holds nothing of the token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    #[error("this environment accepts no tokens")]
    NoRules,
    #[error("it is longer than an access token can be")]
    TooLong,
    #[error("it is not a signed JWT")]
    NotSigned,
    #[error("its signature algorithm is not accepted, or not that of the issuer's key")]
    Algorithm,
    #[error("it is signed with a key that the issuer does not have")]
    UnknownKey,
    #[error("its signature is not the issuer's")]
    Signature,
    #[error("it is a token for another purpose; an access token is needed")]
    NotForAccess,
    #[error("it is from another issuer")]
    Issuer,
    #[error("it expired")]
    Expired,
    #[error("its time has not come yet")]
    NotYet,
    #[error("its claim `{0}` is missing or malformed")]
    Malformed(&'static str),
    #[error(transparent)]
    Rule(#[from] ClaimFault),
}

impl From<TokenFault> for Failure {
    fn from(fault: TokenFault) -> Self {
        match fault {
            TokenFault::Expired => Self::new(Code::TokenExpired, "the access token expired").hint("log in again"),
            TokenFault::NoRules => Self::new(Code::TokenRefused, format!("the access token is refused: {fault}"))
                .hint("ask without a token, or set [issuer] in the environment's file"),
            fault => Self::new(Code::TokenRefused, format!("the access token is refused: {fault}"))
                .hint("log in again; [issuer] in the environment's file says which tokens are accepted"),
        }
    }
}

/// Judges the claims of a token whose signature is good. `issuer` is the issuer's own spelling of itself.
pub fn judge(
    claims: &Value,
    issuer: &str,
    rules: &TokenRules,
    now: OffsetDateTime,
) -> Result<Verification, TokenFault> {
    if claims["iss"] != issuer {
        return Err(TokenFault::Issuer);
    }
    check_purpose(claims)?;
    check_times(claims, now.unix_timestamp() as f64)?;
    let subject = claims["sub"].as_str().filter(|subject| !subject.is_empty()).ok_or(TokenFault::Malformed("sub"))?;
    rules.check(claims)?;
    Ok(Verification { issuer: issuer.to_owned(), subject: subject.to_owned() })
}

/// Tells ID tokens where issuers say what they are: Cognito names the use (Cognito developer guide, "Using the
/// ID token": `token_use`), and only ID tokens carry the hash of another token (OpenID Connect Core,
/// sections 3.1.3.6 and 3.3.2.11). Other ID tokens fail the audience: theirs is the client.
fn check_purpose(claims: &Value) -> Result<(), TokenFault> {
    let named = claims.get("token_use").is_none_or(|purpose| purpose == "access");
    let hashes = ["at_hash", "c_hash"].iter().any(|name| claims.get(name).is_some());
    if named && !hashes { Ok(()) } else { Err(TokenFault::NotForAccess) }
}

/// RFC 7519, sections 4.1.4 to 4.1.6: `exp` is required here, the others count when they are there.
fn check_times(claims: &Value, now: f64) -> Result<(), TokenFault> {
    let expires = seconds(claims, "exp")?.ok_or(TokenFault::Malformed("exp"))?;
    if now >= expires + LEEWAY {
        return Err(TokenFault::Expired);
    }
    for name in ["nbf", "iat"] {
        if seconds(claims, name)?.is_some_and(|time| time > now + LEEWAY) {
            return Err(TokenFault::NotYet);
        }
    }
    Ok(())
}

fn seconds(claims: &Value, name: &'static str) -> Result<Option<f64>, TokenFault> {
    let claim = claims.get(name);
    claim.map(|claim| claim.as_f64().ok_or(TokenFault::Malformed(name))).transpose()
}
