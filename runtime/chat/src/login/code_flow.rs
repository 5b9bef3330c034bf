//! Authorization code with PKCE: ask for a code, have it approved, redeem it.

use std::time::Duration;

use reqwest::header::LOCATION;
use url::Url;

use super::{
    issuer::{Issuer, PendingLogin},
    redirect::{RedirectListener, Visit, code_in, redirect_url},
    tokens::StoredTokens,
};
use crate::{
    browser,
    failure::{Failure, chain},
    notices::Notices,
};

/// How long a person has for the login page.
const PATIENCE: Duration = Duration::from_secs(300);

/// Redirects that are followed before the issuer must have answered.
const REDIRECT_LIMIT: usize = 10;

/// Code of a login that nobody approved in time.
pub(super) const TIMEOUT: &str = "login/timeout";

/// Who approves a login.
#[derive(Debug, Clone)]
pub enum Approval {
    /// A person in a browser; the address is shown as well.
    Browser(Notices),
    /// A person in a browser elsewhere, who enters a code.
    Device(Notices),
    /// A local issuer approves at once: its redirects are followed by HTTP.
    Follow,
}

impl Issuer {
    /// Logs in; `redirect_port` 0 takes a free one.
    ///
    /// # Errors
    /// `login/refused`, `login/timeout`, `login/redirect-port`, `login/no-device-code`.
    pub async fn log_in(&self, redirect_port: u16, approval: &Approval) -> Result<StoredTokens, Failure> {
        match approval {
            Approval::Browser(notices) => self.in_browser(redirect_port, notices).await,
            Approval::Device(notices) => self.by_device_code(notices).await,
            Approval::Follow => self.by_following(redirect_port).await,
        }
    }

    async fn in_browser(&self, port: u16, notices: &Notices) -> Result<StoredTokens, Failure> {
        let listener = RedirectListener::bind(port, self.redirect_host()).await?;
        let pending = self.begin(listener.url());
        let address = pending.authorization_url.as_str();
        notices.show(&format!("Log in at {}. If no browser opens, visit:\n{address}", self.account().issuer));
        browser::open(address.to_owned());
        let code = tokio::time::timeout(PATIENCE, listener.code(&pending.expected)).await.map_err(|_| {
            Failure::new(TIMEOUT, "wait for the login in the browser", "nobody logged in within 5 minutes")
        })??;
        self.redeem(pending, code).await
    }

    async fn by_following(&self, port: u16) -> Result<StoredTokens, Failure> {
        let redirect = match port {
            0 => RedirectListener::bind(0, self.redirect_host()).await?.url().clone(),
            port => redirect_url(port, self.redirect_host()),
        };
        let pending = self.begin(&redirect);
        let code = self.follow(&pending, &redirect).await?;
        self.redeem(pending, code).await
    }

    /// Follows redirects from the authorization endpoint up to the redirect URI, which is read, not visited.
    async fn follow(&self, pending: &PendingLogin, redirect: &Url) -> Result<String, Failure> {
        let failed =
            |cause: String| Failure::new("login/refused", format!("log in at {}", self.account().issuer), cause);
        let mut address = pending.authorization_url.clone();
        for _ in 0..REDIRECT_LIMIT {
            let answer = self.http().get(address.clone()).send().await.map_err(|error| failed(chain(&error)))?;
            let location = answer.headers().get(LOCATION).and_then(|value| value.to_str().ok());
            let next = location.and_then(|location| address.join(location).ok());
            let Some(next) = next.filter(|_| answer.status().is_redirection()) else {
                return Err(failed(format!("the issuer answered {} instead of a redirect", answer.status())));
            };
            if next.origin() == redirect.origin() && next.path() == redirect.path() {
                return match code_in(&next, &pending.expected) {
                    Visit::Approved(code) => Ok(code),
                    Visit::Refused(failure) => Err(failure),
                    Visit::Foreign => Err(failed("the answer carries another login's state".into())),
                };
            }
            address = next;
        }
        Err(failed(format!("more than {REDIRECT_LIMIT} redirects")))
    }
}
