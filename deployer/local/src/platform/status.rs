//! How the two processes are.

use std::path::PathBuf;

use deployer_core::Failure;
use serde::Serialize;

use crate::folders::Folders;
use crate::health::Health;
use crate::logs::LocalProcess;
use crate::process::ProcessIdentity;
use crate::record::Record;

/// What `deployer sandbox status` shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlatformStatus {
    /// Both processes are ready.
    pub running: bool,
    /// Known from the first start on, also while stopped.
    pub base_url: Option<String>,
    pub emulator: ProcessStatus,
    pub sandbox: ProcessStatus,
    pub state_folder: PathBuf,
    pub cache_folder: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum ProcessStatus {
    Stopped,
    Ready {
        pid: u32,
        port: u16,
    },
    /// Lives but does not answer, or not yet.
    Unresponsive {
        pid: u32,
        port: u16,
    },
    /// Ended without being told to.
    Died {
        pid: u32,
    },
}

impl ProcessStatus {
    pub fn is_ready(&self) -> bool {
        matches!(self, Self::Ready { .. })
    }
}

pub(super) async fn status(folders: &Folders) -> Result<PlatformStatus, Failure> {
    let record = Record::read(&folders.record())?;
    let (emulator, sandbox) = match &record {
        Some(record) => both(record, &Health::new()?).await,
        None => (ProcessStatus::Stopped, ProcessStatus::Stopped),
    };
    Ok(PlatformStatus {
        running: emulator.is_ready() && sandbox.is_ready(),
        base_url: record.map(|record| record.base_url),
        emulator,
        sandbox,
        state_folder: folders.state().clone(),
        cache_folder: folders.cache().clone(),
    })
}

/// True when both processes are the recorded ones and answer.
pub(super) async fn is_ready(record: &Record, health: &Health) -> bool {
    let (emulator, sandbox) = both(record, health).await;
    emulator.is_ready() && sandbox.is_ready()
}

async fn both(record: &Record, health: &Health) -> (ProcessStatus, ProcessStatus) {
    let emulator = record.emulator.as_ref().map(|emulator| emulator.process);
    let sandbox = record.sandbox.as_ref().map(|sandbox| sandbox.process);
    tokio::join!(
        process_status(health, LocalProcess::Emulator, emulator, record.emulator_port),
        process_status(health, LocalProcess::Sandbox, sandbox, record.port),
    )
}

async fn process_status(
    health: &Health,
    process: LocalProcess,
    recorded: Option<ProcessIdentity>,
    port: u16,
) -> ProcessStatus {
    let Some(identity) = recorded else { return ProcessStatus::Stopped };
    let pid = identity.pid;
    if !identity.is_alive() {
        ProcessStatus::Died { pid }
    } else if health.is_ready(process, port).await {
        ProcessStatus::Ready { pid, port }
    } else {
        ProcessStatus::Unresponsive { pid, port }
    }
}
