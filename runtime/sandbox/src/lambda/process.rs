//! A function's process: started from an unpacked image with nothing but its
//! own environment, its output appended to the function's log, ended with all
//! its children.
//!
//! A sandbox that is killed cannot end them. Bubblewrap does it then; a plain
//! process notices that its Runtime API has closed the connection on which it
//! waits for the next event, or to which it answers, and Lambda's runtimes end
//! at that. A function that does neither runs on: the kernel's way, a death
//! signal, is set between fork and exec, where only unsafe code runs.

use std::{
    collections::BTreeMap,
    fs::{self, DirBuilder, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill, killpg},
    unistd::Pid,
};
use tokio::{process::Child, time::timeout};

use super::isolation::Isolation;

/// A log as long as this is put aside when the next instance starts.
const LOG_LIMIT: u64 = 10 * 1024 * 1024;

/// What to start and where.
pub struct Program<'a> {
    pub root: &'a Path,
    /// Program and arguments, paths as inside the image.
    pub command: &'a [String],
    pub directory: &'a str,
    pub environment: BTreeMap<String, String>,
    pub log: &'a Path,
}

/// A running process; killed when dropped.
pub struct Process {
    child: Child,
    group: Option<Pid>,
    isolation: Isolation,
}

impl Process {
    /// The process leads a group of its own, so that its children end with it.
    pub fn start(program: Program<'_>, isolation: &Isolation) -> io::Result<Self> {
        let Some((executable, arguments)) = program.command.split_first() else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the image names no entry point"));
        };
        let log = open_log(program.log)?;
        let mut command = isolation.command(program.root, executable, program.directory);
        command.args(arguments).env_clear().envs(program.environment).process_group(0).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let child = command.spawn()?;
        let group = child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
        Ok(Self { child, group, isolation: isolation.clone() })
    }

    /// Waits for the end.
    pub async fn ended(&mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait().await;
        self.kill_group();
        status
    }

    /// Ends the process and waits for it.
    pub async fn kill(&mut self) {
        self.kill_group();
        self.child.kill().await.ok();
    }

    /// Asks the function to end and waits so long for it; then ends it.
    pub async fn terminate(&mut self, patience: Duration) {
        if let Some(leader) = self.group {
            for process in self.isolation.functions_below(leader) {
                // It may have ended just now.
                kill(process, Signal::SIGTERM).ok();
            }
        }
        if timeout(patience, self.child.wait()).await.is_err() {
            tracing::info!("a function did not end when it was asked to");
        }
        self.kill().await;
    }

    /// True when the process has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        let ended = !matches!(self.child.try_wait(), Ok(None));
        if ended {
            self.kill_group();
        }
        ended
    }

    /// Once only, and at once when the process was waited for: its number is the
    /// group's, and nobody else's while one of the group lives.
    fn kill_group(&mut self) {
        if let Some(group) = self.group.take() {
            // It may be gone already, which is what is wanted.
            killpg(group, Signal::SIGKILL).ok();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill_group();
    }
}

/// The function writes here itself, a line at a time: appending writes of two
/// instances do not mix. For its owner only: functions log what people ask.
fn open_log(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    if fs::metadata(path).is_ok_and(|metadata| metadata.len() > LOG_LIMIT) {
        // Another instance that starts now may have done it.
        fs::rename(path, path.with_extension("log.previous")).ok();
    }
    OpenOptions::new().create(true).append(true).mode(0o600).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_log_is_its_owners_alone_and_does_not_grow_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("logs/f.log");
        open_log(&path).unwrap().set_len(LOG_LIMIT + 1).unwrap();
        let log = open_log(&path).unwrap();
        assert_eq!(log.metadata().unwrap().len(), 0);
        assert_eq!(log.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert!(folder.path().join("logs/f.log.previous").exists());
    }
}
