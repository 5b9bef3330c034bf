//! The rendered templates before an independent judge.

use std::process::Command;

use system_tests::{Place, python_environment};

#[test]
fn cfn_lint_accepts_every_environments_templates() {
    let place = Place::new();
    let cfn_lint = python_environment("cfn-lint").join("bin/cfn-lint");
    for environment in ["local", "dev", "staging", "prod"] {
        let folder = place.path().join(environment);
        let folder_name = folder.to_str().expect("the path is text");
        place.deploy(&["render", "--env", environment, "--out", folder_name]).succeeded();
        let linted = Command::new(&cfn_lint)
            .args(["--non-zero-exit-code", "error", "--"])
            .args(["foundation.yaml", "data.yaml", "application.yaml"].map(|file| folder.join(file)))
            .output()
            .expect("cfn-lint runs");
        let said = String::from_utf8_lossy(&linted.stdout);
        assert!(linted.status.success(), "{environment}:\n{said}");
    }
}
