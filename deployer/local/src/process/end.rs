//! Ending a process: asked first, forced after a while.

use std::fmt;
use std::time::Duration;

use deployer_core::Failure;
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use tokio::time::{Instant, sleep};

use super::ProcessIdentity;

const PAUSE: Duration = Duration::from_millis(20);

/// A killed process is gone as soon as the kernel gets to it.
const AFTER_KILL: Duration = Duration::from_secs(5);

/// How the process went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    WasNotRunning,
    Asked,
    /// It did not answer in time; its whole group was killed.
    Killed,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WasNotRunning => "was not running",
            Self::Asked => "stopped",
            Self::Killed => "killed, since it did not stop",
        })
    }
}

/// Ends the process and waits until it is gone.
///
/// Fails with `local/stop-failed`, for example when it belongs to someone else.
pub(crate) async fn end(process: ProcessIdentity, patience: Duration) -> Result<Ended, Failure> {
    if !process.is_alive() {
        return Ok(Ended::WasNotRunning);
    }
    let pid = Pid::from_raw(process.pid.cast_signed());
    send(process, kill(pid, Signal::SIGTERM))?;
    if gone(process, patience).await {
        return Ok(Ended::Asked);
    }
    send(process, killpg(pid, Signal::SIGKILL))?;
    if gone(process, AFTER_KILL).await {
        return Ok(Ended::Killed);
    }
    Err(failure(process, "it does not end"))
}

/// "No such process" means that it has just ended.
fn send(process: ProcessIdentity, result: Result<(), Errno>) -> Result<(), Failure> {
    match result {
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(cause) => Err(failure(process, cause.desc())),
    }
}

fn failure(process: ProcessIdentity, cause: &str) -> Failure {
    Failure::new("local/stop-failed", format!("stop process {}", process.pid), cause)
}

async fn gone(process: ProcessIdentity, patience: Duration) -> bool {
    let deadline = Instant::now() + patience;
    while process.is_alive() {
        if Instant::now() > deadline {
            return false;
        }
        sleep(PAUSE).await;
    }
    true
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::process::Launch;

    /// Runs the script and waits until it has said that it is ready.
    async fn started(folder: &Path, script: &str) -> ProcessIdentity {
        let log = folder.join("process.log");
        let launch = Launch {
            program: "/bin/sh".into(),
            arguments: vec!["-c".into(), format!("{script}; echo ready; while :; do sleep 0.05; done").into()],
            environment: vec![("PATH".into(), "/usr/bin:/bin".into())],
            directory: folder.into(),
            log: log.clone(),
        };
        let process = launch.start().unwrap();
        while !std::fs::read_to_string(&log).unwrap().contains("ready") {
            sleep(PAUSE).await;
        }
        process
    }

    #[tokio::test]
    async fn process_is_asked_to_end() {
        let folder = tempfile::tempdir().unwrap();
        let process = started(folder.path(), "true").await;
        assert_eq!(end(process, Duration::from_secs(60)).await.unwrap(), Ended::Asked);
        assert_eq!(end(process, Duration::from_secs(60)).await.unwrap(), Ended::WasNotRunning);
    }

    #[tokio::test]
    async fn process_that_does_not_listen_is_killed() {
        let folder = tempfile::tempdir().unwrap();
        let process = started(folder.path(), "trap '' TERM").await;
        assert_eq!(end(process, Duration::from_millis(50)).await.unwrap(), Ended::Killed);
    }

    #[tokio::test]
    async fn process_that_reuses_the_number_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let process = started(folder.path(), "true").await;
        let earlier = ProcessIdentity { started: process.started - 1, ..process };
        assert_eq!(end(earlier, Duration::ZERO).await.unwrap(), Ended::WasNotRunning);
        assert!(process.is_alive());
        end(process, Duration::from_secs(60)).await.unwrap();
    }
}
