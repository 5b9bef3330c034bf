//! Stopping the platform: the sandbox first, since it speaks to the emulator.

use std::time::Duration;

use deployer_core::{Failure, Reporter};

use crate::folders::Folders;
use crate::logs::LocalProcess;
use crate::process::{ProcessIdentity, end};
use crate::record::Record;

/// The emulator writes its state when it is asked to end; killing it before
/// that loses everything since its start.
const PATIENCE: Duration = Duration::from_secs(15);

pub(super) async fn stop(mut record: Record, folders: &Folders, reporter: &dyn Reporter) -> Result<(), Failure> {
    stop_sandbox(&mut record, folders, reporter).await?;
    stop_emulator(&mut record, folders, reporter).await
}

pub(super) async fn stop_sandbox(
    record: &mut Record,
    folders: &Folders,
    reporter: &dyn Reporter,
) -> Result<(), Failure> {
    let Some(sandbox) = &record.sandbox else { return Ok(()) };
    end_reported(LocalProcess::Sandbox, sandbox.process, reporter).await?;
    record.sandbox = None;
    record.write(&folders.record())
}

pub(super) async fn stop_emulator(
    record: &mut Record,
    folders: &Folders,
    reporter: &dyn Reporter,
) -> Result<(), Failure> {
    let Some(emulator) = &record.emulator else { return Ok(()) };
    end_reported(LocalProcess::Emulator, emulator.process, reporter).await?;
    record.emulator = None;
    record.write(&folders.record())
}

async fn end_reported(
    process: LocalProcess,
    identity: ProcessIdentity,
    reporter: &dyn Reporter,
) -> Result<(), Failure> {
    let key = format!("stop-{process}");
    reporter.started(&key, format!("stop the {process}"));
    match end(identity, PATIENCE).await {
        Ok(ended) => {
            reporter.finished(&key, ended.to_string());
            Ok(())
        }
        Err(failure) => {
            reporter.failed(&key, failure.cause.clone());
            Err(failure)
        }
    }
}
