//! An image as a folder: the OCI image layout, which skopeo, umoci and crane
//! read too. Written in one piece, verified when read.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use deployer_core::Failure;
use oci_spec::image::{
    Descriptor, ImageIndex, ImageIndexBuilder, ImageManifest, MediaType, OciLayout, OciLayoutBuilder,
};

use crate::digest::{hexadecimal, sha256_digest};
use crate::image::{BlobDescriptor, Image};
use crate::manifest::{descriptor, parse_manifest};

const LAYOUT_VERSION: &str = "1.0.0";

impl Image {
    /// Writes the image to `directory`, whose parent must exist. The folder
    /// appears complete or not at all.
    pub fn save(&self, directory: &Path) -> Result<(), Failure> {
        let doing = || format!("write the image to {}", directory.display());
        let parent = directory.parent().unwrap_or(Path::new("."));
        let temporary = tempfile::Builder::new()
            .prefix(".image-")
            .tempdir_in(parent)
            .map_err(|cause| Failure::new("image/io", doing(), cause))?;
        self.write_into(temporary.path())?;
        move_into_place(temporary, directory).map_err(|cause| Failure::new("image/io", doing(), cause))
    }

    /// Reads manifest and configuration, and checks that the layers are there
    /// with the right size; their bytes are read and checked by [`Image::blob`].
    pub fn load(directory: &Path) -> Result<Self, Failure> {
        let damaged =
            |cause: String| Failure::new("image/damaged", format!("read the image in {}", directory.display()), cause);
        check_version(directory).map_err(damaged)?;
        let digest = manifest_digest(directory).map_err(damaged)?;
        let manifest = read_blob(directory, &digest)?;
        let parsed = parse_manifest(&manifest).map_err(|cause| damaged(cause.to_string()))?;
        read_blob(directory, parsed.config().digest().as_ref())?;
        let blobs = descriptors(&parsed);
        for blob in &blobs {
            check_size(directory, blob)?;
        }
        Ok(Self::from_layout(directory.to_path_buf(), digest, manifest, blobs))
    }

    fn write_into(&self, directory: &Path) -> Result<(), Failure> {
        let write = |path: PathBuf, content: &[u8]| {
            fs::write(&path, content)
                .map_err(|cause| Failure::new("image/io", format!("write {}", path.display()), cause))
        };
        let blobs = directory.join("blobs/sha256");
        fs::create_dir_all(&blobs)
            .map_err(|cause| Failure::new("image/io", format!("create {}", blobs.display()), cause))?;
        for blob in self.blobs() {
            write(blob_path(directory, &blob.digest)?, &self.blob(&blob.digest)?)?;
        }
        write(blob_path(directory, self.digest())?, self.manifest())?;
        write(directory.join("oci-layout"), &self.version_document()?)?;
        write(directory.join("index.json"), &self.index_document()?)
    }

    fn version_document(&self) -> Result<Vec<u8>, Failure> {
        OciLayoutBuilder::default()
            .image_layout_version(LAYOUT_VERSION)
            .build()
            .and_then(|layout| Ok(serde_json::to_vec(&layout)?))
            .map_err(|cause| Failure::new("image/build-failed", "write the layout's version", cause))
    }

    fn index_document(&self) -> Result<Vec<u8>, Failure> {
        descriptor(MediaType::ImageManifest, self.digest(), self.manifest().len() as u64)
            .and_then(|manifest| {
                ImageIndexBuilder::default()
                    .schema_version(2u32)
                    .media_type(MediaType::ImageIndex)
                    .manifests(vec![manifest])
                    .build()
            })
            .and_then(|index| Ok(serde_json::to_vec(&index)?))
            .map_err(|cause| Failure::new("image/build-failed", "write the layout's index", cause))
    }
}

/// Somebody else may have written the same folder meanwhile: theirs stays
/// when it is whole.
fn move_into_place(temporary: tempfile::TempDir, directory: &Path) -> io::Result<()> {
    if fs::rename(temporary.path(), directory).is_err() {
        if Image::load(directory).is_ok() {
            return Ok(());
        }
        if directory.exists() {
            fs::remove_dir_all(directory)?;
        }
        fs::rename(temporary.path(), directory)?;
    }
    // Its folder has moved away, so there is nothing left to remove.
    let _ = temporary.keep();
    Ok(())
}

fn check_version(directory: &Path) -> Result<(), String> {
    let layout: OciLayout = read_document(&directory.join("oci-layout"))?;
    match layout.image_layout_version().as_str() {
        LAYOUT_VERSION => Ok(()),
        other => Err(format!("layout version {other}, expected {LAYOUT_VERSION}")),
    }
}

