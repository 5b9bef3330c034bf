//! Looking at an image that is in a registry already.

use deployer_core::Failure;
use oci_client::RegistryOperation;
use serde::Deserialize;

use crate::registry::Registry;
use crate::session::{Session, failure};

/// The member of an image configuration that is asked for (OCI image specification).
#[derive(Deserialize)]
struct Configuration {
    architecture: String,
}

/// For which architecture an image is, as its configuration spells it: `amd64`, `arm64`.
///
/// Fails with `image/registry-denied`, `image/repository-missing` (also for a
/// missing image), `image/registry-unreachable` or `image/push-failed`.
pub async fn architecture(registry: &Registry, repository: &str, digest: &str) -> Result<String, Failure> {
    let doing = || format!("look at image {}/{repository}@{digest}", registry.host);
    let session = Session::open(registry, repository, digest)?;
    let failed = |cause| failure(registry, doing(), &cause);
    session.authenticate(registry, &[RegistryOperation::Pull]).await.map_err(failed)?;
    let access = registry.access();
    let pulled = session.retried(0, || session.client.pull_manifest_and_config(&session.reference, &access)).await;
    let (_, _, configuration) = pulled.map_err(failed)?;
    let configuration: Configuration = serde_json::from_str(&configuration)
        .map_err(|error| Failure::new("image/unusable", doing(), format!("its configuration: {error}")))?;
    Ok(configuration.architecture)
}
