//! A private place on this machine: own state and config folders, so that
//! tests neither see nor touch what the user deployed.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::{AwsClient, program, project_root};

/// Where one local platform lives. Dropping it stops the platform.
pub struct Place {
    folder: TempDir,
    project: PathBuf,
    /// Environment files of its own in place of the project's.
    environments: Option<PathBuf>,
}

/// What a program wrote and how it ended.
#[derive(Debug)]
pub struct Finished {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Finished {
    /// Itself, when it ended with 0.
    #[track_caller]
    pub fn succeeded(self) -> Self {
        assert_eq!(self.code, Some(0), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Itself, when it ended with this code and said this on stderr.
    #[track_caller]
    pub fn failed_with(self, code: i32, text: &str) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        assert!(self.stderr.contains(text), "`{text}` is not in stderr:\n{}", self.stderr);
        self
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}

impl From<Output> for Finished {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Place {
    /// A place that deploys this checkout.
    pub fn new() -> Self {
        Self::of_project(project_root())
    }

    /// A place that reads its environments from another folder.
    pub fn of_project(project: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        Self { folder, project: project.to_path_buf(), environments: None }
    }

    /// A place that deploys this checkout with a `local` environment of its own:
    /// the shipped one, with `changes` (TOML) over it.
    pub fn with_local(changes: &str) -> Self {
        let mut place = Self::new();
        let folder = place.path().join("environments");
        std::fs::create_dir(&folder).expect("the place can be written");
        let shipped = project_root().join("environments");
        // The shipped local environment goes by another name, for the place's own to extend.
        for (file, copy) in [("base.toml", "base.toml"), ("local.toml", "shipped.toml")] {
            std::fs::copy(shipped.join(file), folder.join(copy)).expect("the place can be written");
        }
        place.environments = Some(folder);
        place.change_local(changes);
        place
    }

    /// Writes the `local` environment of such a place anew.
    pub fn change_local(&self, changes: &str) {
        self.add_environment("local", changes);
    }

    /// Writes an environment of such a place, over the shipped local one.
    pub fn add_environment(&self, name: &str, changes: &str) {
        let folder = self.environments.as_ref().expect("the place has environment files of its own");
        let text = format!("extends = \"shipped\"\n{changes}");
        std::fs::write(folder.join(format!("{name}.toml")), text).expect("the place can be written");
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Folder of the local platform's state.
    pub fn state(&self) -> PathBuf {
        self.path().join("state/aws-operations-agent/local")
    }

    /// `deployer` with these arguments, ready to run, without a terminal.
    pub fn deployer(&self, arguments: &[&str]) -> Command {
        let mut command = self.deployer_of(&self.project, &[]);
        if let Some(folder) = &self.environments {
            command.arg("--environments").arg(folder);
        }
        command.args(arguments);
        command
    }

    /// `deployer` for another checkout, on this place's platform.
    pub fn deployer_of(&self, project: &Path, arguments: &[&str]) -> Command {
        let mut command = self.command("deployer");
        command.arg("--project").arg(project).args(arguments);
        command
    }

    pub fn chat(&self, arguments: &[&str]) -> Command {
        let mut command = self.command("chat");
        command.args(arguments);
        command
    }

    /// Runs to its end.
    pub fn run(&self, command: &mut Command) -> Finished {
        command.output().unwrap_or_else(|error| panic!("run {command:?}: {error}")).into()
    }

    /// `deployer` with these arguments, to its end.
    pub fn deploy(&self, arguments: &[&str]) -> Finished {
        self.run(&mut self.deployer(arguments))
    }

    pub fn ask(&self, arguments: &[&str]) -> Finished {
        self.run(&mut self.chat(arguments))
    }

    pub fn status(&self) -> Value {
        self.deploy(&["status", "--env", "local", "--json"]).succeeded().json()
    }

    /// Starts the local platform where it does not run. Returns `http://127.0.0.1:<port>`.
    pub fn start_platform(&self) -> String {
        self.deploy(&["sandbox", "start"]).succeeded().stdout.trim().to_string()
    }

    /// An ordinary AWS client, set up by what `status` prints.
    pub fn aws(&self) -> AwsClient {
        AwsClient::new(&self.status())
    }

    /// For a place in a static, which is never dropped: the platform is stopped by a
    /// watcher, a shell that waits until this process is gone.
    #[expect(clippy::zombie_processes, reason = "the watcher outlives this process on purpose")]
    pub fn stop_at_exit(&self) {
        let stop = self.deployer(&["sandbox", "stop"]);
        let mut watcher = Command::new("sh");
        watcher.args(["-c", "while kill -0 \"$0\" 2>/dev/null; do sleep 1; done; \"$@\"; rm -rf \"$PLACE\""]);
        watcher.arg(std::process::id().to_string()).arg(stop.get_program()).args(stop.get_args());
        watcher.envs(stop.get_envs().filter_map(|(name, value)| Some((name, value?)))).env("PLACE", self.path());
        let quiet = Stdio::null;
        watcher.stdin(quiet()).stdout(quiet()).stderr(quiet()).spawn().expect("a shell can be started");
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(program(name));
        for (variable, _) in std::env::vars_os() {
            if variable.to_string_lossy().starts_with("AWS_") {
                command.env_remove(variable);
            }
        }
        command
            .env("XDG_STATE_HOME", self.path().join("state"))
            .env("XDG_CONFIG_HOME", self.path().join("config"))
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .stdin(Stdio::null());
        command
    }
}

impl Default for Place {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let stopped = self.deployer(&["sandbox", "stop"]).output();
        if !stopped.is_ok_and(|output| output.status.success()) {
            eprintln!("the local platform in {} could not be stopped", self.path().display());
        }
    }
}
