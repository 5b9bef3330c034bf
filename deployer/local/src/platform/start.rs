//! Starting what does not run, or runs something else than it should.

use std::time::Duration;

use deployer_core::{Failure, Reporter};
use tokio::time::{Instant, sleep};

use super::diagnosis::with_log;
use super::{StartOptions, status, stop};
use crate::emulator::{self, installation_id};
use crate::folders::Folders;
use crate::health::Health;
use crate::logs::LocalProcess;
use crate::ports;
use crate::process::ProcessIdentity;
use crate::record::{BinaryRecord, EmulatorRecord, Record, SandboxRecord};
use crate::running::Running;
use crate::sandbox;

/// The emulator reads its state first; on a busy machine that takes a while.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(20);

pub(super) struct Start<'a> {
    pub(super) folders: &'a Folders,
    pub(super) options: &'a StartOptions,
    pub(super) health: &'a Health,
    pub(super) reporter: &'a dyn Reporter,
}

impl Start<'_> {
    /// The platform, when both processes run as they should. Changes nothing.
    pub(super) async fn already_running(&self) -> Result<Option<Running>, Failure> {
        let Some(record) = Record::read(&self.folders.record())? else { return Ok(None) };
        self.check_same_port(&record)?;
        let is_current = self.is_emulator_current(&record) && self.is_sandbox_current(&record)?;
        if is_current && status::is_ready(&record, self.health).await {
            return Ok(Some(Running::new(record.port, self.folders)));
        }
        Ok(None)
    }

    /// Called with the lock held. What is left half started by a command that
    /// was killed is taken over or stopped.
    pub(super) async fn run(&self) -> Result<Running, Failure> {
        let mut record = self.record()?;
        self.stop_outdated(&mut record).await?;
        self.ensure_emulator(&mut record).await?;
        self.ensure_sandbox(&mut record).await?;
        Ok(Running::new(record.port, self.folders))
    }

    fn check_same_port(&self, record: &Record) -> Result<(), Failure> {
        let wanted = self.options.port;
        let lives = record.live_emulator().is_some() || record.live_sandbox().is_some();
        if wanted == 0 || wanted == record.port || !lives {
            return Ok(());
        }
        Err(Failure::new(
            "local/port-differs",
            format!("start the local platform on port {wanted}"),
            format!("it runs on port {}", record.port),
        )
        .with_hint("run `deployer sandbox stop` first; what is deployed there needs `up` again afterwards"))
    }

    fn is_emulator_current(&self, record: &Record) -> bool {
        record.live_emulator().is_some_and(|emulator| emulator.installation == installation_id())
    }

    fn is_sandbox_current(&self, record: &Record) -> Result<bool, Failure> {
        match record.live_sandbox() {
            Some(sandbox) => sandbox.binary.is_same(&self.options.sandbox_binary),
            None => Ok(false),
        }
    }

    /// The record of the last time with the wanted port, or a new one.
    fn record(&self) -> Result<Record, Failure> {
        let wanted = self.options.port;
        match Record::read(&self.folders.record())? {
            Some(record) if wanted == 0 || wanted == record.port => Ok(record),
            Some(record) => Ok(Record::new(wanted, record.emulator_port)),
            None if wanted == 0 => Ok(Record::new(ports::free()?, ports::free()?)),
            None => Ok(Record::new(wanted, ports::free()?)),
        }
    }

    async fn stop_outdated(&self, record: &mut Record) -> Result<(), Failure> {
        let keeps_emulator = self.is_emulator_current(record)
            && self
                .wait(LocalProcess::Emulator, record.live_emulator().map(|emulator| emulator.process), record)
                .await
                .is_ok();
        let keeps_sandbox = keeps_emulator
            && self.is_sandbox_current(record)?
            && self.health.is_ready(LocalProcess::Sandbox, record.port).await;
        if !keeps_sandbox {
            stop::stop_sandbox(record, self.folders, self.reporter).await?;
        }
        if !keeps_emulator {
            stop::stop_emulator(record, self.folders, self.reporter).await?;
        }
        Ok(())
    }

    async fn ensure_emulator(&self, record: &mut Record) -> Result<(), Failure> {
        if record.emulator.is_some() {
            return Ok(());
        }
        ports::check_free(record.port)?;
        let installation = emulator::ensure_installed(self.folders.cache(), self.reporter).await?;
        // Nobody but the sandbox, which is started after it, knows this port.
        if !ports::is_free(record.emulator_port) {
            record.emulator_port = ports::free()?;
        }
        let launch = emulator::launch(&installation, self.folders, record.emulator_port)?;
        let label = format!("start the emulator, MiniStack {}", emulator::VERSION);
        self.reported(LocalProcess::Emulator, label, async {
            let process = launch.start()?;
            record.emulator = Some(EmulatorRecord { process, installation: installation_id() });
            record.write(&self.folders.record())?;
            self.wait(LocalProcess::Emulator, Some(process), record).await
        })
        .await
    }

    async fn ensure_sandbox(&self, record: &mut Record) -> Result<(), Failure> {
        if record.sandbox.is_some() {
            return Ok(());
        }
        ports::check_free(record.port)?;
        let binary = BinaryRecord::of(&self.options.sandbox_binary)?;
        let launch = sandbox::launch(self.folders, &binary.path, record.port, record.emulator_port);
        self.reported(LocalProcess::Sandbox, "start the sandbox".to_string(), async {
            let process = launch.start()?;
            record.sandbox = Some(SandboxRecord { process, binary });
            record.write(&self.folders.record())?;
            self.wait(LocalProcess::Sandbox, Some(process), record).await
        })
        .await
    }

    async fn reported(
        &self,
        process: LocalProcess,
        label: String,
        work: impl Future<Output = Result<u16, Failure>>,
    ) -> Result<(), Failure> {
        let key = format!("start-{process}");
        self.reporter.started(&key, label);
        match work.await {
            Ok(port) => {
                self.reporter.finished(&key, format!("listens on 127.0.0.1:{port}"));
                Ok(())
            }
            Err(failure) => {
                self.reporter.failed(&key, failure.cause.lines().next().unwrap_or_default());
                Err(failure)
            }
        }
    }

    /// Waits until the process is ready and says on which port.
    ///
    /// That it lives is checked after it has answered: were the port another
    /// server's, that one would answer while ours ends.
    async fn wait(
        &self,
        process: LocalProcess,
        identity: Option<ProcessIdentity>,
        record: &Record,
    ) -> Result<u16, Failure> {
        let port = match process {
            LocalProcess::Emulator => record.emulator_port,
            LocalProcess::Sandbox => record.port,
        };
        let deadline = Instant::now() + PATIENCE;
        loop {
            let is_ready = self.health.is_ready(process, port).await;
            if !identity.is_some_and(|identity| identity.is_alive()) {
                return Err(self.not_started(process, port, "it has ended"));
            }
            if is_ready {
                return Ok(port);
            }
            if Instant::now() > deadline {
                return Err(self.not_started(process, port, "it does not answer"));
            }
            sleep(PAUSE).await;
        }
    }

    fn not_started(&self, process: LocalProcess, port: u16, cause: &str) -> Failure {
        let cause = with_log(self.folders, process, cause.to_string());
        Failure::new("local/start-failed", format!("start the {process} on port {port}"), cause)
            .with_hint(format!("the whole log is in {}", self.folders.log(process).display()))
    }
}
