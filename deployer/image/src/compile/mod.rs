//! Compiling the functions with the machine's own cargo.
//!
//! A wrapper around one `cargo build`: it adds what a static binary needs,
//! says what is being compiled, and turns failures into hints.

mod diagnostics;
mod memory;
mod messages;
mod target;
mod toolchain;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use deployer_core::{Failure, Reporter};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader, Lines};
use tokio::process::{Child, Command};

pub use memory::compile_if_changed;

use diagnostics::Diagnostics;
use toolchain::Machine;

/// What to compile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompileRequest {
    /// Folder of the workspace's Cargo.toml.
    pub workspace: PathBuf,
    /// Packages whose executable has the package's name.
    pub packages: Vec<String>,
    /// Rust target triple; None for this machine.
    pub target: Option<String>,
    /// `local`, `dist` or `dev`.
    pub profile: String,
}

impl CompileRequest {
    /// The line of progress that the compilation reports under.
    pub fn key(&self) -> String {
        format!("compile-{}", self.packages.join("-"))
    }

    fn label(&self) -> String {
        format!("compile {}", self.packages.join(", "))
    }
}

/// Compiles the packages and says where each executable is, by package.
///
/// Dropping the future ends cargo. Fails with `build/cargo-missing`,
/// `build/target-missing`, `build/compiler-missing` or `build/failed`.
pub async fn compile(request: &CompileRequest, reporter: &dyn Reporter) -> Result<BTreeMap<String, PathBuf>, Failure> {
    let key = request.key();
    reporter.started(&key, request.label());
    let result = run(request, reporter, &key).await;
    match &result {
        Ok((_, crates)) => reporter.finished(&key, summary(*crates)),
        Err(failure) => reporter.failed(&key, failure.cause.lines().next().unwrap_or_default()),
    }
    result.map(|(executables, _)| executables)
}

fn summary(crates: usize) -> String {
    match crates {
        0 => "unchanged".to_string(),
        1 => "1 crate compiled".to_string(),
        more => format!("{more} crates compiled"),
    }
}

async fn run(
    request: &CompileRequest,
    reporter: &dyn Reporter,
    key: &str,
) -> Result<(BTreeMap<String, PathBuf>, usize), Failure> {
    target::ensure(request, reporter, key).await?;
    let mut child = spawn(request)?;
    let mut diagnostics = Diagnostics::new(reporter, key);
    let (executables, status) = follow(&mut child, &mut diagnostics)
        .await
        .map_err(|cause| Failure::new("build/failed", request.label(), cause))?;
    if !status.success() {
        return Err(diagnostics.failure(request));
    }
    check_complete(request, &executables)?;
    Ok((executables, diagnostics.crates()))
}

fn spawn(request: &CompileRequest) -> Result<Child, Failure> {
    let mut command = command(request)?;
    command.spawn().map_err(|cause| {
        if cause.kind() == std::io::ErrorKind::NotFound {
            Failure::new("build/cargo-missing", request.label(), "`cargo` was not found")
                .with_hint("install Rust from https://rustup.rs, then open a new shell")
        } else {
            Failure::new("build/failed", request.label(), cause)
        }
    })
}

fn command(request: &CompileRequest) -> Result<Command, Failure> {
    // Under `cargo run` this names the cargo of the same toolchain.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(arguments(request)).current_dir(&request.workspace);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    for name in inherited_from_cargo(std::env::vars_os().filter_map(|(name, _)| name.into_string().ok())) {
        command.env_remove(name);
    }
    command.envs([("CARGO_TERM_COLOR", "never"), ("CARGO_TERM_QUIET", "false"), ("CARGO_TERM_PROGRESS_WHEN", "never")]);
    command.envs(toolchain::environment(request, &Machine::this())?);
    Ok(command)
}

fn arguments(request: &CompileRequest) -> Vec<String> {
    let mut arguments = vec!["build".to_string(), "--message-format=json-render-diagnostics".to_string()];
    arguments.extend(["--profile".to_string(), request.profile.clone()]);
    for package in &request.packages {
        arguments.extend(["--package".to_string(), package.clone()]);
    }
    if let Some(target) = &request.target {
        arguments.extend(["--target".to_string(), target.clone()]);
    }
    if has_lock_file(&request.workspace) {
        arguments.push("--locked".to_string());
    }
    arguments
}

