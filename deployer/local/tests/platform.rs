//! The platform's life with the real emulator and a stand-in for the sandbox.
//!
//! The emulator is installed once, from PyPI, into a cache that the tests share.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use deployer_core::Failure;
use deployer_core::progress::Silent;
use deployer_local::{Folders, LocalPlatform, LocalProcess, ProcessStatus, Running, StartOptions};
use tempfile::TempDir;

/// A platform of its own, gone when dropped.
struct Fixture {
    folder: TempDir,
    platform: LocalPlatform,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("deployer-local-cache");
        let platform = LocalPlatform::new(Folders::new(folder.path().join("state"), cache));
        Self { folder, platform }
    }

    fn sandbox(&self) -> PathBuf {
        self.folder.path().join("sandbox")
    }

    /// Puts the stand-in into its place, with a line added. Another process
    /// writes it, since a file that we had open could not be executed.
    fn install_sandbox(&self, line: &str) {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stand_in_sandbox.py");
        let script = r#"sed "2i $0" "$1" > "$2.new" && chmod 755 "$2.new" && mv "$2.new" "$2""#;
        let mut command = Command::new("sh");
        command.args(["-c", script, line]).arg(source).arg(self.sandbox());
        assert!(command.status().unwrap().success());
    }

    fn options(&self, port: u16) -> StartOptions {
        StartOptions { port, sandbox_binary: self.sandbox() }
    }

    async fn start(&self) -> Result<Running, Failure> {
        self.platform.start(&self.options(0), &Silent).await
    }

    async fn stop(&self) {
        self.platform.stop(&Silent).await.unwrap();
    }

    /// Process and port of the emulator, then of the sandbox.
    async fn ready(&self) -> ((u32, u16), (u32, u16)) {
        let status = self.platform.status().await.unwrap();
        assert!(status.running, "{status:?}");
        let ready = |status| match status {
            ProcessStatus::Ready { pid, port } => (pid, port),
            other => panic!("not ready: {other:?}"),
        };
        (ready(status.emulator), ready(status.sandbox))
    }

    fn record(&self) -> PathBuf {
        self.platform.folders().state().join("platform.json")
    }
}

impl Drop for Fixture {
    /// A test that failed half way leaves nothing running.
    fn drop(&mut self) {
        let Ok(text) = std::fs::read(self.record()) else { return };
        let record: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
        for process in ["emulator", "sandbox"] {
            if let Some(pid) = record[process]["pid"].as_u64() {
                kill(u32::try_from(pid).unwrap_or_default());
            }
        }
    }
}

fn kill(pid: u32) {
    let _ = Command::new("kill").args(["-KILL", &pid.to_string()]).output();
}

