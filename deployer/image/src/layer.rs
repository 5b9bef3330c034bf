//! Layers: compressed archives whose bytes depend on their content alone.
//!
//! Lambda's unpacker is stricter than Docker's: every file needs its parent
//! directories as entries, and only gzip is sure to be read.

use std::io::{self, Write};

use flate2::{Compression, GzBuilder};
use tar::{Builder, EntryType, Header};

use crate::digest::sha256_digest;

/// Read and enter for all, write for root.
const DIRECTORY_MODE: u32 = 0o755;

/// "Unknown" in a gzip header (RFC 1952, section 2.3.1), whatever the machine.
const GZIP_OPERATING_SYSTEM_UNKNOWN: u8 = 255;

/// One file or directory of a layer.
pub(crate) struct Entry<'a> {
    /// Relative to the root; a directory's ends with a slash.
    path: &'a str,
    mode: u32,
    /// None for a directory.
    content: Option<&'a [u8]>,
}

impl<'a> Entry<'a> {
    pub(crate) fn directory(path: &'a str) -> Self {
        Self { path, mode: DIRECTORY_MODE, content: None }
    }

    pub(crate) fn file(path: &'a str, mode: u32, content: &'a [u8]) -> Self {
        Self { path, mode, content: Some(content) }
    }

    pub(crate) fn with_mode(mut self, mode: u32) -> Self {
        self.mode = mode;
        self
    }
}

/// A layer, ready to be pushed.
pub(crate) struct Layer {
    pub(crate) compressed: Vec<u8>,
    /// Digest of the compressed archive.
    pub(crate) digest: String,
    /// Digest of the archive itself, for the image's configuration.
    pub(crate) diff_id: String,
}

impl Layer {
    /// Packs the entries, sorted by path, which also puts parents before children.
    pub(crate) fn pack(mut entries: Vec<Entry<'_>>) -> io::Result<Self> {
        entries.sort_by(|left, right| left.path.cmp(right.path));
        let archive = archive(&entries)?;
        let compressed = compress(&archive)?;
        Ok(Self { digest: sha256_digest(&compressed), diff_id: sha256_digest(&archive), compressed })
    }
}

fn archive(entries: &[Entry<'_>]) -> io::Result<Vec<u8>> {
    let mut archive = Builder::new(Vec::new());
    for entry in entries {
        archive.append(&header(entry)?, entry.content.unwrap_or_default())?;
    }
    archive.into_inner()
}

/// Owner root, time zero: nothing of the machine that packs.
fn header(entry: &Entry<'_>) -> io::Result<Header> {
    let mut header = Header::new_ustar();
    header.set_path(entry.path)?;
    header.set_entry_type(if entry.content.is_some() { EntryType::Regular } else { EntryType::Directory });
    header.set_size(entry.content.map_or(0, |content| content.len() as u64));
    header.set_mode(entry.mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_cksum();
    Ok(header)
}

fn compress(archive: &[u8]) -> io::Result<Vec<u8>> {
    let mut compressor = GzBuilder::new()
        .mtime(0)
        .operating_system(GZIP_OPERATING_SYSTEM_UNKNOWN)
        .write(Vec::new(), Compression::new(6));
    compressor.write_all(archive)?;
    compressor.finish()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;

    fn unpacked(layer: &Layer) -> Vec<u8> {
        let mut archive = Vec::new();
        GzDecoder::new(layer.compressed.as_slice()).read_to_end(&mut archive).unwrap();
        archive
    }

    #[test]
    fn entries_are_sorted_whatever_the_order_given() {
        let entries = || vec![Entry::directory("a/"), Entry::directory("a/b/"), Entry::file("a/b/c", 0o644, b"c")];
        let mut reversed = entries();
        reversed.reverse();
        let layer = Layer::pack(entries()).unwrap();
        assert_eq!(layer.digest, Layer::pack(reversed).unwrap().digest);
    }

    #[test]
    fn diff_id_is_the_digest_of_the_uncompressed_archive() {
        let layer = Layer::pack(vec![Entry::file("f", 0o644, b"content")]).unwrap();
        assert_eq!(layer.diff_id, sha256_digest(&unpacked(&layer)));
        assert_eq!(layer.digest, sha256_digest(&layer.compressed));
    }

    #[test]
    fn headers_carry_nothing_of_this_machine() {
        let layer = Layer::pack(vec![Entry::directory("tmp/").with_mode(0o1777)]).unwrap();
        let archive = unpacked(&layer);
        let mut archive = tar::Archive::new(archive.as_slice());
        let entry = archive.entries().unwrap().next().unwrap().unwrap();
        let header = entry.header();
        assert_eq!((header.uid().unwrap(), header.gid().unwrap(), header.mtime().unwrap()), (0, 0, 0));
        assert_eq!(header.mode().unwrap(), 0o1777);
        assert_eq!(layer.compressed[4..10], [0, 0, 0, 0, 0, 255]);
    }
}
