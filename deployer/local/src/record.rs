//! `platform.json`: what is needed to find the local platform again.
//!
//! The ports stay when the processes are stopped, since addresses made of them
//! are in what is deployed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use deployer_core::Failure;
use serde::{Deserialize, Serialize};

use crate::private_file;
use crate::process::ProcessIdentity;

const VERSION: u32 = 1;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    version: u32,
    /// `http://127.0.0.1:<port>`; for people who read the file.
    pub(crate) base_url: String,
    /// The sandbox's: the one address of the platform.
    pub(crate) port: u16,
    pub(crate) emulator_port: u16,
    /// None when stopped.
    pub(crate) emulator: Option<EmulatorRecord>,
    pub(crate) sandbox: Option<SandboxRecord>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EmulatorRecord {
    #[serde(flatten)]
    pub(crate) process: ProcessIdentity,
    /// Which installation it runs from; see `emulator::installation_id`.
    pub(crate) installation: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SandboxRecord {
    #[serde(flatten)]
    pub(crate) process: ProcessIdentity,
    pub(crate) binary: BinaryRecord,
}

/// An executable as it was when it was started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BinaryRecord {
    pub(crate) path: PathBuf,
    pub(crate) size: u64,
    /// Nanoseconds since 1970.
    pub(crate) modified: u64,
    pub(crate) sha256: String,
}

impl Record {
    pub(crate) fn new(port: u16, emulator_port: u16) -> Self {
        Self {
            version: VERSION,
            base_url: format!("http://127.0.0.1:{port}"),
            port,
            emulator_port,
            emulator: None,
            sandbox: None,
        }
    }

    /// The recorded emulator, if it still runs.
    pub(crate) fn live_emulator(&self) -> Option<&EmulatorRecord> {
        self.emulator.as_ref().filter(|emulator| emulator.process.is_alive())
    }

    /// The recorded sandbox, if it still runs.
    pub(crate) fn live_sandbox(&self) -> Option<&SandboxRecord> {
        self.sandbox.as_ref().filter(|sandbox| sandbox.process.is_alive())
    }

    /// None when there is none. Fails with `local/record-damaged`.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>, Failure> {
        let damaged = |cause: String| {
            Failure::new("local/record-damaged", format!("read {}", path.display()), cause)
                .with_hint("end the local platform's processes by hand, then delete the file")
        };
        let text = match fs::read(path) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(|cause| Failure::new("local/io", format!("read {}", path.display()), cause))?,
        };
        let record: Self = serde_json::from_slice(&text).map_err(|cause| damaged(cause.to_string()))?;
        if record.version == VERSION {
            return Ok(Some(record));
        }
        Err(damaged(format!("version {}, expected {VERSION}", record.version)))
    }

    pub(crate) fn write(&self, path: &Path) -> Result<(), Failure> {
        let text = serde_json::to_vec_pretty(self)
            .map_err(|cause| Failure::new("local/io", format!("write {}", path.display()), cause))?;
        private_file::replace(path, &text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        let process = ProcessIdentity { pid: 4_000_000_000, started: 1 };
        let binary = BinaryRecord { path: "/t/sandbox".into(), size: 1, modified: 2, sha256: "ab".into() };
        Record {
            emulator: Some(EmulatorRecord { process, installation: "id".into() }),
            sandbox: Some(SandboxRecord { process, binary }),
            ..Record::new(4566, 4567)
        }
    }

    #[test]
    fn record_is_read_as_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("platform.json");
        assert_eq!(Record::read(&path).unwrap(), None);
        record().write(&path).unwrap();
        assert_eq!(Record::read(&path).unwrap(), Some(record()));
    }

    #[test]
    fn ended_process_is_not_live() {
        assert_eq!(record().live_emulator(), None);
        assert_eq!(record().live_sandbox(), None);
    }

    #[test]
    fn damaged_record_is_refused_with_a_hint() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("platform.json");
        for content in
            ["not json", r#"{"version":1}"#, &serde_json::to_string(&record()).unwrap().replace(":1,", ":9,")]
        {
            fs::write(&path, content).unwrap();
            let failure = Record::read(&path).unwrap_err();
            assert_eq!(failure.code, "local/record-damaged", "{content}");
            assert!(failure.hint.is_some());
        }
    }
}
