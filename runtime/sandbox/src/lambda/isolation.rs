//! How function processes are kept apart from the machine: bubblewrap where it
//! is installed and allowed to work, a plain process elsewhere.

use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use nix::unistd::Pid;
use tokio::{process::Command, time::timeout};

/// How long bubblewrap may take to start `true`.
const PROBE_LIMIT: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Isolation {
    /// Where `bwrap` is: a function's own PATH says nothing about it.
    Bubblewrap(PathBuf),
    Process,
}

impl Isolation {
    /// Tries the `bwrap` of a search path (`PATH`): it may be installed where
    /// user namespaces are forbidden.
    pub async fn probe(search_path: &OsStr) -> Self {
        let candidates = std::env::split_paths(search_path).map(|folder| folder.join("bwrap"));
        let Some(program) = candidates.into_iter().find(|path| path.is_absolute() && path.is_file()) else {
            return Self::Process;
        };
        let mut command = Command::new(&program);
        command.args(bubblewrap_arguments(Path::new("/"))).args(["--", "true"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        match timeout(PROBE_LIMIT, command.status()).await {
            Ok(Ok(status)) if status.success() => Self::Bubblewrap(program),
            _ => Self::Process,
        }
    }

    /// As the health report names it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Bubblewrap(_) => "bubblewrap",
            Self::Process => "process",
        }
    }

    /// A path of the image as the function's process sees it.
    pub fn inside(&self, root: &Path, path: &str) -> OsString {
        match self {
            Self::Bubblewrap(_) => path.into(),
            Self::Process => root.join(path.trim_start_matches('/')).into(),
        }
    }

    /// The command that starts `program` of the image below `root`, without
    /// environment: variables are inherited, so that no secret is an argument.
    pub fn command(&self, root: &Path, program: &str, directory: &str) -> Command {
        let program = self.inside(root, program);
        match self {
            Self::Bubblewrap(bubblewrap) => {
                let mut command = Command::new(bubblewrap);
                command.args(bubblewrap_arguments(root)).args(["--chdir", directory, "--"]).arg(program);
                command
            }
            Self::Process => {
                let mut command = Command::new(program);
                command.current_dir(self.inside(root, directory));
                command
            }
        }
    }
}

/// Bubblewrap's own processes stand between the one that was started and the
/// function: they are no runtime, and end everything when they are asked to end.
const BUBBLEWRAP_LEVELS: usize = 2;

impl Isolation {
    /// The processes that a signal for the function is meant for.
    pub fn functions_below(&self, leader: Pid) -> Vec<Pid> {
        let levels = match self {
            Self::Bubblewrap(_) => BUBBLEWRAP_LEVELS,
            Self::Process => 0,
        };
        (0..levels).fold(vec![leader], |parents, _| parents.into_iter().flat_map(children).collect())
    }
}

/// Those of the first thread: Bubblewrap has one, and it forks there.
fn children(parent: Pid) -> Vec<Pid> {
    let listed = std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).unwrap_or_default();
    listed.split_whitespace().filter_map(|id| id.parse().ok()).map(Pid::from_raw).collect()
}

fn bubblewrap_arguments(root: &Path) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = vec!["--ro-bind".into(), root.into(), "/".into()];
    let rest = ["--tmpfs", "/tmp", "--proc", "/proc", "--dev", "/dev", "--unshare-pid", "--die-with-parent"];
    arguments.extend(rest.map(OsString::from));
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_process_gets_its_paths_below_the_image() {
        let root = Path::new("/cache/image");
        let bubblewrap = Isolation::Bubblewrap("/usr/bin/bwrap".into());
        assert_eq!(Isolation::Process.inside(root, "/var/task/bootstrap"), "/cache/image/var/task/bootstrap");
        assert_eq!(bubblewrap.inside(root, "/var/task/bootstrap"), "/var/task/bootstrap");
    }

    #[tokio::test]
    async fn a_signal_is_meant_for_the_function_and_not_for_bubblewrap() {
        if !test_requirements::have_program("bwrap", module_path!()) {
            return;
        }
        let isolation = Isolation::probe(&std::env::var_os("PATH").unwrap_or_default()).await;
        let mut command = isolation.command(Path::new("/"), "sleep", "/");
        let mut child = command.arg("60").kill_on_drop(true).process_group(0).spawn().unwrap();
        let leader = Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap());
        let name = |process: &Pid| std::fs::read_to_string(format!("/proc/{process}/comm")).unwrap_or_default();
        let started = async {
            while isolation.functions_below(leader).iter().map(name).ne(["sleep\n"]) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(PROBE_LIMIT, started).await.expect("the program is found below bubblewrap");
        child.kill().await.unwrap();
    }

    #[tokio::test]
    async fn a_search_path_without_bubblewrap_means_plain_processes() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Isolation::probe(folder.path().as_os_str()).await, Isolation::Process);
    }

    #[tokio::test]
    async fn a_bubblewrap_that_does_not_work_means_plain_processes() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("bwrap");
        std::fs::write(&program, "#!/bin/sh\nexit 1\n").unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(Isolation::probe(folder.path().as_os_str()).await, Isolation::Process);
    }
}
