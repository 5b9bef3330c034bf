//! The two documents of an image: its configuration and its manifest, as
//! Lambda wants them (one OCI image manifest, one architecture, no index).

use oci_spec::OciSpecError;
use oci_spec::image::{
    Arch, ConfigBuilder, Descriptor, Digest, ImageConfigurationBuilder, ImageManifest, ImageManifestBuilder, MediaType,
    Os, RootFsBuilder,
};

use crate::digest::sha256_digest;
use crate::layer::Layer;

pub(crate) const BOOTSTRAP: &str = "/var/task/bootstrap";
pub(crate) const WORKING_DIRECTORY: &str = "/var/task";
pub(crate) const CA_BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Always the same, since the digest may depend on content alone.
const CREATED: &str = "1970-01-01T00:00:00Z";

/// The image configuration (OCI image specification, config.md).
pub(crate) fn configuration(architecture: &str, layers: &[Layer]) -> Result<Vec<u8>, OciSpecError> {
    let config = ConfigBuilder::default()
        .entrypoint(vec![BOOTSTRAP.to_string()])
        .working_dir(WORKING_DIRECTORY)
        .env(vec!["PATH=/usr/bin:/bin".to_string(), format!("SSL_CERT_FILE={CA_BUNDLE}")])
        .build()?;
    let root = RootFsBuilder::default()
        .typ("layers")
        .diff_ids(layers.iter().map(|layer| layer.diff_id.clone()).collect::<Vec<_>>())
        .build()?;
    let configuration = ImageConfigurationBuilder::default()
        .created(CREATED)
        .architecture(Arch::from(architecture))
        .os(Os::Linux)
        .config(config)
        .rootfs(root)
        .build()?;
    Ok(serde_json::to_vec(&configuration)?)
}

/// The image manifest (OCI image specification, manifest.md).
pub(crate) fn manifest(configuration: &[u8], layers: &[Layer]) -> Result<Vec<u8>, OciSpecError> {
    let layers = layers
        .iter()
        .map(|layer| descriptor(MediaType::ImageLayerGzip, &layer.digest, layer.compressed.len() as u64))
        .collect::<Result<Vec<_>, _>>()?;
    let digest = sha256_digest(configuration);
    let manifest = ImageManifestBuilder::default()
        .schema_version(2u32)
        .media_type(MediaType::ImageManifest)
        .config(descriptor(MediaType::ImageConfig, &digest, configuration.len() as u64)?)
        .layers(layers)
        .build()?;
    Ok(serde_json::to_vec(&manifest)?)
}

pub(crate) fn parse_manifest(bytes: &[u8]) -> Result<ImageManifest, serde_json::Error> {
    serde_json::from_slice(bytes)
}

pub(crate) fn descriptor(media_type: MediaType, digest: &str, size: u64) -> Result<Descriptor, OciSpecError> {
    let digest: Digest = digest.parse()?;
    Ok(Descriptor::new(media_type, size, digest))
}