/// Runs a piece of Python with an ordinary AWS client, the emulator's own botocore.
fn aws(fixture: &Fixture, port: u16, code: &str) -> String {
    let installation = std::fs::read_dir(fixture.platform.folders().cache())
        .unwrap()
        .map(|entry| entry.unwrap().path().join("environment/bin/python"))
        .find(|path| path.exists())
        .expect("the emulator has an environment");
    let script = format!(
        "import botocore.session\n\
         s3 = botocore.session.Session().create_client('s3', 'us-east-1', endpoint_url='http://127.0.0.1:{port}',\n\
         aws_access_key_id='test', aws_secret_access_key='test')\n{code}"
    );
    let output = Command::new(installation).args(["-c", &script]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn platform_runs_until_it_is_stopped_and_keeps_its_state() {
    let fixture = Fixture::new();
    fixture.install_sandbox("# the first version");
    let running = fixture.start().await.unwrap();
    let first = fixture.ready().await;
    assert_eq!(fixture.platform.find().await.unwrap(), running);
    assert_eq!(fixture.start().await.unwrap(), running, "a second start finds it");
    assert_eq!(fixture.ready().await, first, "and starts nothing");
    let mode = std::fs::metadata(fixture.record()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let log = fixture.platform.logs(LocalProcess::Sandbox, 5).unwrap();
    assert_eq!(log, [format!("serving for http://127.0.0.1:{}", first.0.1)]);

    let ((_, emulator_port), _) = first;
    aws(&fixture, emulator_port, "s3.create_bucket(Bucket='kept')");
    fixture.stop().await;
    let status = fixture.platform.status().await.unwrap();
    assert_eq!((status.emulator, status.sandbox), (ProcessStatus::Stopped, ProcessStatus::Stopped));
    assert_eq!(status.base_url.as_ref(), Some(&running.base_url));
    assert_eq!(fixture.platform.find().await.unwrap_err().code, "local/not-running");
    assert_eq!(fixture.platform.diagnose(), None, "it was stopped on purpose");

    assert_eq!(fixture.start().await.unwrap(), running, "the address stays");
    let ((_, emulator_port), _) = fixture.ready().await;
    let buckets = aws(&fixture, emulator_port, "print([b['Name'] for b in s3.list_buckets()['Buckets']])");
    assert_eq!(buckets.trim(), "['kept']");
    fixture.stop().await;
    fixture.stop().await;
}

#[tokio::test]
async fn changed_sandbox_is_restarted_and_the_emulator_is_not() {
    let fixture = Fixture::new();
    fixture.install_sandbox("# the first version");
    fixture.start().await.unwrap();
    let (emulator, sandbox) = fixture.ready().await;
    fixture.install_sandbox("# another version");
    fixture.start().await.unwrap();
    let (emulator_after, sandbox_after) = fixture.ready().await;
    assert_eq!(emulator, emulator_after);
    assert_ne!(sandbox.0, sandbox_after.0);
    assert_eq!(sandbox.1, sandbox_after.1);
    fixture.stop().await;
}

#[tokio::test]
async fn dead_emulator_is_named_and_started_again() {
    let fixture = Fixture::new();
    fixture.install_sandbox("# the first version");
    let running = fixture.start().await.unwrap();
    let ((emulator, _), _) = fixture.ready().await;
    assert_eq!(fixture.platform.diagnose(), None);
    kill(emulator);
    let failure = loop {
        match fixture.platform.diagnose() {
            Some(failure) => break failure,
            None => tokio::task::yield_now().await,
        }
    };
    assert_eq!(failure.code, "local/process-died");
    assert!(failure.cause.contains(&format!("emulator (process {emulator})")), "{failure}");
    assert_eq!(fixture.platform.find().await.unwrap_err().code, "local/process-died");
    assert_eq!(fixture.start().await.unwrap(), running);
    fixture.ready().await;
    fixture.stop().await;
}

#[tokio::test]
async fn two_starts_at_once_start_one_platform() {
    let fixture = Fixture::new();
    fixture.install_sandbox("# the first version");
    let (one, other) = tokio::join!(fixture.start(), fixture.start());
    assert_eq!(one.unwrap(), other.unwrap());
    let ((emulator, _), _) = fixture.ready().await;
    let group = Command::new("pgrep").args(["-g", &emulator.to_string()]).output().unwrap();
    assert_eq!(String::from_utf8(group.stdout).unwrap().trim(), emulator.to_string());
    fixture.stop().await;
}

#[tokio::test]
async fn taken_port_stops_the_start_before_anything_runs() {
    let fixture = Fixture::new();
    fixture.install_sandbox("# the first version");
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = holder.local_addr().unwrap().port();
    let failure = fixture.platform.start(&fixture.options(port), &Silent).await.unwrap_err();
    assert_eq!(failure.code, "local/port-taken");
    assert!(failure.doing.contains(&port.to_string()), "{failure}");
    assert_eq!(fixture.platform.status().await.unwrap().emulator, ProcessStatus::Stopped);
}

#[tokio::test]
async fn running_platform_does_not_move_to_another_port() {
    let fixture = Fixture::new();
    fixture.install_sandbox("# the first version");
    fixture.start().await.unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let failure = fixture.platform.start(&fixture.options(free), &Silent).await.unwrap_err();
    assert_eq!(failure.code, "local/port-differs");
    fixture.stop().await;
    let moved = fixture.platform.start(&fixture.options(free), &Silent).await.unwrap();
    assert_eq!(moved.base_url, format!("http://127.0.0.1:{free}"));
    fixture.stop().await;
}

#[tokio::test]
async fn sandbox_that_ends_at_once_shows_its_log() {
    let fixture = Fixture::new();
    fixture.install_sandbox("raise SystemExit(\"no use without a key\")");
    let failure = fixture.start().await.unwrap_err();
    assert_eq!(failure.code, "local/start-failed");
    assert!(failure.cause.contains("no use without a key"), "{failure}");
    fixture.install_sandbox("# the first version");
    fixture.start().await.unwrap();
    fixture.ready().await;
    fixture.stop().await;
}
