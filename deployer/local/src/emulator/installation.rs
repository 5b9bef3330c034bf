//! An installation of the emulator: a folder of the cache, named by what is in
//! it, complete from the moment it exists.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::REQUIREMENTS;

/// Written last.
const MARKER: &str = "installation.json";

/// Names an installation: changes with every pinned version or hash.
pub(crate) fn installation_id() -> String {
    hex::encode(&Sha256::digest(REQUIREMENTS)[..8])
}

pub(super) fn folder(cache: &Path) -> PathBuf {
    cache.join(format!("emulator-{}", installation_id()))
}

/// How to run what was installed. Paths are relative to the folder, which is
/// renamed once after the installation; an interpreter of the system is absolute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Installation {
    interpreter: PathBuf,
    /// Set when the packages are not the interpreter's own.
    packages: Option<PathBuf>,
}

impl Installation {
    pub(super) fn environment(interpreter: impl Into<PathBuf>) -> Self {
        Self { interpreter: interpreter.into(), packages: None }
    }

    pub(super) fn packages(interpreter: impl Into<PathBuf>, packages: impl Into<PathBuf>) -> Self {
        Self { interpreter: interpreter.into(), packages: Some(packages.into()) }
    }

    /// The installation in the folder, with absolute paths; None when there is
    /// none or its interpreter is gone (a system upgrade takes it away).
    pub(super) fn read(folder: &Path) -> Option<Self> {
        let stored: Self = serde_json::from_slice(&fs::read(folder.join(MARKER)).ok()?).ok()?;
        let installation = Self {
            interpreter: folder.join(stored.interpreter),
            packages: stored.packages.map(|packages| folder.join(packages)),
        };
        let is_whole = installation.interpreter.exists() && installation.packages.iter().all(|path| path.exists());
        is_whole.then_some(installation)
    }

    pub(super) fn write(&self, folder: &Path) -> io::Result<()> {
        fs::write(folder.join(MARKER), serde_json::to_vec(self)?)
    }

    pub(super) fn interpreter(&self) -> &Path {
        &self.interpreter
    }

    /// Variables that the interpreter needs to find the packages.
    pub(super) fn variables(&self) -> Vec<(OsString, OsString)> {
        let mut variables = vec![("PYTHONNOUSERSITE".into(), "1".into())];
        variables.extend(self.packages.iter().map(|packages| ("PYTHONPATH".into(), packages.clone().into())));
        variables
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn installation_is_found_where_the_folder_was_moved_to() {
        let cache = tempfile::tempdir().unwrap();
        let (before, after) = (cache.path().join("before"), cache.path().join("after"));
        fs::create_dir_all(before.join("environment/bin")).unwrap();
        fs::write(before.join("environment/bin/python"), "").unwrap();
        Installation::environment("environment/bin/python").write(&before).unwrap();
        fs::rename(&before, &after).unwrap();
        let found = Installation::read(&after).unwrap();
        assert_eq!(found.interpreter(), after.join("environment/bin/python"));
        assert_eq!(Installation::read(&before), None);
    }

    #[test]
    fn installation_without_its_interpreter_does_not_count() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("packages")).unwrap();
        Installation::packages("/no/such/python3", "packages").write(folder.path()).unwrap();
        assert_eq!(Installation::read(folder.path()), None);
        Installation::packages("/bin/sh", "packages").write(folder.path()).unwrap();
        let found = Installation::read(folder.path()).unwrap();
        assert_eq!(found.interpreter(), Path::new("/bin/sh"));
        let packages = folder.path().join("packages").into_os_string();
        assert!(found.variables().contains(&("PYTHONPATH".into(), packages)));
    }
}
