//! Links of the issuer: what it publishes, and a real token of it.

use std::time::Duration;

use deployer_aws::Secret;
use deployer_core::Failure;
use deployer_core::doctor::{self, Verdict};
use deployer_core::issuer_check::IssuerCheck;
use deployer_verify::check_issuer;

use super::account::now;
use super::chain::Chain;
use crate::session::Session;

pub const ISSUER: &str = "issuer";
pub const TOKEN: &str = "token";

pub struct Identity {
    issuer: IssuerCheck,
    token: Result<Option<Secret>, Failure>,
}

pub async fn read(session: &Session) -> Identity {
    let deadline = Duration::from_secs(session.settings.deadlines.call_seconds.into());
    let (issuer, token) = tokio::join!(check_issuer(discovery_url(session), deadline), session.token());
    Identity { issuer, token }
}

fn discovery_url(session: &Session) -> &str {
    session.settings.issuer.discovery_url.as_deref().unwrap_or_default()
}

/// The token, where there is one that the gateway should accept.
pub fn add(chain: &mut Chain, session: &Session, identity: Identity) -> Option<Secret> {
    chain.add(ISSUER, doctor::issuer(discovery_url(session), &identity.issuer));
    let (verdict, token) = match (chain.obstacle(&[ISSUER]), identity.token) {
        (Some(obstacle), _) => (obstacle, None),
        (None, Ok(Some(token))) => (judged(session, &token), Some(token)),
        (None, Ok(None)) => (without_token(session), None),
        (None, Err(failure)) => (failure.into(), None),
    };
    chain.add(TOKEN, verdict);
    token
}

fn judged(session: &Session, token: &Secret) -> Verdict {
    let now = i64::try_from(now().as_secs()).unwrap_or(i64::MAX);
    doctor::token(token.reveal(), &session.settings.issuer, now)
}

fn without_token(session: &Session) -> Verdict {
    const CAUSE: &str = "smoke.token.source is none, so there is no token to look at";
    const HINT: &str = "[smoke.token] in the environment file says where to get one";
    match session.settings.smoke.required {
        true => Verdict::broken("config/no-token-source", CAUSE, HINT),
        false => Verdict::unchecked(CAUSE).with_hint(HINT),
    }
}

pub fn skip(chain: &mut Chain) {
    chain.skip(&[ISSUER, TOKEN]);
}
