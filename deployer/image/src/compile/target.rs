//! Rust's standard library for the target, which rustup installs when it is
//! missing: rust-toolchain.toml names it, but only a rustup that may install
//! toolchains by itself acts on that.

use std::path::PathBuf;
use std::process::Stdio;

use deployer_core::{Failure, Reporter};
use tokio::process::Command;

use super::CompileRequest;

/// Fails with `build/target-missing` when rustup cannot install it. Without
/// rustup it is cargo's to say what is missing.
pub(super) async fn ensure(request: &CompileRequest, reporter: &dyn Reporter, key: &str) -> Result<(), Failure> {
    let Some(target) = request.target.as_deref() else { return Ok(()) };
    if installed(request, target).await != Some(false) {
        return Ok(());
    }
    reporter.detail(key, format!("installing Rust's target {target}"));
    let added = command("rustup", request).args(["target", "add", target]).output().await;
    match added {
        Ok(output) if !output.status.success() => {
            let cause = String::from_utf8_lossy(&output.stderr).trim().to_string();
            Err(Failure::new("build/target-missing", format!("install Rust's target {target}"), cause)
                .with_hint(format!("run `rustup target add {target}`")))
        }
        _ => Ok(()),
    }
}

/// Whether the toolchain of the workspace has the target; None when it cannot be asked.
async fn installed(request: &CompileRequest, target: &str) -> Option<bool> {
    let output = command("rustc", request).args(["--print", "sysroot"]).output().await.ok()?;
    let sysroot = String::from_utf8(output.stdout).ok().filter(|_| output.status.success())?;
    Some(PathBuf::from(sysroot.trim()).join("lib/rustlib").join(target).join("lib").is_dir())
}

/// In the workspace, so that its rust-toolchain.toml decides.
fn command(program: &str, request: &CompileRequest) -> Command {
    let mut command = Command::new(program);
    command.current_dir(&request.workspace).stdin(Stdio::null()).kill_on_drop(true);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> CompileRequest {
        CompileRequest { workspace: std::env::temp_dir(), packages: vec![], target: None, profile: "dev".into() }
    }

    #[tokio::test]
    async fn an_unknown_target_is_not_installed() {
        assert_eq!(installed(&request(), "no-such-target").await, Some(false));
    }

    #[tokio::test]
    async fn a_target_that_rustup_does_not_know_is_refused_with_a_hint() {
        let request = CompileRequest { target: Some("no-such-target".into()), ..request() };
        let failure = ensure(&request, &deployer_core::progress::Silent, "key").await.unwrap_err();
        assert_eq!(failure.code, "build/target-missing");
        assert!(failure.hint.unwrap().contains("rustup target add no-such-target"));
    }
}
