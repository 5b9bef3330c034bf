//! Files and folders that only their owner may read.

use std::fs::{self, DirBuilder, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

use deployer_core::Failure;

/// Creates the folder with mode 0700, its parents too where they are missing.
pub(crate) fn create_folder(path: &Path) -> Result<(), Failure> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .and_then(|()| fs::set_permissions(path, Permissions::from_mode(0o700)))
        .map_err(|cause| Failure::new("local/io", format!("create folder {}", path.display()), cause))
}

/// Replaces the file's content in one step, mode 0600.
pub(crate) fn replace(path: &Path, content: &[u8]) -> Result<(), Failure> {
    write_beside(path, content).map_err(|cause| Failure::new("local/io", format!("write {}", path.display()), cause))
}

fn write_beside(path: &Path, content: &[u8]) -> io::Result<()> {
    // Temporary files are created with mode 0600.
    let mut file = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_else_may_read_what_we_write() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("a/b");
        create_folder(&below).unwrap();
        replace(&below.join("file"), b"one").unwrap();
        replace(&below.join("file"), b"two").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&below), mode(&below.join("file"))), (0o700, 0o600));
        assert_eq!(fs::read(below.join("file")).unwrap(), b"two");
        assert_eq!(fs::read_dir(&below).unwrap().count(), 1);
    }
}
