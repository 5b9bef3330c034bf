//! Starting a process that keeps running when we are gone: a process group of
//! its own, nothing of our terminal, its output in a file.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use deployer_core::Failure;

use super::ProcessIdentity;

/// What to start and how.
pub(crate) struct Launch {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<OsString>,
    /// The whole environment.
    pub(crate) environment: Vec<(OsString, OsString)>,
    pub(crate) directory: PathBuf,
    /// Written anew; the one of the start before is kept beside it.
    pub(crate) log: PathBuf,
}

impl Launch {
    /// Starts the process. Fails with `local/start-failed`.
    pub(crate) fn start(&self) -> Result<ProcessIdentity, Failure> {
        self.spawn()
            .map_err(|cause| Failure::new("local/start-failed", format!("start {}", self.program.display()), cause))
    }

    fn spawn(&self) -> io::Result<ProcessIdentity> {
        let log = new_log(&self.log)?;
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(&self.directory)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0)
            .spawn()?;
        let identity = ProcessIdentity::of(child.id())
            .ok_or_else(|| io::Error::other(format!("process {} is not in /proc", child.id())))?;
        // While we live we are its parent, and a parent has to wait for its
        // children or they stay as zombies. The thread ends with us.
        std::thread::spawn(move || child.wait());
        Ok(identity)
    }
}

fn new_log(path: &Path) -> io::Result<File> {
    match fs::rename(path, path.with_extension("log.previous")) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause),
        _ => {}
    }
    File::create(path)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::process::end;

    fn shell(folder: &Path, script: &str) -> Launch {
        Launch {
            program: "/bin/sh".into(),
            arguments: vec!["-c".into(), script.into()],
            environment: vec![("GREETING".into(), "good day".into())],
            directory: folder.into(),
            log: folder.join("process.log"),
        }
    }

    fn wait(identity: ProcessIdentity) {
        while identity.is_alive() {
            std::thread::yield_now();
        }
    }

    #[test]
    fn output_goes_to_the_log_and_the_last_one_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        wait(shell(folder.path(), "echo $GREETING; echo bad >&2; echo \"[$HOME]\"").start().unwrap());
        let log = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(log("process.log"), "good day\nbad\n[]\n");
        wait(shell(folder.path(), "echo again").start().unwrap());
        assert_eq!(
            (log("process.log").as_str(), log("process.log.previous").as_str()),
            ("again\n", "good day\nbad\n[]\n")
        );
    }

    #[tokio::test]
    async fn process_leads_a_group_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let identity = shell(folder.path(), "exec sleep 600").start().unwrap();
        let pid = nix::unistd::Pid::from_raw(i32::try_from(identity.pid).unwrap());
        assert_eq!(nix::unistd::getpgid(Some(pid)).unwrap(), pid);
        end(identity, Duration::from_secs(60)).await.unwrap();
        assert!(!identity.is_alive());
    }

    #[test]
    fn missing_program_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let launch = Launch { program: "/no/such/program".into(), ..shell(folder.path(), "") };
        let failure = launch.start().unwrap_err();
        assert_eq!(failure.code, "local/start-failed");
        assert!(failure.doing.contains("/no/such/program"));
    }
}
