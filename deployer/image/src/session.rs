//! Requests to a registry: logging in, which failures are worth another try,
//! and what the others mean.

use std::io;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use deployer_core::Failure;
use oci_client::client::{Client, ClientConfig, ClientProtocol};
use oci_client::errors::{OciDistributionError, OciErrorCode};
use oci_client::{Reference, RegistryOperation};
use tokio::time::timeout;

use crate::registry::{Patience, Registry};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

const FIRST_PAUSE: Duration = Duration::from_millis(300);

/// A client that knows the registry and the one image that it is about.
pub(crate) struct Session {
    pub client: Client,
    pub reference: Reference,
    patience: Patience,
}

impl Session {
    pub fn open(registry: &Registry, repository: &str, digest: &str) -> Result<Self, Failure> {
        // An error says that a provider is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::try_from(client_config(registry))
            .map_err(|cause| Failure::new("image/push-failed", "set up the registry client", cause))?;
        let address = registry.address().to_string();
        let reference = Reference::with_digest(address, repository.to_string(), digest.to_string());
        Ok(Self { client, reference, patience: registry.patience })
    }

    /// Without it, the client would ask anew how to log in for every request.
    pub async fn authenticate(
        &self,
        registry: &Registry,
        operations: &[RegistryOperation],
    ) -> Result<(), OciDistributionError> {
        let authentication = registry.access();
        for operation in operations {
            self.retried(0, || self.client.auth(&self.reference, &authentication, *operation)).await?;
        }
        Ok(())
    }

    /// Makes a request that sends so many bytes, again while its failure is
    /// none that lasts. A registry that does not answer is given up.
    pub async fn retried<T, F, Request>(&self, bytes: u64, mut request: Request) -> Result<T, OciDistributionError>
    where
        F: Future<Output = Result<T, OciDistributionError>>,
        Request: FnMut() -> F,
    {
        let deadline = self.patience.with(bytes);
        let attempt = || {
            let request = timeout(deadline, request());
            async move { request.await.unwrap_or_else(|_| Err(unanswered(deadline))) }
        };
        let again = usize::try_from(self.patience.attempts.saturating_sub(1)).unwrap_or(usize::MAX);
        let pauses = ExponentialBuilder::default().with_min_delay(FIRST_PAUSE).with_max_times(again).with_jitter();
        attempt.retry(pauses).when(is_transient).await
    }
}

fn unanswered(deadline: Duration) -> OciDistributionError {
    let cause = format!("no answer within {} s", deadline.as_secs());
    OciDistributionError::IoError(io::Error::new(io::ErrorKind::TimedOut, cause))
}

fn client_config(registry: &Registry) -> ClientConfig {
    let mut config = ClientConfig {
        protocol: if registry.is_plain() { ClientProtocol::Http } else { ClientProtocol::Https },
        use_monolithic_push: true,
        connect_timeout: Some(CONNECT_TIMEOUT),
        user_agent: "aws-operations-agent-deployer",
        ..ClientConfig::default()
    };
    if registry.is_plain() {
        // The client forgets a proxy of the environment only when it is given
        // another one; ours is for every host but the one we connect to.
        config.http_proxy = Some(format!("http://{}", registry.address()));
        config.no_proxy = Some(registry.host_to_connect_to().to_string());
    }
    config
}

fn is_transient(cause: &OciDistributionError) -> bool {
    match cause {
        OciDistributionError::RequestError(cause) => cause.status().is_none_or(|status| status.is_server_error()),
        OciDistributionError::ServerError { code, .. } => *code == 429 || *code >= 500,
        OciDistributionError::IoError(cause) => cause.kind() == io::ErrorKind::TimedOut,
        _ => false,
    }
}

/// The failure of a request, with a code by what the registry answered.
pub(crate) fn failure(registry: &Registry, doing: String, cause: &OciDistributionError) -> Failure {
    let failure = Failure::new(code(cause), doing, described(cause));
    match failure.code {
        "image/registry-unreachable" => failure.with_hint(format!("check that {} can be reached", registry.address())),
        _ => failure,
    }
}

fn code(cause: &OciDistributionError) -> &'static str {
    let status = match cause {
        OciDistributionError::RequestError(cause) => match cause.status() {
            Some(status) => status.as_u16(),
            None => return "image/registry-unreachable",
        },
        OciDistributionError::ServerError { code, .. } => *code,
        OciDistributionError::IoError(_) => return "image/registry-unreachable",
        OciDistributionError::UnauthorizedError { .. } | OciDistributionError::AuthenticationFailure(_) => 401,
        OciDistributionError::RegistryError { envelope, .. } => {
            let unknown = |code: &OciErrorCode| matches!(code, OciErrorCode::NameUnknown);
            if envelope.errors.iter().any(|error| unknown(&error.code)) { 404 } else { 400 }
        }
        _ => 400,
    };
    match status {
        401 | 403 => "image/registry-denied",
        404 => "image/repository-missing",
        _ => "image/push-failed",
    }
}

/// The cause with what lies below it: a connection error's own text only says
/// that sending failed.
fn described(cause: &OciDistributionError) -> String {
    let mut text = cause.to_string();
    let mut inner = std::error::Error::source(cause);
    while let Some(error) = inner {
        let detail = error.to_string();
        if !text.contains(&detail) {
            text.push_str(": ");
            text.push_str(&detail);
        }
        inner = error.source();
    }
    text
}
