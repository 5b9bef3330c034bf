//! The built binary with a home folder of its own.

use std::{path::PathBuf, process::Stdio};

use contract::Connection;
use serde_json::Value;
use tempfile::TempDir;
use tokio::{io::AsyncWriteExt, process::Command};

use crate::{agent::TestAgent, issuer::TestIssuer};

/// What must not come from the machine that runs the tests.
const INHERITED: [&str; 9] = [
    "AWS_OPERATIONS_AGENT_TOKEN",
    "AWS_OPERATIONS_AGENT_TOKEN_STORE",
    "AWS_PROFILE",
    "AWS_ACCESS_KEY_ID",
    "AWS_CONFIG_FILE",
    "CLICOLOR_FORCE",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "SSH_CONNECTION",
];

/// A user's folders.
pub struct Home {
    folder: TempDir,
}

/// What a run left.
#[derive(Debug)]
pub struct Ran {
    pub status: i32,
    pub output: String,
    pub remarks: String,
}

impl Ran {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.output).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

pub fn connection(agent: &TestAgent, issuer: &TestIssuer) -> Connection {
    Connection {
        version: Connection::VERSION,
        environment: "local".into(),
        region: "eu-west-1".into(),
        function_url: agent.url.clone(),
        gateway_url: String::new(),
        issuer: issuer.url.clone(),
        client_id: "chat".into(),
        scopes: vec!["openid".into(), "offline_access".into()],
        redirect_port: 0,
        local: true,
    }
}

impl Home {
    pub fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// With a connection file for environment `local`.
    pub fn with(connection: &Connection) -> Self {
        let home = Self::empty();
        let path = home.folder.path().join("config").join(Connection::DIRECTORY).join("local.json");
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, serde_json::to_vec(connection).unwrap()).unwrap();
        home
    }

    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn state(&self) -> PathBuf {
        self.folder.path().join("state/aws-operations-agent")
    }

    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = self.in_home(env!("CARGO_BIN_EXE_chat"));
        command.args(words);
        command
    }

    /// On a terminal of its own, which `script` of util-linux makes.
    pub fn terminal(&self, words: &[&str]) -> Command {
        let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
        let line = format!("exec '{}' {}", env!("CARGO_BIN_EXE_chat"), quoted.join(" "));
        let mut command = self.in_home("script");
        command.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
        command.env("TERM", "xterm").env_remove("NO_COLOR").stdin(Stdio::piped());
        command
    }

    fn in_home(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env("HOME", self.folder.path())
            .env("XDG_CONFIG_HOME", self.folder.path().join("config"))
            .env("XDG_STATE_HOME", self.folder.path().join("state"))
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("BROWSER", "true")
            // A keyring of the machine must not be touched: no message bus is there.
            .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
            .env("XDG_RUNTIME_DIR", self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        for variable in INHERITED {
            command.env_remove(variable);
        }
        command
    }

    pub async fn run(&self, words: &[&str]) -> Ran {
        finish(self.command(words).output().await.unwrap())
    }

    /// With these lines on standard input.
    pub async fn run_with_lines(&self, words: &[&str], lines: &str) -> Ran {
        let mut child = self.command(words).stdin(Stdio::piped()).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(lines.as_bytes()).await.unwrap();
        drop(input);
        finish(child.wait_with_output().await.unwrap())
    }
}

pub fn finish(output: std::process::Output) -> Ran {
    Ran {
        status: output.status.code().unwrap_or(-1),
        output: String::from_utf8(output.stdout).unwrap(),
        remarks: String::from_utf8(output.stderr).unwrap(),
    }
}
