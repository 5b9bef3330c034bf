//! Images of functions: pulled by digest from the backend's registry, unpacked
//! once into the cache, found there ever after.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use oci_client::{
    Client, Reference,
    client::{ClientConfig, ClientProtocol},
    manifest::{OciDescriptor, OciImageManifest},
    secrets::RegistryAuth,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;

use super::{
    image_cache::{cached, prune, store},
    unpack::Layer,
};

/// The registry is on this machine: one that is silent for so long has died.
const SILENCE_LIMIT: Duration = Duration::from_secs(30);

/// An unpacked image.
#[derive(Debug, Clone)]
pub struct Rootfs {
    pub root: PathBuf,
    pub configuration: ImageConfiguration,
}

/// The members of an image's configuration that starting it needs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ImageConfiguration {
    pub entrypoint: Option<Vec<String>>,
    pub cmd: Option<Vec<String>>,
    /// `NAME=value`.
    pub env: Option<Vec<String>>,
    pub working_dir: Option<String>,
}

#[derive(Deserialize)]
struct ConfigurationFile {
    #[serde(default)]
    config: ImageConfiguration,
}

/// The image cache: `<cache>/rootfs/<digest>/{root,config.json}`.
pub struct Images {
    folder: PathBuf,
    /// Host and port that answer for every registry.
    registry: String,
    client: Client,
    pulling: Mutex<()>,
}

impl Images {
    /// `registry` is the loopback `host:port` behind every AWS-shaped registry name.
    pub fn new(cache: &Path, registry: &str) -> Self {
        let client = Client::new(client_configuration(registry));
        Self { folder: cache.join("rootfs"), registry: registry.into(), client, pulling: Mutex::new(()) }
    }

    /// Digest of an image; asks the registry only when the name holds none.
    pub async fn digest(&self, image: &str) -> Result<String, String> {
        let reference = self.reference(image)?;
        match reference.digest() {
            Some(digest) => Ok(digest.to_owned()),
            None => {
                let asked = self.client.fetch_manifest_digest(&reference, &RegistryAuth::Anonymous).await;
                asked.map_err(|error| error.to_string())
            }
        }
    }

    /// The unpacked image, pulled when this is the first time.
    pub async fn rootfs(&self, image: &str, digest: &str) -> Result<Rootfs, String> {
        let folder = self.folder.join(digest.replace(':', "-"));
        if let Some(rootfs) = cached(&folder) {
            return Ok(rootfs);
        }
        let _one_at_a_time = self.pulling.lock().await;
        if let Some(rootfs) = cached(&folder) {
            return Ok(rootfs);
        }
        let reference = self.reference(image)?.clone_with_digest(digest.to_owned());
        self.pull(&reference, digest, &folder).await?;
        cached(&folder).ok_or_else(|| format!("{} is incomplete", folder.display()))
    }

    /// The registry's own name stays in the reference and is sent along, so
    /// that the backend finds the repository's account and region.
    fn reference(&self, image: &str) -> Result<Reference, String> {
        let mut reference: Reference = image.parse().map_err(|error| format!("`{image}`: {error}"))?;
        reference.set_mirror_registry(self.registry.clone());
        Ok(reference)
    }

    async fn pull(&self, reference: &Reference, digest: &str, folder: &Path) -> Result<(), String> {
        let manifest = self.manifest(reference, digest).await?;
        let configuration: ConfigurationFile = serde_json::from_slice(&self.blob(reference, &manifest.config).await?)
            .map_err(|error| format!("image configuration: {error}"))?;
        let mut layers = Vec::new();
        for descriptor in &manifest.layers {
            let blob = self.blob(reference, descriptor).await?;
            layers.push(Layer { media_type: descriptor.media_type.clone(), blob });
        }
        let folder = folder.to_owned();
        let stored = tokio::task::spawn_blocking(move || {
            store(&folder, &configuration.config, &layers)?;
            folder.parent().into_iter().for_each(prune);
            Ok::<_, std::io::Error>(())
        });
        let stored = stored.await;
        stored.map_err(|error| error.to_string())?.map_err(|error| format!("unpack: {error}"))
    }

    async fn manifest(&self, reference: &Reference, digest: &str) -> Result<OciImageManifest, String> {
        let accepted = [oci_client::manifest::OCI_IMAGE_MEDIA_TYPE, oci_client::manifest::IMAGE_MANIFEST_MEDIA_TYPE];
        let pulled = self.client.pull_manifest_raw(reference, &RegistryAuth::Anonymous, &accepted).await;
        let (bytes, _) = pulled.map_err(|error| error.to_string())?;
        ensure_digest(digest, &bytes)?;
        serde_json::from_slice(&bytes).map_err(|error| format!("image manifest: {error}"))
    }

    async fn blob(&self, reference: &Reference, descriptor: &OciDescriptor) -> Result<Vec<u8>, String> {
        let mut blob = Vec::new();
        let pulled = self.client.pull_blob(reference, descriptor, &mut blob).await;
        pulled.map_err(|error| format!("blob {}: {error}", descriptor.digest))?;
        ensure_digest(&descriptor.digest, &blob)?;
        Ok(blob)
    }
}

/// The client forgets a proxy of the environment only when it is given another
/// one, so it gets one that is for every host but the registry's.
fn client_configuration(registry: &str) -> ClientConfig {
    ClientConfig {
        protocol: ClientProtocol::Http,
        http_proxy: Some(format!("http://{registry}")),
        no_proxy: Some(registry.rsplit_once(':').map_or(registry, |(host, _)| host).to_owned()),
        connect_timeout: Some(SILENCE_LIMIT),
        read_timeout: Some(SILENCE_LIMIT),
        ..ClientConfig::default()
    }
}

fn ensure_digest(expected: &str, bytes: &[u8]) -> Result<(), String> {
    let actual = format!("sha256:{}", hex::encode(Sha256::digest(bytes)));
    if actual == expected { Ok(()) } else { Err(format!("content has digest {actual}, not {expected}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn images() -> Images {
        rustls::crypto::ring::default_provider().install_default().ok();
        Images::new(Path::new("/nowhere"), "127.0.0.1:4566")
    }

    #[tokio::test]
    async fn the_aws_registry_name_is_sent_to_the_loopback_registry() {
        let digest = format!("sha256:{}", "a".repeat(64));
        let image = format!("000000000000.dkr.ecr.us-east-1.amazonaws.com/agent@{digest}");
        let reference = images().reference(&image).unwrap();
        assert_eq!(reference.resolve_registry(), "127.0.0.1:4566");
        assert_eq!(reference.namespace(), Some("000000000000.dkr.ecr.us-east-1.amazonaws.com"));
        assert_eq!(images().digest(&image).await.unwrap(), digest);
    }

    #[test]
    fn content_with_another_digest_is_refused() {
        assert!(ensure_digest(&format!("sha256:{}", "0".repeat(64)), b"x").is_err());
    }
}
