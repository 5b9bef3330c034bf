//! The programs under test, as a user would build them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// The checkout.
pub fn project_root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests are a folder of the checkout")
}

/// Path of a built program: `deployer` or `chat`.
pub fn program(name: &str) -> &'static Path {
    static PROGRAMS: OnceLock<BTreeMap<String, PathBuf>> = OnceLock::new();
    let programs = PROGRAMS.get_or_init(build);
    programs.get(name).unwrap_or_else(|| panic!("cargo built no program {name}"))
}

fn build() -> BTreeMap<String, PathBuf> {
    let mut cargo = Command::new(env!("CARGO"));
    // Build scripts watch what cargo sets for these tests, and would run again.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&*name);
        }
    }
    let output = cargo
        .args(["build", "--locked", "--message-format=json", "-p", "deployer", "-p", "chat"])
        .current_dir(project_root())
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo runs: it runs these tests");
    assert!(output.status.success(), "cargo could not build the programs under test");
    let messages = String::from_utf8_lossy(&output.stdout);
    messages.lines().filter_map(executable).collect()
}

fn executable(line: &str) -> Option<(String, PathBuf)> {
    let message: Value = serde_json::from_str(line).ok()?;
    let path = message["executable"].as_str()?;
    Some((message["target"]["name"].as_str()?.to_string(), PathBuf::from(path)))
}
