//! Image layers into a folder: safe paths only, whiteouts of the image
//! specification applied, nothing but files, folders and links.

use std::{
    fs,
    io::{self, Read},
    path::{Component, Path, PathBuf},
};

use flate2::read::GzDecoder;
use tar::{Archive, Entry, EntryType};

const WHITEOUT: &str = ".wh.";
const OPAQUE: &str = ".wh..wh..opq";

/// A layer's bytes as the registry holds them.
pub struct Layer {
    pub media_type: String,
    pub blob: Vec<u8>,
}

/// Unpacks one layer over what is below `root` already.
pub fn unpack_layer(layer: &Layer, root: &Path) -> io::Result<()> {
    let reader: Box<dyn Read + '_> = match layer.media_type.ends_with("gzip") {
        true => Box::new(GzDecoder::new(layer.blob.as_slice())),
        false => Box::new(layer.blob.as_slice()),
    };
    let mut archive = Archive::new(reader);
    archive.set_preserve_permissions(true);
    archive.entries()?.try_for_each(|entry| unpack_entry(entry?, root))
}

fn unpack_entry<R: Read>(mut entry: Entry<'_, R>, root: &Path) -> io::Result<()> {
    let path = entry.path()?.into_owned();
    ensure_inside(&path)?;
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if name == OPAQUE {
        return clear(&parent(root, &path)?);
    }
    if let Some(hidden) = name.strip_prefix(WHITEOUT) {
        return remove(&parent(root, &path)?.join(hidden));
    }
    match entry.header().entry_type() {
        EntryType::Regular | EntryType::Directory | EntryType::Symlink | EntryType::Link => {
            // The last guard: it refuses paths that leave `root` through a link.
            match entry.unpack_in(root)? {
                true => Ok(()),
                false => Err(refused(&path, "leaves the image")),
            }
        }
        EntryType::XGlobalHeader => Ok(()),
        _ => Err(refused(&path, "is neither a file, a folder nor a link")),
    }
}

fn ensure_inside(path: &Path) -> io::Result<()> {
    match path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
        true => Ok(()),
        false => Err(refused(path, "leaves the image")),
    }
}

/// The real folder of a whiteout; one that a link has moved out is refused.
fn parent(root: &Path, path: &Path) -> io::Result<PathBuf> {
    let folder = fs::canonicalize(root.join(path.parent().unwrap_or(Path::new(""))))?;
    match folder.starts_with(fs::canonicalize(root)?) {
        true => Ok(folder),
        false => Err(refused(path, "leaves the image")),
    }
}

fn clear(folder: &Path) -> io::Result<()> {
    fs::read_dir(folder)?.try_for_each(|entry| remove(&entry?.path()))
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(_) => Ok(()),
    }
}

fn refused(path: &Path, reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("layer entry `{}` {reason}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(entries: &[(&str, EntryType, &str)]) -> Layer {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, kind, content) in entries {
            let mut header = tar::Header::new_ustar();
            header.set_entry_type(*kind);
            header.set_mode(0o755);
            // Written directly: the builder itself refuses `..`.
            header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
            let is_link = matches!(kind, EntryType::Symlink | EntryType::Link);
            if is_link {
                header.set_link_name(content).unwrap();
            }
            let data = if is_link { "" } else { content };
            header.set_size(data.len() as u64);
            header.set_cksum();
            builder.append(&header, data.as_bytes()).unwrap();
        }
        Layer { media_type: "application/vnd.oci.image.layer.v1.tar".into(), blob: builder.into_inner().unwrap() }
    }

    #[test]
    fn a_later_layer_removes_what_its_whiteouts_name() {
        let root = tempfile::tempdir().unwrap();
        let files =
            [("a/", EntryType::Directory, ""), ("a/x", EntryType::Regular, "1"), ("b", EntryType::Regular, "2")];
        unpack_layer(&layer(&files), root.path()).unwrap();
        let whiteouts = [("a/.wh..wh..opq", EntryType::Regular, ""), (".wh.b", EntryType::Regular, "")];
        unpack_layer(&layer(&whiteouts), root.path()).unwrap();
        assert!(root.path().join("a").is_dir() && !root.path().join("a/x").exists() && !root.path().join("b").exists());
    }

    #[test]
    fn a_path_that_leaves_the_image_is_refused() {
        let root = tempfile::tempdir().unwrap();
        assert!(unpack_layer(&layer(&[("../x", EntryType::Regular, "1")]), root.path()).is_err());
        let outside = tempfile::tempdir().unwrap();
        let target = outside.path().to_str().unwrap().to_owned();
        let through = layer(&[("link", EntryType::Symlink, &target), ("link/x", EntryType::Regular, "1")]);
        assert!(unpack_layer(&through, root.path()).is_err());
        let whiteout = layer(&[("link/.wh.y", EntryType::Regular, "")]);
        fs::write(outside.path().join("y"), "kept").unwrap();
        assert!(unpack_layer(&whiteout, root.path()).is_err());
        assert!(outside.path().join("y").exists());
    }

    #[test]
    fn modes_are_kept() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().unwrap();
        unpack_layer(&layer(&[("bootstrap", EntryType::Regular, "#!")]), root.path()).unwrap();
        let mode = fs::metadata(root.path().join("bootstrap")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o755);
    }
}
