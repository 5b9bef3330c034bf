//! Pushing an image by digest, so that only what the registry lacks travels.
//!
//! ECR wants each blob in one request: it answers chunked uploads in a way
//! that breaks clients (aws/containers-roadmap#2831).

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use bytes::Bytes;
use deployer_core::{Failure, Reporter};
use futures::{StreamExt, TryStreamExt, stream};
use http::HeaderValue;
use oci_client::client::{Client, ClientConfig, ClientProtocol};
use oci_client::errors::{OciDistributionError, OciErrorCode};
use oci_client::secrets::RegistryAuth;
use oci_client::{Reference, RegistryOperation};

use crate::image::{BlobDescriptor, Image};
use crate::registry::Registry;

const MANIFEST_MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/vnd.oci.image.manifest.v1+json");

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Also covers the time that a layer takes to be sent.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(600);

const ATTEMPTS: usize = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(300);
const CONCURRENT_BLOBS: usize = 3;

/// What a push has moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushSummary {
    pub digest: String,
    pub uploaded_bytes: u64,
    pub uploaded_blobs: usize,
    pub present_blobs: usize,
}

/// Pushes the image to `repository`, which must exist, by digest alone.
///
/// Blobs that the registry has are not sent. The manifest, a few hundred bytes,
/// always is: a registry may still answer for a manifest whose image is gone.
/// Reports details under `key`, whose line the caller starts and finishes.
///
/// Fails with `image/registry-denied`, `image/repository-missing`,
/// `image/registry-unreachable` or `image/push-failed`.
pub async fn push(
    image: &Image,
    registry: &Registry,
    repository: &str,
    reporter: &dyn Reporter,
    key: &str,
) -> Result<PushSummary, Failure> {
    let push =
        Push { image, registry, repository, reporter, key, session: Session::open(image, registry, repository)? };
    push.run().await
}

struct Push<'a> {
    image: &'a Image,
    registry: &'a Registry,
    repository: &'a str,
    reporter: &'a dyn Reporter,
    key: &'a str,
    session: Session,
}

impl Push<'_> {
    async fn run(&self) -> Result<PushSummary, Failure> {
        self.session
            .authenticate(self.registry)
            .await
            .map_err(|cause| self.failure("log in to the registry", cause))?;
        let uploaded: Vec<u64> = stream::iter(self.image.blobs())
            .map(|blob| self.ensure_blob(blob))
            .buffer_unordered(CONCURRENT_BLOBS)
            .try_filter_map(|uploaded| async move { Ok(uploaded) })
            .try_collect()
            .await?;
        self.put_manifest().await?;
        Ok(PushSummary {
            digest: self.image.digest().to_string(),
            uploaded_bytes: uploaded.iter().sum(),
            uploaded_blobs: uploaded.len(),
            present_blobs: self.image.blobs().len() - uploaded.len(),
        })
    }

    /// The bytes sent; None when the blob was there.
    async fn ensure_blob(&self, blob: &BlobDescriptor) -> Result<Option<u64>, Failure> {
        let Session { client, reference } = &self.session;
        let present = retried(|| client.blob_exists(reference, &blob.digest))
            .await
            .map_err(|cause| self.failure(&format!("ask for blob {}", blob.digest), cause))?;
        if present {
            return Ok(None);
        }
        let content = self.image.blob(&blob.digest)?;
        self.reporter.detail(self.key, format!("uploading {}", readable_size(blob.size)));
        retried(|| client.push_blob(reference, content.clone(), &blob.digest))
            .await
            .map_err(|cause| self.failure(&format!("upload blob {}", blob.digest), cause))?;
        Ok(Some(blob.size))
    }

    async fn put_manifest(&self) -> Result<(), Failure> {
        let Session { client, reference } = &self.session;
        let manifest: &Bytes = self.image.manifest();
        retried(|| client.push_manifest_raw(reference, manifest.clone(), MANIFEST_MEDIA_TYPE))
            .await
            .map(|_| ())
            .map_err(|cause| self.failure("upload the manifest", cause))
    }

    fn failure(&self, what: &str, cause: OciDistributionError) -> Failure {
        let doing = format!("push to {}/{}: {what}", self.registry.host, self.repository);
        let failure = Failure::new(code(&cause), doing, described(&cause));
        match failure.code {
            "image/registry-denied" => failure.with_hint("check that the caller may push to this repository"),
            "image/registry-unreachable" => {
                failure.with_hint(format!("check that {} can be reached", self.registry.address()))
            }
            "image/repository-missing" => failure.with_hint("the foundation stack makes it: deploy again"),
            _ => failure,
        }
    }
}

/// A client that knows the registry and the one reference we push to.
struct Session {
    client: Client,
    reference: Reference,
}

impl Session {
    fn open(image: &Image, registry: &Registry, repository: &str) -> Result<Self, Failure> {
        // An error says that a provider is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::try_from(client_config(registry))
            .map_err(|cause| Failure::new("image/push-failed", "set up the registry client", cause))?;
        let address = registry.address().to_string();
        let reference = Reference::with_digest(address, repository.to_string(), image.digest().to_string());
        Ok(Self { client, reference })
    }

    /// Without it, the client would ask anew how to log in for every request.
    async fn authenticate(&self, registry: &Registry) -> Result<(), OciDistributionError> {
        let authentication = RegistryAuth::Basic(registry.username.clone(), registry.password.reveal().to_string());
        for operation in [RegistryOperation::Pull, RegistryOperation::Push] {
            retried(|| self.client.auth(&self.reference, &authentication, operation)).await?;
        }
        Ok(())
    }
}

fn client_config(registry: &Registry) -> ClientConfig {
    let mut config = ClientConfig {
        protocol: if registry.is_plain() { ClientProtocol::Http } else { ClientProtocol::Https },
        use_monolithic_push: true,
        connect_timeout: Some(CONNECT_TIMEOUT),
        read_timeout: Some(ANSWER_TIMEOUT),
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

async fn retried<T, F, Request>(request: Request) -> Result<T, OciDistributionError>
where
    F: Future<Output = Result<T, OciDistributionError>>,
    Request: FnMut() -> F,
{
    let pauses = ExponentialBuilder::default().with_min_delay(FIRST_PAUSE).with_max_times(ATTEMPTS - 1).with_jitter();
    request.retry(pauses).when(is_transient).await
}

fn is_transient(cause: &OciDistributionError) -> bool {
    match cause {
        OciDistributionError::RequestError(cause) => cause.status().is_none_or(|status| status.is_server_error()),
        OciDistributionError::ServerError { code, .. } => *code == 429 || *code >= 500,
        _ => false,
    }
}

fn code(cause: &OciDistributionError) -> &'static str {
    let status = match cause {
        OciDistributionError::RequestError(cause) => match cause.status() {
            Some(status) => status.as_u16(),
            None => return "image/registry-unreachable",
        },
        OciDistributionError::ServerError { code, .. } => *code,
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

fn readable_size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_easily() {
        assert_eq!(readable_size(12), "12 B");
        assert_eq!(readable_size(140_400), "140 kB");
        assert_eq!(readable_size(12_345_678), "12.3 MB");
    }
}
