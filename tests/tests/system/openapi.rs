//! The agent's OpenAPI document against the deployed agent: schemathesis makes requests from the document,
//! good and bad ones, and holds every answer against it.

use std::process::Command;

use aws_credential_types::Credentials;
use serde_json::json;
use system_tests::{AgentUrl, Finished, project_root, python_environment};

use crate::isolation::user;
use crate::shared::deployed;

/// A user of its own, since all of the caller's conversations are deleted on the way.
fn explore(credentials: &Credentials, token: Option<&str>) {
    let status = deployed().status();
    let url = status["endpoints"]["function_url"].as_str().expect("status has the function URL");
    let region = status["env"]["AWS_REGION"].as_str().expect("status has the region");
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let settings = project_root().join("tests/schemathesis");
    // The environment was moved to its place after it was made, so its scripts do not find their Python.
    let mut run = Command::new(python_environment("schemathesis").join("bin/python"));
    run.args(["-m", "schemathesis.cli", "--config-file"]).arg(settings.join("schemathesis.toml")).arg("run");
    run.arg(project_root().join("docs/openapi.json")).args(["--url", url, "--no-color"]);
    run.env("PYTHONPATH", &settings).env("SCHEMATHESIS_HOOKS", "signed_requests").env("NO_PROXY", "127.0.0.1");
    run.env("PYTHONDONTWRITEBYTECODE", "1");
    run.env("AWS_ACCESS_KEY_ID", credentials.access_key_id()).env("AWS_REGION", region);
    run.env("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key()).env_remove("AGENT_TOKEN");
    token.map(|token| run.env("AGENT_TOKEN", token));
    let output = run.current_dir(folder.path()).output().expect("schemathesis starts");
    Finished::from(output).succeeded();
}

#[test]
fn the_agent_answers_as_its_document_says() {
    let place = deployed();
    let user = user(&place.aws(), "schemathesis");
    let token = place.deploy(&["token", "--env", "local"]).succeeded().stdout;
    let agent = AgentUrl::of(place).signed_by(user.clone()).with_token(token.trim());
    assert_eq!(agent.post("api/tools/fetch", &json!({})).status, 200, "the token opens the gateway");
    std::thread::scope(|threads| {
        threads.spawn(|| explore(&user, None));
        threads.spawn(|| explore(&user, Some(token.trim())));
    });
}
