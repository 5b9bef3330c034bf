//! A registry to push to: where it is and the password that opens it.

use std::fmt;
use std::time::Duration;

use oci_client::secrets::RegistryAuth;

/// A value that no Debug output shows.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Where to push and as whom.
#[derive(Debug, Clone)]
pub struct Registry {
    /// `<account>.dkr.ecr.<region>.amazonaws.com`
    pub host: String,
    /// Base address of the local platform, `http://127.0.0.1:4566`, to connect
    /// to in place of the host.
    pub connect_to: Option<String>,
    /// `AWS` for ECR.
    pub username: String,
    /// ECR's authorization token, decoded, without the username.
    pub password: Secret,
    pub patience: Patience,
}

/// How long a request may go unanswered, and how often it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For one attempt; as much again for each megabyte that is sent.
    pub attempt: Duration,
    pub attempts: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self { attempt: Duration::from_secs(30), attempts: 4 }
    }
}

impl Patience {
    /// For one attempt at a request with so many bytes.
    pub(crate) fn with(self, bytes: u64) -> Duration {
        let megabytes = u32::try_from(bytes / 1_000_000).unwrap_or(u32::MAX);
        self.attempt.saturating_mul(megabytes.saturating_add(1))
    }
}

impl Registry {
    pub(crate) fn access(&self) -> RegistryAuth {
        RegistryAuth::Basic(self.username.clone(), self.password.reveal().to_string())
    }

    /// `host:port` that is connected to.
    pub(crate) fn address(&self) -> &str {
        let base = self.connect_to.as_deref().unwrap_or(&self.host);
        let address = base.split_once("://").map_or(base, |(_, address)| address);
        address.trim_end_matches('/')
    }

    /// The address without its port.
    pub(crate) fn host_to_connect_to(&self) -> &str {
        let address = self.address();
        address.rsplit_once(':').map_or(address, |(host, _)| host)
    }

    /// Only the local platform is spoken to without TLS.
    pub(crate) fn is_plain(&self) -> bool {
        self.connect_to.as_deref().is_some_and(|base| base.starts_with("http://"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registry(connect_to: Option<&str>) -> Registry {
        Registry {
            host: "000000000000.dkr.ecr.us-east-1.amazonaws.com".into(),
            connect_to: connect_to.map(Into::into),
            username: "AWS".into(),
            password: Secret::new("token-from-ecr"),
            patience: Patience::default(),
        }
    }

    #[test]
    fn a_larger_request_may_take_longer() {
        let patience = Patience { attempt: Duration::from_secs(2), attempts: 1 };
        assert_eq!(patience.with(0), Duration::from_secs(2));
        assert_eq!(patience.with(12_000_000), Duration::from_secs(26));
    }

    #[test]
    fn local_platform_is_connected_to_in_place_of_the_host() {
        assert_eq!(registry(None).address(), "000000000000.dkr.ecr.us-east-1.amazonaws.com");
        assert!(!registry(None).is_plain());
        assert_eq!(registry(Some("http://127.0.0.1:4566/")).address(), "127.0.0.1:4566");
        assert_eq!(registry(Some("http://127.0.0.1:4566")).host_to_connect_to(), "127.0.0.1");
        assert!(registry(Some("http://127.0.0.1:4566")).is_plain());
    }

    #[test]
    fn debug_output_hides_the_password() {
        assert!(!format!("{:?}", registry(None)).contains("token-from-ecr"));
    }
}
