//! Device authorization (RFC 8628): a code is shown here and entered in a
//! browser anywhere, for machines that have none.

use std::time::Duration;

use openidconnect::{
    DeviceCodeErrorResponseType, Nonce, RequestTokenError, Scope, TokenResponse, core::CoreDeviceAuthorizationResponse,
};

use super::{code_flow::TIMEOUT, issuer::Issuer, tokens::StoredTokens};
use crate::{
    failure::{Failure, chain},
    notices::Notices,
};

/// Longest pause between two polls after a connection failed (section 3.5).
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

impl Issuer {
    /// Whether the issuer publishes a device authorization endpoint.
    pub fn offers_device_code(&self) -> bool {
        self.extensions().device_authorization_endpoint.is_some()
    }

    pub(super) async fn by_device_code(&self, notices: &Notices) -> Result<StoredTokens, Failure> {
        let details = self.ask_for_device_code().await?;
        notices.show(&instructions(&self.account().issuer, &details));
        self.poll(&details).await
    }

    async fn ask_for_device_code(&self) -> Result<CoreDeviceAuthorizationResponse, Failure> {
        let doing = format!("ask {} for a device code", self.account().issuer);
        let Some(endpoint) = self.extensions().device_authorization_endpoint.clone() else {
            return Err(Failure::new("login/no-device-code", doing, "the issuer publishes no device endpoint")
                .hint("log in on a machine with a browser, or give a token with --token-file"));
        };
        let client = self.client().clone().set_device_authorization_url(endpoint);
        let request = client.exchange_device_code().add_scopes(self.scopes().iter().cloned().map(Scope::new));
        request.request_async(self.transport()).await.map_err(|error| {
            Failure::new("login/refused", doing, chain(&error))
                .hint("the client must be allowed the device authorization grant, see docs/okta.md")
        })
    }

    /// Asks until the person has decided; `slow_down` and the interval are the issuer's.
    async fn poll(&self, details: &CoreDeviceAuthorizationResponse) -> Result<StoredTokens, Failure> {
        let doing = format!("wait for the login at {}", self.account().issuer);
        let refused = |cause: String| Failure::new("login/refused", &doing, cause);
        let request = self.client().exchange_device_access_token(details).map_err(|error| refused(chain(&error)))?;
        let answer = request
            .set_max_backoff_interval(LONGEST_PAUSE)
            .request_async(self.transport(), tokio::time::sleep, None)
            .await
            .map_err(|error| match &error {
                RequestTokenError::ServerResponse(told)
                    if *told.error() == DeviceCodeErrorResponseType::ExpiredToken =>
                {
                    Failure::new(TIMEOUT, &doing, "the code has expired before anybody logged in with it")
                }
                _ => refused(chain(&error)),
            })?;
        // The flow carries no nonce: nothing but this request can bring the answer.
        if let Some(identity) = answer.id_token() {
            identity
                .claims(&self.client().id_token_verifier(), |_: Option<&Nonce>| Ok(()))
                .map_err(|error| refused(format!("the identity token is not valid: {}", chain(&error))))?;
        }
        self.stored(&answer, None)
    }
}

fn instructions(issuer: &str, details: &CoreDeviceAuthorizationResponse) -> String {
    let (address, code) = (details.verification_uri().as_str(), details.user_code().secret());
    let minutes = details.expires_in().as_secs().div_ceil(60);
    let shortcut = details.verification_uri_complete().map(|address| format!("or open\n{}\n", address.secret()));
    format!(
        "Log in at {issuer} in any browser within {minutes} minutes. Open\n{address}\nand enter the code\n{code}\n{}",
        shortcut.unwrap_or_default()
    )
}
