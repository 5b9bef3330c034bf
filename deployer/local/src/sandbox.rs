//! The sandbox: how it is started, and whether its executable has changed.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::time::UNIX_EPOCH;

use deployer_core::Failure;
use sha2::{Digest, Sha256};

use crate::folders::Folders;
use crate::logs::LocalProcess;
use crate::process::Launch;
use crate::record::BinaryRecord;

/// `sandbox serve --port P --backend http://127.0.0.1:M --state-dir .. --cache-dir ..`
pub(crate) fn launch(folders: &Folders, binary: &Path, port: u16, emulator_port: u16) -> Launch {
    Launch {
        program: binary.to_path_buf(),
        arguments: vec![
            "serve".into(),
            "--port".into(),
            port.to_string().into(),
            "--backend".into(),
            format!("http://127.0.0.1:{emulator_port}").into(),
            "--state-dir".into(),
            folders.sandbox_state().into(),
            "--cache-dir".into(),
            folders.sandbox_cache().into(),
        ],
        environment: std::env::vars_os().filter(|(name, _)| !is_of_aws(name)).collect(),
        directory: folders.state().clone(),
        log: folders.log(LocalProcess::Sandbox),
    }
}

/// A user's profile or credentials must have no part in the local platform.
fn is_of_aws(name: &OsString) -> bool {
    name.to_string_lossy().starts_with("AWS_")
}

impl BinaryRecord {
    /// Fails with `local/sandbox-missing`.
    pub(crate) fn of(path: &Path) -> Result<Self, Failure> {
        Self::read(path).map_err(|cause| missing(path, cause))
    }

    fn read(path: &Path) -> io::Result<Self> {
        let (size, modified) = size_and_time(path)?;
        Ok(Self { path: path.to_path_buf(), size, modified, sha256: hash(path)? })
    }

    /// True when the executable at `path` is the recorded one. Content is read
    /// only when size or time have changed.
    pub(crate) fn is_same(&self, path: &Path) -> Result<bool, Failure> {
        let compare = || {
            let (size, modified) = size_and_time(path)?;
            let untouched = self.path == path && (size, modified) == (self.size, self.modified);
            Ok(untouched || (size == self.size && hash(path)? == self.sha256))
        };
        compare().map_err(|cause| missing(path, cause))
    }
}

fn missing(path: &Path, cause: io::Error) -> Failure {
    Failure::new("local/sandbox-missing", format!("read the sandbox's executable {}", path.display()), cause)
}

fn size_and_time(path: &Path) -> io::Result<(u64, u64)> {
    let metadata = fs::metadata(path)?;
    let since = metadata.modified()?.duration_since(UNIX_EPOCH).map_err(io::Error::other)?;
    Ok((metadata.len(), u64::try_from(since.as_nanos()).map_err(io::Error::other)?))
}

fn hash(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 18];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(hex::encode(hash.finalize()));
        }
        hash.update(&buffer[..read]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copied_executable_is_the_same_and_a_changed_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let (path, copy) = (folder.path().join("sandbox"), folder.path().join("copy"));
        fs::write(&path, "one").unwrap();
        let record = BinaryRecord::of(&path).unwrap();
        fs::copy(&path, &copy).unwrap();
        assert!(record.is_same(&path).unwrap());
        assert!(record.is_same(&copy).unwrap());
        fs::write(&copy, "two").unwrap();
        assert!(!record.is_same(&copy).unwrap());
        let failure = record.is_same(&folder.path().join("nothing")).unwrap_err();
        assert_eq!(failure.code, "local/sandbox-missing");
    }

    #[test]
    fn credentials_of_the_user_are_not_passed_on() {
        assert!(is_of_aws(&"AWS_PROFILE".into()) && !is_of_aws(&"PATH".into()));
    }
}
