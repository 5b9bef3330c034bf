//! The commands on the platform.

use deployer_core::{Failure, Reporter};

use super::start::Start;
use super::{LOCK_PATIENCE, PlatformStatus, StartOptions, diagnosis, status, stop};
use crate::file_lock::FileLock;
use crate::folders::Folders;
use crate::health::Health;
use crate::logs::{FunctionLog, LocalProcess, read_on, tail};
use crate::private_file::create_folder;
use crate::record::Record;
use crate::running::Running;
use crate::supported;

/// The local platform of one pair of folders.
#[derive(Debug, Clone)]
pub struct LocalPlatform {
    folders: Folders,
}

impl LocalPlatform {
    pub fn new(folders: Folders) -> Self {
        Self { folders }
    }

    pub fn folders(&self) -> &Folders {
        &self.folders
    }

    /// Starts what does not run; returns at once when everything does.
    ///
    /// A changed sandbox is restarted, the emulator keeps running meanwhile.
    /// Fails with `local/unsupported-platform`, `local/port-taken`,
    /// `local/port-differs`, `local/locked`, `local/start-failed`, or as the
    /// installation of the emulator does (`local/python-missing`, ...).
    pub async fn start(&self, options: &StartOptions, reporter: &dyn Reporter) -> Result<Running, Failure> {
        supported::check()?;
        let health = Health::new()?;
        let start = Start { folders: &self.folders, options, health: &health, reporter };
        if let Some(running) = start.already_running().await? {
            return Ok(running);
        }
        self.folders.create()?;
        let _lock = self.lock(reporter).await?;
        // Another deployer may have started it while we waited.
        match start.already_running().await? {
            Some(running) => Ok(running),
            None => start.run().await,
        }
    }

    /// The running platform.
    ///
    /// Fails with `local/not-running`, or says which process has died.
    pub async fn find(&self) -> Result<Running, Failure> {
        supported::check()?;
        match Record::read(&self.folders.record())? {
            Some(record) if status::is_ready(&record, &Health::new()?).await => {
                Ok(Running::new(record.port, &self.folders))
            }
            _ => Err(self.diagnose().unwrap_or_else(not_running)),
        }
    }

    pub async fn status(&self) -> Result<PlatformStatus, Failure> {
        status::status(&self.folders).await
    }

    /// Stops both processes, the sandbox first; their state stays. Does
    /// nothing when they are stopped.
    ///
    /// Fails with `local/locked` or `local/stop-failed`.
    pub async fn stop(&self, reporter: &dyn Reporter) -> Result<(), Failure> {
        if !self.folders.record().exists() {
            return Ok(());
        }
        create_folder(self.folders.state())?;
        let _lock = self.lock(reporter).await?;
        match Record::read(&self.folders.record())? {
            Some(record) => stop::stop(record, &self.folders, reporter).await,
            None => Ok(()),
        }
    }

    /// The last lines that the process has written.
    pub fn logs(&self, process: LocalProcess, lines: usize) -> Result<Vec<String>, Failure> {
        let path = self.folders.log(process);
        tail(&path, lines).map_err(|cause| Failure::new("local/io", format!("read {}", path.display()), cause))
    }

    /// The last lines that a deployed function has written.
    pub fn function_logs(&self, function: &str, lines: usize) -> Result<Vec<String>, Failure> {
        let path = self.folders.function_log(function);
        tail(&path, lines).map_err(|cause| Failure::new("local/io", format!("read {}", path.display()), cause))
    }

    /// What a deployed function has written since `position`, or the end of it without one.
    pub fn function_log(&self, function: &str, position: Option<u64>) -> Result<FunctionLog, Failure> {
        let path = self.folders.function_log(function);
        read_on(&path, position).map_err(|cause| Failure::new("local/io", format!("read {}", path.display()), cause))
    }

    /// After a connection error: which process has died, with the end of its
    /// log. None when both live, or were stopped on purpose.
    pub fn diagnose(&self) -> Option<Failure> {
        diagnosis::diagnose(&self.folders)
    }

    async fn lock(&self, reporter: &dyn Reporter) -> Result<FileLock, Failure> {
        FileLock::acquire(&self.folders.lock(), LOCK_PATIENCE, reporter, "platform").await
    }
}

fn not_running() -> Failure {
    Failure::new("local/not-running", "find the local platform", "it does not run")
        .with_hint("start it with `deployer sandbox start`, or deploy to it with `deployer up --env local`")
}
