//! The shipped environments, and everything that can be wrong with a file.

mod faults;
mod layers;
mod shipped;

use std::collections::BTreeMap;

use super::{Faults, Settings, Sources, load};

/// A complete environment to build on.
const BASE: &str = r#"
[aws]
region = "us-east-1"
[issuer]
discovery_url = "https://login.example.com/.well-known/openid-configuration"
allowed_audience = ["api://default"]
chat_client_id = "chat"
[model]
id = "model"
"#;

/// Loads environment `test`; each file is a name and its text.
fn load_files(files: &[(&str, &str)]) -> Result<Settings, Faults> {
    let path = |name: &str| format!("environments/{name}.toml");
    load(&Sources {
        environment: "test".into(),
        files: files.iter().map(|(name, text)| (path(name), text.to_string())).collect(),
        variables: BTreeMap::from([("REGION".into(), "eu-west-1".into()), ("SECRET".into(), "hunter2".into())]),
    })
}

/// Loads `text` over [`BASE`].
fn load_test(text: &str) -> Result<Settings, Faults> {
    load_files(&[("base", BASE), ("test", &format!("extends = \"base\"\n{text}"))])
}

/// Code and text of every fault of `text` over [`BASE`], the folder left out
/// to keep them short. The first line of `text` is line 2.
fn faults_of(text: &str) -> Vec<String> {
    let faults = load_test(text).expect_err("the file is faulty");
    faults.iter().map(|fault| format!("{} {fault}", fault.code).replace("environments/", "")).collect()
}
