//! The verifier that asks the configured issuer for its keys.

use contract::TokenRules;
use futures::FutureExt;
use futures::future::BoxFuture;
use time::OffsetDateTime;

use super::discovery::Discovery;
use super::keys::IssuerKeys;
use super::{TokenFault, TokenVerifier, Verification, signature, verdict};
use crate::failure::Failure;
use crate::token::Token;

/// Verifies tokens by the environment's rules; without any, no token is accepted. Only the issuer's public
/// keys are kept: every request's token is verified anew.
pub struct IssuerVerifier(Option<Issuer>);

struct Issuer {
    rules: TokenRules,
    keys: IssuerKeys,
}

impl IssuerVerifier {
    /// # Errors
    /// When the discovery address is neither https nor on this machine.
    pub fn new(rules: Option<TokenRules>) -> Result<Self, Failure> {
        let issuer = rules.map(|rules| {
            let keys = IssuerKeys::new(Discovery::new(&rules)?);
            Ok(Issuer { rules, keys })
        });
        issuer.transpose().map(Self)
    }

    async fn judge(&self, token: &str, now: OffsetDateTime) -> Result<Verification, Failure> {
        let Some(Issuer { rules, keys }) = &self.0 else { return Err(TokenFault::NoRules.into()) };
        let header = signature::header(token)?;
        let signer = keys.find(&header, now).await?;
        let claims = signature::claims(token, header.algorithm, &signer.key)?;
        Ok(verdict::judge(&claims, &signer.issuer, rules, now)?)
    }
}

impl TokenVerifier for IssuerVerifier {
    fn verify<'a>(&'a self, token: &'a Token) -> BoxFuture<'a, Result<Verification, Failure>> {
        self.judge(token.expose(), OffsetDateTime::now_utc()).boxed()
    }
}
