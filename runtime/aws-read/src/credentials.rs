//! Credentials from the configured provider, kept until shortly before they expire.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::error::ReadError;

/// How long before their expiry credentials are no longer used.
const MARGIN: Duration = Duration::from_secs(60);

/// How long credentials without an expiry are kept: a profile can change.
const KEPT: Duration = Duration::from_secs(300);

#[derive(Debug)]
pub(crate) struct CredentialsCache {
    provider: SharedCredentialsProvider,
    kept: Mutex<Option<(Credentials, Instant)>>,
}

impl CredentialsCache {
    pub fn new(provider: SharedCredentialsProvider) -> Self {
        Self { provider, kept: Mutex::new(None) }
    }

    pub async fn get(&self) -> Result<Credentials, ReadError> {
        let mut kept = self.kept.lock().await;
        if let Some((credentials, until)) = kept.as_ref()
            && Instant::now() < *until
        {
            return Ok(credentials.clone());
        }
        let credentials = self
            .provider
            .provide_credentials()
            .await
            .map_err(|error| ReadError::Credentials { cause: sources(&error) })?;
        *kept = Some((credentials.clone(), Instant::now() + lifetime(&credentials)));
        Ok(credentials)
    }
}

fn lifetime(credentials: &Credentials) -> Duration {
    match credentials.expiry() {
        Some(expiry) => expiry.duration_since(SystemTime::now()).unwrap_or_default().saturating_sub(MARGIN),
        None => KEPT,
    }
}

/// An error with its causes; the providers leave secrets out of them.
fn sources(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_dropped_before_they_expire() {
        let expiring = |seconds| {
            let expiry = SystemTime::now() + Duration::from_secs(seconds);
            Credentials::new("id", "secret", None, Some(expiry), "test")
        };
        assert_eq!(lifetime(&expiring(30)), Duration::ZERO);
        assert!(lifetime(&expiring(3600)) > Duration::from_secs(3500));
        assert_eq!(lifetime(&Credentials::new("id", "secret", None, None, "test")), KEPT);
    }
}
