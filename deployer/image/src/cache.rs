//! Images by the executable they were built from, so that an unchanged
//! executable costs one hash and no compression.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use deployer_core::Failure;

use crate::ca_bundle::ca_bundle_pem;
use crate::digest::{Digester, hexadecimal, sha256_digest};
use crate::image::{Image, ImageSource};

/// Raised when the same executable has to give another image.
const FORMAT: &str = "1";

/// Images kept; the least recently used go first.
const KEEP: usize = 8;

/// The image of an executable, from the cache or freshly built into it.
///
/// `architecture` is spelled as in an image configuration (`amd64`). A damaged
/// cache entry is built anew.
pub fn cached_image(cache_dir: &Path, binary_path: &Path, architecture: &str) -> Result<Image, Failure> {
    let io = |doing: String| move |cause: io::Error| Failure::new("image/io", doing, cause);
    fs::create_dir_all(cache_dir).map_err(io(format!("create {}", cache_dir.display())))?;
    let ca_bundle_pem = ca_bundle_pem();
    let key = key(binary_path, architecture, &ca_bundle_pem)
        .map_err(io(format!("read the executable {}", binary_path.display())))?;
    let directory = cache_dir.join(key);
    if let Ok(image) = Image::load(&directory) {
        mark_used(&directory);
        return Ok(image);
    }
    let binary = fs::read(binary_path).map_err(io(format!("read the executable {}", binary_path.display())))?;
    let image = Image::build(&ImageSource { binary: &binary, architecture, ca_bundle_pem: &ca_bundle_pem })?;
    image.save(&directory)?;
    remove_oldest(cache_dir);
    Ok(image)
}

/// Everything that the image depends on, hashed.
fn key(binary_path: &Path, architecture: &str, ca_bundle_pem: &str) -> io::Result<String> {
    let mut digester = Digester::default();
    for part in [FORMAT, architecture, &sha256_digest(ca_bundle_pem.as_bytes())] {
        digester.update(part.as_bytes());
        digester.update(b"\n");
    }
    let mut file = File::open(binary_path)?;
    let mut buffer = vec![0; 1 << 18];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        digester.update(&buffer[..read]);
    }
    let digest = digester.finish();
    Ok(hexadecimal(&digest).unwrap_or(&digest).to_string())
}

/// Only the order of removal depends on it, so failing is no fault.
fn mark_used(directory: &Path) {
    if let Ok(index) = File::options().write(true).open(directory.join("index.json")) {
        let _ = index.set_modified(SystemTime::now());
    }
}

/// Best effort: what cannot be removed stays until the next time.
fn remove_oldest(cache_dir: &Path) {
    let Ok(entries) = fs::read_dir(cache_dir) else { return };
    let mut images: Vec<(SystemTime, PathBuf)> = entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let used = fs::metadata(path.join("index.json")).and_then(|file| file.modified()).ok()?;
            Some((used, path))
        })
        .collect();
    images.sort();
    let surplus = images.len().saturating_sub(KEEP);
    for (_, path) in &images[..surplus] {
        let _ = fs::remove_dir_all(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixture {
        folder: tempfile::TempDir,
    }

    impl Fixture {
        fn new() -> Self {
            Self { folder: tempfile::tempdir().unwrap() }
        }

        fn cache(&self) -> PathBuf {
            self.folder.path().join("cache")
        }

        fn image(&self, content: &[u8]) -> Image {
            let binary = self.folder.path().join("binary");
            fs::write(&binary, content).unwrap();
            cached_image(&self.cache(), &binary, "amd64").unwrap()
        }

        fn entries(&self) -> Vec<PathBuf> {
            fs::read_dir(self.cache()).unwrap().map(|entry| entry.unwrap().path()).collect()
        }
    }

    #[test]
    fn unchanged_executable_is_taken_from_the_cache() {
        let fixture = Fixture::new();
        let built = fixture.image(b"program");
        let [entry] = fixture.entries().try_into().unwrap();
        // A layer that only the cache can have: were it built anew, it would be whole.
        let layer = entry.join("blobs/sha256").join(hexadecimal(&built.blobs()[2].digest).unwrap());
        fs::write(&layer, vec![0; usize::try_from(built.blobs()[2].size).unwrap()]).unwrap();
        let cached = fixture.image(b"program");
        assert_eq!(cached.digest(), built.digest());
        assert!(cached.blob(&built.blobs()[2].digest).is_err());
    }

    #[test]
    fn changed_executable_is_another_image() {
        let fixture = Fixture::new();
        assert_ne!(fixture.image(b"program").digest(), fixture.image(b"another").digest());
        assert_eq!(fixture.entries().len(), 2);
    }

    #[test]
    fn damaged_entry_is_built_anew() {
        let fixture = Fixture::new();
        let built = fixture.image(b"program");
        fs::remove_file(fixture.entries()[0].join("index.json")).unwrap();
        let again = fixture.image(b"program");
        assert_eq!(again.digest(), built.digest());
        assert!(again.blob(&built.blobs()[2].digest).is_ok());
    }

    #[test]
    fn cache_keeps_a_bounded_number_of_images() {
        let fixture = Fixture::new();
        for number in 0..=KEEP {
            fixture.image(format!("program {number}").as_bytes());
        }
        assert_eq!(fixture.entries().len(), KEEP);
    }

    #[test]
    fn missing_executable_is_named() {
        let fixture = Fixture::new();
        let failure = cached_image(&fixture.cache(), Path::new("/no/such/program"), "amd64").unwrap_err();
        assert!(failure.to_string().contains("/no/such/program"), "{failure}");
    }
}
