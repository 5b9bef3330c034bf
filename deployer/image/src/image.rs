//! An image: its manifest, known at once, and its blobs, read when needed.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use bytes::Bytes;
use deployer_core::Failure;

use crate::digest::sha256_digest;
use crate::layer::{Entry, Layer};
use crate::{layout, manifest};

/// What an image is made of.
pub struct ImageSource<'a> {
    /// A static executable; becomes `/var/task/bootstrap`.
    pub binary: &'a [u8],
    /// As an image configuration spells it: `amd64`, `arm64`.
    pub architecture: &'a str,
    /// See [`crate::ca_bundle_pem`].
    pub ca_bundle_pem: &'a str,
}

/// Digest and size of one blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobDescriptor {
    pub digest: String,
    pub size: u64,
}

/// A container image for Lambda.
pub struct Image {
    digest: String,
    manifest: Bytes,
    blobs: Vec<BlobDescriptor>,
    store: Store,
}

/// Where the blobs are.
enum Store {
    Memory(BTreeMap<String, Bytes>),
    /// Folder of an OCI image layout.
    Layout(PathBuf),
}

impl Image {
    /// Builds the image in memory: a base layer with the root's directories
    /// and the CA bundle, a second with the executable.
    ///
    /// Equal sources give an equal digest, on every machine.
    pub fn build(source: &ImageSource<'_>) -> Result<Self, Failure> {
        assemble(source).map_err(|cause| Failure::new("image/build-failed", "build the image", cause))
    }

    pub(crate) fn from_layout(
        directory: PathBuf,
        digest: String,
        manifest: Vec<u8>,
        blobs: Vec<BlobDescriptor>,
    ) -> Self {
        Self { digest, manifest: manifest.into(), blobs, store: Store::Layout(directory) }
    }

    /// `sha256:...` of the manifest; what a deployment names the image by.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The manifest's exact bytes.
    pub fn manifest(&self) -> &Bytes {
        &self.manifest
    }

    /// Configuration and layers.
    pub fn blobs(&self) -> &[BlobDescriptor] {
        &self.blobs
    }

    /// One blob's bytes, checked against its digest.
    pub fn blob(&self, digest: &str) -> Result<Bytes, Failure> {
        match &self.store {
            Store::Memory(blobs) => blobs.get(digest).cloned().ok_or_else(|| {
                Failure::new("image/damaged", format!("read blob {digest}"), "the image has no such blob")
            }),
            Store::Layout(directory) => layout::read_blob(directory, digest).map(Bytes::from),
        }
    }
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Image").field("digest", &self.digest).field("blobs", &self.blobs).finish_non_exhaustive()
    }
}

fn assemble(source: &ImageSource<'_>) -> Result<Image, oci_spec::OciSpecError> {
    let layers = [base_layer(source.ca_bundle_pem)?, application_layer(source.binary)?];
    let configuration = manifest::configuration(source.architecture, &layers)?;
    let manifest = manifest::manifest(&configuration, &layers)?;
    let contents = std::iter::once(configuration).chain(layers.into_iter().map(|layer| layer.compressed));
    let mut image = Image {
        digest: sha256_digest(&manifest),
        manifest: manifest.into(),
        blobs: Vec::new(),
        store: Store::Memory(BTreeMap::new()),
    };
    let mut stored = BTreeMap::new();
    for content in contents {
        let digest = sha256_digest(&content);
        image.blobs.push(BlobDescriptor { digest: digest.clone(), size: content.len() as u64 });
        stored.insert(digest, Bytes::from(content));
    }
    image.store = Store::Memory(stored);
    Ok(image)
}

/// Directories that a runtime mounts over (`dev`, `proc`, `sys`, `tmp`) must
/// exist, since the root is read-only.
fn base_layer(ca_bundle_pem: &str) -> std::io::Result<Layer> {
    let directories = ["dev/", "etc/", "etc/ssl/", "etc/ssl/certs/", "proc/", "sys/", "var/", "var/task/"];
    let mut entries: Vec<Entry<'_>> = directories.into_iter().map(Entry::directory).collect();
    entries.push(Entry::directory("tmp/").with_mode(0o1777));
    entries.push(Entry::file(in_archive(manifest::CA_BUNDLE), 0o644, ca_bundle_pem.as_bytes()));
    Layer::pack(entries)
}

fn application_layer(binary: &[u8]) -> std::io::Result<Layer> {
    Layer::pack(vec![
        Entry::directory("var/"),
        Entry::directory("var/task/"),
        Entry::file(in_archive(manifest::BOOTSTRAP), 0o755, binary),
    ])
}

/// Archives name files relative to the root.
fn in_archive(path: &'static str) -> &'static str {
    path.trim_start_matches('/')
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn image(binary: &[u8]) -> Image {
        Image::build(&ImageSource { binary, architecture: "amd64", ca_bundle_pem: "certificates" }).unwrap()
    }

    #[test]
    fn equal_sources_give_an_equal_digest() {
        assert_eq!(image(b"program").digest(), image(b"program").digest());
        assert_ne!(image(b"program").digest(), image(b"another").digest());
    }

    #[test]
    fn digest_is_the_same_on_every_machine() {
        assert_eq!(
            image(b"program").digest(),
            "sha256:772d5d556e11aafaea5a37abea72d84cdaae6ee69a2c485fd8d97c8b10ba2e77"
        );
    }

    #[test]
    fn only_the_application_layer_changes_with_the_program() {
        let (one, other) = (image(b"program"), image(b"another"));
        assert_eq!(one.blobs()[1], other.blobs()[1]);
        assert_ne!(one.blobs()[2], other.blobs()[2]);
    }

    #[test]
    fn configuration_starts_the_program_for_one_architecture() {
        let image = image(b"program");
        let configuration: serde_json::Value =
            serde_json::from_slice(&image.blob(&image.blobs()[0].digest).unwrap()).unwrap();
        assert_eq!(configuration["architecture"], "amd64");
        assert_eq!(configuration["os"], "linux");
        assert_eq!(configuration["config"]["Entrypoint"], serde_json::json!(["/var/task/bootstrap"]));
        assert_eq!(configuration["config"]["WorkingDir"], "/var/task");
        assert_eq!(configuration["rootfs"]["diff_ids"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn every_file_has_its_parent_directories_before_it() {
        let image = image(b"program");
        for blob in &image.blobs()[1..] {
            let mut seen = vec![String::new()];
            for path in paths(&image.blob(&blob.digest).unwrap()) {
                let parent = path.trim_end_matches('/').rfind('/').map_or("", |slash| &path[..=slash]);
                assert!(seen.iter().any(|directory| directory == parent), "{path} comes before {parent}");
                seen.push(path);
            }
        }
    }

    fn paths(layer: &[u8]) -> Vec<String> {
        let mut archive = Vec::new();
        flate2::read::GzDecoder::new(layer).read_to_end(&mut archive).unwrap();
        let mut archive = tar::Archive::new(archive.as_slice());
        archive.entries().unwrap().map(|entry| entry.unwrap().path().unwrap().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn unknown_blob_is_an_error() {
        assert_eq!(image(b"program").blob("sha256:00").unwrap_err().code, "image/damaged");
    }
}
