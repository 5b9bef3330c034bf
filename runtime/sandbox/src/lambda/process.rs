//! A function's process: started from an unpacked image with nothing but its
//! own environment, its output appended to the function's log, ended with all
//! its children.

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io,
    path::Path,
    process::{ExitStatus, Stdio},
};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use tokio::process::Child;

use super::isolation::Isolation;

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
        Ok(Self { child, group })
    }

    /// Waits for the end.
    pub async fn ended(&mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait().await;
        self.group = None;
        status
    }

    /// Ends the process and waits for it.
    pub async fn kill(&mut self) {
        self.kill_group();
        self.child.kill().await.ok();
    }

    /// True when the process has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    fn kill_group(&mut self) {
        if let Some(group) = self.group.take() {
            // It may be gone already, which is what is wanted.
            killpg(group, Signal::SIGKILL).ok();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !self.has_ended() {
            self.kill_group();
        }
    }
}

/// The function writes here itself, a line at a time: appending writes of two
/// instances do not mix.
fn open_log(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    OpenOptions::new().create(true).append(true).open(path)
}
