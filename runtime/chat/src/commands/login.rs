//! `chat login` and `chat logout`.

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::Outcome;
use crate::{
    failure::Failure,
    login::{MayLogIn, StoredTokens},
    notices::Notices,
    settings::Settings,
};

/// Logs in through the browser; who types this command is there to approve it.
///
/// # Errors
/// The login's own.
pub async fn log_in(settings: &Settings, notices: Notices) -> Result<Outcome, Failure> {
    let tokens = settings.tokens_with(MayLogIn::Yes(notices.clone())).log_in().await?;
    notices.show(&format!("logged in at {}{}", tokens.account.issuer, validity(&tokens)));
    Ok(Outcome::Succeeded)
}

/// # Errors
/// `login/cache` when the token file cannot be removed.
pub fn log_out(settings: &Settings, notices: &Notices) -> Result<Outcome, Failure> {
    let removed = settings.tokens_with(MayLogIn::No).log_out()?;
    notices.show(if removed { "the tokens are forgotten" } else { "there were no tokens to forget" });
    Ok(Outcome::Succeeded)
}

fn validity(tokens: &StoredTokens) -> String {
    let until = tokens
        .expires_at
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(i64::try_from(seconds).ok()?).ok())
        .and_then(|moment| moment.format(&Rfc3339).ok());
    match (until, &tokens.refresh_token) {
        (Some(until), Some(_)) => format!(", token good until {until}, then renewed"),
        (Some(until), None) => format!(", token good until {until}"),
        (None, _) => String::new(),
    }
}
