//! Pushing an image by digest, so that only what the registry lacks travels.
//!
//! ECR wants each blob in one request: it answers chunked uploads in a way
//! that breaks clients (aws/containers-roadmap#2831).

use bytes::Bytes;
use deployer_core::{Failure, Reporter};
use futures::{StreamExt, TryStreamExt, stream};
use http::HeaderValue;
use oci_client::RegistryOperation;
use oci_client::errors::OciDistributionError;

use crate::image::{BlobDescriptor, Image};
use crate::registry::Registry;
use crate::session::{Session, failure};

const MANIFEST_MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/vnd.oci.image.manifest.v1+json");

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
    let push = Push {
        image,
        registry,
        repository,
        reporter,
        key,
        session: Session::open(registry, repository, image.digest())?,
    };
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
            .authenticate(self.registry, &[RegistryOperation::Pull, RegistryOperation::Push])
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
        let Session { client, reference, .. } = &self.session;
        let present = self
            .session
            .retried(0, || client.blob_exists(reference, &blob.digest))
            .await
            .map_err(|cause| self.failure(&format!("ask for blob {}", blob.digest), cause))?;
        if present {
            return Ok(None);
        }
        let content = self.image.blob(&blob.digest)?;
        self.reporter.detail(self.key, format!("uploading {}", readable_size(blob.size)));
        self.session
            .retried(blob.size, || client.push_blob(reference, content.clone(), &blob.digest))
            .await
            .map_err(|cause| self.failure(&format!("upload blob {}", blob.digest), cause))?;
        Ok(Some(blob.size))
    }

    async fn put_manifest(&self) -> Result<(), Failure> {
        let Session { client, reference, .. } = &self.session;
        let manifest: &Bytes = self.image.manifest();
        self.session
            .retried(0, || client.push_manifest_raw(reference, manifest.clone(), MANIFEST_MEDIA_TYPE))
            .await
            .map(|_| ())
            .map_err(|cause| self.failure("upload the manifest", cause))
    }

    fn failure(&self, what: &str, cause: OciDistributionError) -> Failure {
        let failure =
            failure(self.registry, format!("push to {}/{}: {what}", self.registry.host, self.repository), &cause);
        match failure.code {
            "image/registry-denied" => failure.with_hint("check that the caller may push to this repository"),
            "image/repository-missing" => failure.with_hint("the foundation stack makes it: deploy again"),
            _ => failure,
        }
    }
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