fn has_lock_file(workspace: &Path) -> bool {
    workspace.join("Cargo.lock").is_file()
}

/// Variables that `cargo run` and `cargo test` set for their program. Build
/// scripts may watch them, so an inner cargo that saw them would rebuild
/// crates, and the next outer one again.
fn inherited_from_cargo(names: impl Iterator<Item = String>) -> Vec<String> {
    const EXACT: [&str; 4] = ["CARGO_BIN_NAME", "CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE", "OUT_DIR"];
    const PREFIXES: [&str; 3] = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_EXE_"];
    names
        .filter(|name| EXACT.contains(&name.as_str()) || PREFIXES.iter().any(|prefix| name.starts_with(prefix)))
        .collect()
}

/// Reads both streams to their end: the executables from stdout, what to
/// report from stderr.
async fn follow(
    child: &mut Child,
    diagnostics: &mut Diagnostics<'_>,
) -> std::io::Result<(BTreeMap<String, PathBuf>, ExitStatus)> {
    let (mut stdout, mut stderr) = (lines(child.stdout.take()), lines(child.stderr.take()));
    let messages = async {
        let mut executables = BTreeMap::new();
        while let Some(line) = next_line(&mut stdout).await? {
            executables.extend(messages::executable(&line));
        }
        std::io::Result::Ok(executables)
    };
    let news = async {
        while let Some(line) = next_line(&mut stderr).await? {
            diagnostics.read(&line);
        }
        std::io::Result::Ok(())
    };
    let (executables, ()) = tokio::try_join!(messages, news)?;
    Ok((executables, child.wait().await?))
}

fn lines<Stream: AsyncRead + Unpin>(stream: Option<Stream>) -> Option<Lines<BufReader<Stream>>> {
    stream.map(|stream| BufReader::new(stream).lines())
}

async fn next_line<Stream: AsyncRead + Unpin>(
    lines: &mut Option<Lines<BufReader<Stream>>>,
) -> std::io::Result<Option<String>> {
    match lines {
        Some(lines) => lines.next_line().await,
        None => Ok(None),
    }
}

fn check_complete(request: &CompileRequest, executables: &BTreeMap<String, PathBuf>) -> Result<(), Failure> {
    match request.packages.iter().find(|package| !executables.contains_key(*package)) {
        None => Ok(()),
        Some(package) => Err(Failure::new(
            "build/failed",
            request.label(),
            format!("package `{package}` has no executable of that name"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(workspace: &Path) -> CompileRequest {
        CompileRequest {
            workspace: workspace.to_path_buf(),
            packages: vec!["agent".into(), "tools".into()],
            target: Some("x86_64-unknown-linux-musl".into()),
            profile: "local".into(),
        }
    }

    #[test]
    fn lock_file_is_honoured_where_there_is_one() {
        let folder = tempfile::tempdir().unwrap();
        let expected = "build --message-format=json-render-diagnostics --profile local --package agent \
                        --package tools --target x86_64-unknown-linux-musl";
        assert_eq!(arguments(&request(folder.path())).join(" "), expected);
        std::fs::write(folder.path().join("Cargo.lock"), "").unwrap();
        assert_eq!(arguments(&request(folder.path())).join(" "), format!("{expected} --locked"));
    }

    #[test]
    fn variables_of_the_outer_cargo_are_not_passed_on() {
        let names = ["CARGO_PKG_NAME", "CARGO_MANIFEST_DIR", "CARGO_TARGET_DIR", "CARGO_HOME", "CARGO", "PATH"];
        let removed = inherited_from_cargo(names.into_iter().map(String::from));
        assert_eq!(removed, ["CARGO_PKG_NAME", "CARGO_MANIFEST_DIR"]);
    }

    #[test]
    fn package_without_executable_is_named() {
        let executables = BTreeMap::from([("agent".to_string(), PathBuf::from("/t/agent"))]);
        let failure = check_complete(&request(Path::new("/w")), &executables).unwrap_err();
        assert!(failure.cause.contains("`tools`"), "{failure}");
    }
}
