//! The programs under test, as a user would build them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use deployer_core::progress::Silent;
use deployer_image::{CompileRequest, compile};

/// The checkout.
pub fn project_root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests are a folder of the checkout")
}

/// Path of a built program: `deployer`, `chat` or `tools`.
pub fn program(name: &str) -> &'static Path {
    static PROGRAMS: OnceLock<BTreeMap<String, PathBuf>> = OnceLock::new();
    let programs = PROGRAMS.get_or_init(build);
    programs.get(name).unwrap_or_else(|| panic!("cargo built no program {name}"))
}

fn build() -> BTreeMap<String, PathBuf> {
    let request = CompileRequest {
        workspace: project_root().to_path_buf(),
        packages: vec!["deployer".into(), "chat".into(), "tools".into()],
        target: None,
        profile: "dev".into(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
    runtime.block_on(compile(&request, &Silent)).unwrap_or_else(|failure| panic!("{failure}"))
}
