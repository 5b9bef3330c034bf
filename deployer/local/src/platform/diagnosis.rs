//! What happened to a process that should run.

use deployer_core::Failure;

use crate::folders::Folders;
use crate::logs::{LocalProcess, tail};
use crate::process::ProcessIdentity;
use crate::record::Record;

const SHOWN_LINES: usize = 20;

/// The failure of the first recorded process that no longer lives.
pub(super) fn diagnose(folders: &Folders) -> Option<Failure> {
    let record = match Record::read(&folders.record()) {
        Ok(record) => record?,
        Err(failure) => return Some(failure),
    };
    let recorded = [
        (LocalProcess::Emulator, record.emulator.map(|emulator| emulator.process)),
        (LocalProcess::Sandbox, record.sandbox.map(|sandbox| sandbox.process)),
    ];
    recorded.into_iter().find_map(|(process, identity)| {
        identity.filter(|identity| !identity.is_alive()).map(|identity| died(folders, process, identity))
    })
}

/// The process has ended by itself.
pub(super) fn died(folders: &Folders, process: LocalProcess, identity: ProcessIdentity) -> Failure {
    let cause = with_log(folders, process, format!("the {process} (process {}) has died", identity.pid));
    Failure::new("local/process-died", "speak to the local platform", cause).with_hint(format!(
        "run `deployer sandbox start`, then the command again; the whole log is in {}",
        folders.log(process).display()
    ))
}

/// The cause, and the end of the process's log below it.
pub(super) fn with_log(folders: &Folders, process: LocalProcess, cause: String) -> String {
    let lines = tail(&folders.log(process), SHOWN_LINES).unwrap_or_default();
    if lines.is_empty() { cause } else { format!("{cause}; its log ends with\n{}", lines.join("\n")) }
}
