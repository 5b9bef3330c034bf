//! The emulator behind the front, as the sandbox itself speaks to it: directly,
//! over plain HTTP on the loopback interface, with the local root key.

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use contract::connection::{LOCAL_ACCESS_KEY_ID, LOCAL_SECRET_ACCESS_KEY};

/// No call to the emulator may hang a caller for longer.
const CALL_LIMIT: Duration = Duration::from_secs(30);

/// Where the emulator listens and how to call it. Clones share connections.
#[derive(Clone, Debug)]
pub struct Backend {
    base_url: String,
    config: SdkConfig,
    http: reqwest::Client,
}

impl Backend {
    /// `base_url` is `http://127.0.0.1:<port>` without a slash at its end.
    /// Fails when the HTTP client cannot be built.
    pub fn new(base_url: impl Into<String>, region: impl Into<String>) -> Result<Self, reqwest::Error> {
        let (base_url, region) = (base_url.into(), region.into());
        let config = sdk_config(&base_url, region);
        Ok(Self { base_url, config, http: loopback_client()? })
    }

    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// For raw forwarding: follows no redirects, uses no proxy, decodes nothing.
    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// Configuration of further clients, with the local root key.
    #[cfg(test)]
    pub fn config(&self) -> &SdkConfig {
        &self.config
    }

    pub fn iam(&self) -> aws_sdk_iam::Client {
        aws_sdk_iam::Client::new(&self.config)
    }

    pub fn sts(&self) -> aws_sdk_sts::Client {
        aws_sdk_sts::Client::new(&self.config)
    }

    /// STS with somebody's own credentials, to learn who they are.
    pub fn sts_as(&self, credentials: Credentials) -> aws_sdk_sts::Client {
        let provider = SharedCredentialsProvider::new(credentials);
        let config = aws_sdk_sts::config::Builder::from(&self.config).credentials_provider(provider).build();
        aws_sdk_sts::Client::from_conf(config)
    }

    pub fn lambda(&self) -> aws_sdk_lambda::Client {
        aws_sdk_lambda::Client::new(&self.config)
    }

    pub fn cloudformation(&self) -> aws_sdk_cloudformation::Client {
        aws_sdk_cloudformation::Client::new(&self.config)
    }

    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.config)
    }
}

fn sdk_config(base_url: &str, region: String) -> SdkConfig {
    let root = Credentials::from_keys(LOCAL_ACCESS_KEY_ID, LOCAL_SECRET_ACCESS_KEY, None);
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region))
        .endpoint_url(base_url)
        .credentials_provider(SharedCredentialsProvider::new(root))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .timeout_config(TimeoutConfig::builder().operation_timeout(CALL_LIMIT).build())
        .build()
}

/// Code and message of an AWS error, or the chain of its causes where it never
/// came to an answer. The SDK's own long form would show whole answers, and
/// with them the credentials that some answers hold.
pub fn error_text<E: std::error::Error + ProvideErrorMetadata>(error: &E) -> String {
    if let (Some(code), Some(message)) = (error.code(), error.message()) {
        return format!("{code}: {message}");
    }
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// A client for loopback addresses. A TLS provider has to exist even so: reqwest
/// sets its connector up before it knows the addresses.
pub fn loopback_client() -> Result<reqwest::Client, reqwest::Error> {
    install_tls_provider();
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()
}

/// Makes ring the process's TLS provider; repeating it does nothing.
pub fn install_tls_provider() {
    // An error says that a provider is installed already, which is all we want.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
