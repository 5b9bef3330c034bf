//! What is inside an image that a function runs.

use deployer_core::Failure;

use crate::Clients;
use crate::registry::registry;

/// The architecture in the image's own configuration, `amd64` or `arm64`.
///
/// Errors: those of the registry, `image/...` and `aws/...`.
pub async fn image_architecture(clients: &Clients, repository: &str, digest: &str) -> Result<String, Failure> {
    let registry = registry(clients).await.map_err(|failure| clients.advise(failure))?;
    deployer_image::architecture(&registry, repository, digest).await
}
