//! The rendered templates before an independent judge.

use std::process::Command;

use system_tests::{Place, python_environment};

/// What the installed `cfn-lint` script does.
const CFN_LINT: &str = "import sys; from cfnlint.runner import main; sys.exit(main())";

#[test]
fn cfn_lint_accepts_every_environments_templates() {
    let place = Place::new();
    let python = python_environment("cfn-lint").join("bin/python");
    for environment in ["local", "dev", "staging", "prod"] {
        let folder = place.path().join(environment);
        let folder_name = folder.to_str().expect("the path is text");
        place.deploy(&["render", "--env", environment, "--out", folder_name]).succeeded();
        let linted = Command::new(&python)
            .args(["-c", CFN_LINT, "--non-zero-exit-code", "error", "--"])
            .args(
                ["foundation.yaml", "data.yaml", "read-access.yaml", "application.yaml"].map(|file| folder.join(file)),
            )
            .output()
            .expect("cfn-lint runs");
        let said = [linted.stdout, linted.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        assert!(linted.status.success(), "{environment}:\n{}", said.concat());
    }
}
