//! Files of the state folder: written whole or not at all, and readable by
//! their owner only, since some of them hold secrets.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A state file that could not be read, understood or written.
#[derive(Debug, thiserror::Error)]
#[error("{doing}: {cause}")]
pub struct StateError {
    doing: String,
    cause: String,
}

impl StateError {
    pub fn new(verb: &str, path: &Path, cause: impl std::fmt::Display) -> Self {
        Self { doing: format!("{verb} {}", path.display()), cause: cause.to_string() }
    }
}

/// The file's text; None when there is no file.
pub fn read(path: &Path) -> Result<Option<String>, StateError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StateError::new("read", path, error)),
    }
}

/// The file's JSON value; None when there is no file.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, StateError> {
    let Some(text) = read(path)? else { return Ok(None) };
    serde_json::from_str(&text).map(Some).map_err(|error| StateError::new("understand", path, error))
}

/// Replaces the file's content in one rename; mode 0600 in a folder of mode 0700.
pub fn write(path: &Path, content: &[u8]) -> Result<(), StateError> {
    replace(path, content).map_err(|error| StateError::new("write", path, error))
}

pub fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), StateError> {
    let text = serde_json::to_vec_pretty(value).map_err(|error| StateError::new("write", path, error))?;
    write(path, &text)
}

fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let temporary = path.with_extension("new");
    // A leftover of a killed write would keep its old mode.
    if let Err(error) = fs::remove_file(&temporary)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(error);
    }
    let mut file: File = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&temporary, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_written_file_is_its_owners_alone_and_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/state.json");
        write_json(&path, &vec![1, 2]).unwrap();
        write_json(&path, &vec![3]).unwrap();
        assert_eq!(read_json::<Vec<i32>>(&path).unwrap(), Some(vec![3]));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn an_absent_file_is_no_error_and_a_broken_one_names_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        assert_eq!(read_json::<Vec<i32>>(&path).unwrap(), None);
        write(&path, b"{").unwrap();
        assert!(read_json::<Vec<i32>>(&path).unwrap_err().to_string().contains("state.json"));
    }
}