fn manifest_digest(directory: &Path) -> Result<String, String> {
    let index: ImageIndex = read_document(&directory.join("index.json"))?;
    match index.manifests().as_slice() {
        [manifest] => Ok(manifest.digest().to_string()),
        manifests => Err(format!("index.json names {} manifests, expected one", manifests.len())),
    }
}

fn read_document<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, String> {
    let bytes = fs::read(path).map_err(|cause| format!("{}: {cause}", path.display()))?;
    serde_json::from_slice(&bytes).map_err(|cause| format!("{}: {cause}", path.display()))
}

fn descriptors(manifest: &ImageManifest) -> Vec<BlobDescriptor> {
    let describe =
        |descriptor: &Descriptor| BlobDescriptor { digest: descriptor.digest().to_string(), size: descriptor.size() };
    std::iter::once(manifest.config()).chain(manifest.layers()).map(describe).collect()
}

fn check_size(directory: &Path, blob: &BlobDescriptor) -> Result<(), Failure> {
    let path = blob_path(directory, &blob.digest)?;
    let doing = || format!("read {}", path.display());
    let found = fs::metadata(&path).map_err(|cause| Failure::new("image/damaged", doing(), cause))?.len();
    if found == blob.size {
        return Ok(());
    }
    Err(Failure::new("image/damaged", doing(), format!("{found} bytes, expected {}", blob.size)))
}

/// A blob's bytes, refused when their digest is another one.
pub(crate) fn read_blob(directory: &Path, digest: &str) -> Result<Vec<u8>, Failure> {
    let path = blob_path(directory, digest)?;
    let doing = || format!("read {}", path.display());
    let bytes = fs::read(&path).map_err(|cause| Failure::new("image/damaged", doing(), cause))?;
    if sha256_digest(&bytes) == digest {
        return Ok(bytes);
    }
    Err(Failure::new("image/damaged", doing(), "the content has another digest than its name"))
}

fn blob_path(directory: &Path, digest: &str) -> Result<PathBuf, Failure> {
    let name = hexadecimal(digest)
        .ok_or_else(|| Failure::new("image/damaged", format!("find blob `{digest}`"), "not a sha256 digest"))?;
    Ok(directory.join("blobs/sha256").join(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ImageSource;

    fn image() -> Image {
        Image::build(&ImageSource { binary: b"program", architecture: "amd64", ca_bundle_pem: "certificates" }).unwrap()
    }

    fn saved() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().join("image");
        image().save(&directory).unwrap();
        (folder, directory)
    }

    #[test]
    fn loaded_image_is_the_saved_one() {
        let (_folder, directory) = saved();
        let loaded = Image::load(&directory).unwrap();
        assert_eq!(loaded.digest(), image().digest());
        assert_eq!(loaded.blobs(), image().blobs());
        for blob in loaded.blobs() {
            assert_eq!(loaded.blob(&blob.digest).unwrap(), image().blob(&blob.digest).unwrap());
        }
    }

    #[test]
    fn saving_twice_changes_nothing() {
        let (folder, directory) = saved();
        image().save(&directory).unwrap();
        assert_eq!(Image::load(&directory).unwrap().digest(), image().digest());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn saving_repairs_a_damaged_folder() {
        let (_folder, directory) = saved();
        fs::write(directory.join("index.json"), "{}").unwrap();
        image().save(&directory).unwrap();
        assert!(Image::load(&directory).is_ok());
    }

    #[test]
    fn changed_layer_is_refused_when_it_is_read() {
        let (_folder, directory) = saved();
        let layer = image().blobs()[2].clone();
        let path = blob_path(&directory, &layer.digest).unwrap();
        fs::write(&path, vec![0; usize::try_from(layer.size).unwrap()]).unwrap();
        let loaded = Image::load(&directory).unwrap();
        assert_eq!(loaded.blob(&layer.digest).unwrap_err().code, "image/damaged");
    }

    #[test]
    fn truncated_or_missing_layer_is_refused_when_it_is_loaded() {
        let (_folder, directory) = saved();
        let path = blob_path(&directory, &image().blobs()[2].digest).unwrap();
        fs::write(&path, b"short").unwrap();
        assert_eq!(Image::load(&directory).unwrap_err().code, "image/damaged");
        fs::remove_file(&path).unwrap();
        assert_eq!(Image::load(&directory).unwrap_err().code, "image/damaged");
    }

    #[test]
    fn index_that_leads_outside_is_refused() {
        let (_folder, directory) = saved();
        let index = fs::read_to_string(directory.join("index.json")).unwrap();
        let outside = format!("sha256:{}", "../".repeat(21) + "x");
        fs::write(directory.join("index.json"), index.replace(image().digest(), &outside)).unwrap();
        assert_eq!(Image::load(&directory).unwrap_err().code, "image/damaged");
    }
}
