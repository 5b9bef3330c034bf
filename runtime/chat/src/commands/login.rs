//! `chat login` and `chat logout`.

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::Outcome;
use crate::{
    failure::Failure,
    login::{LoginWay, MayLogIn, StoredTokens},
    notices::Notices,
    settings::Settings,
};

/// Logs in through the browser or, where that is asked for or there is none, with a device
/// code; who types this command is there to approve it.
///
/// # Errors
/// The login's own.
pub async fn log_in(settings: &Settings, device: bool, notices: Notices) -> Result<Outcome, Failure> {
    let mut source = settings.tokens_with(MayLogIn::Yes(notices.clone()));
    if device {
        source.prefer(LoginWay::Device);
    }
    let tokens = source.log_in().await?;
    notices.show(&format!("logged in at {}{}", tokens.account.issuer, validity(&tokens)));
    Ok(Outcome::Succeeded)
}

/// Forgets the tokens here, whatever the issuer says about ending the login there.
///
/// # Errors
/// `login/cache` or `login/keyring` when they cannot be removed.
pub async fn log_out(settings: &Settings, notices: &Notices) -> Result<Outcome, Failure> {
    let done = settings.tokens_with(MayLogIn::No).log_out().await?;
    notices.show(if done.forgotten { "the tokens are forgotten" } else { "there were no tokens to forget" });
    match done.ended {
        Ok(true) => notices.show("the issuer has ended the login"),
        Ok(false) => {}
        Err(failure) => notices.show(&format!("the login stays at the issuer until it expires: {failure}")),
    }
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
