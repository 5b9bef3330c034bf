//! Files that their owner alone can read: tokens and exported conversations.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

/// Writes the whole file in one step, so that nobody ever reads half of it. Missing folders are made, private too.
///
/// # Errors
/// When the folder or the file cannot be written.
pub(crate) fn write(path: &Path, text: &[u8]) -> io::Result<()> {
    let folder = folder_of(path);
    create_folder(folder)?;
    let draft = folder.join(format!(".{}.draft", uuid::Uuid::new_v4()));
    let written = private(fs::OpenOptions::new().write(true).create_new(true))
        .open(&draft)
        .and_then(|mut file| file.write_all(text).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&draft, path));
    if written.is_err() {
        let _ = fs::remove_file(&draft);
    }
    written
}

/// Opens the file and waits until it is locked by nobody else; dropping it gives way.
///
/// # Errors
/// When it cannot be made or locked.
pub(crate) fn lock(path: &Path) -> io::Result<fs::File> {
    create_folder(folder_of(path))?;
    let file = private(fs::OpenOptions::new().create(true).append(true)).open(path)?;
    file.lock()?;
    Ok(file)
}

/// A bare name is in the working folder.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn create_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn private(options: &mut fs::OpenOptions) -> &mut fs::OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn file_and_folder_are_readable_by_their_owner_alone() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("folder/file");
        write(&path, b"one").unwrap();
        write(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no draft is left behind");
    }
}
