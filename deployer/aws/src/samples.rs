//! Settings and a desired state for the tests of this crate.

use std::collections::BTreeMap;

use deployer_core::desired::{ImageDigests, Location, desired as estate};
use deployer_core::settings::{Sources, load};
use deployer_core::{Desired, Settings};

/// The shipped local environment.
pub fn settings() -> Settings {
    let files = [
        ("environments/base.toml", include_str!("../../../environments/base.toml")),
        ("environments/local.toml", include_str!("../../../environments/local.toml")),
    ];
    let files = files.into_iter().map(|(path, text)| (path.to_string(), text.to_string())).collect();
    let sources = Sources { environment: "local".into(), files, variables: BTreeMap::new() };
    let settings = load(&sources).expect("the shipped environments have no faults");
    settings.on_local_platform("http://127.0.0.1:1")
}

pub fn desired() -> Desired {
    let location = Location { account: "111122223333".into(), region: "us-east-1".into() };
    let digests = ImageDigests { agent: "sha256:aa".into(), tools: "sha256:bb".into() };
    estate(&settings(), &location, &digests).expect("the shipped templates can be rendered")
}
