//! Python programs that the tests need, at pinned versions.

use std::path::{Path, PathBuf};
use std::process::Command;

use etcetera::{BaseStrategy, choose_base_strategy};

/// A virtual environment with exactly the files of a requirements file, made on
/// first use and kept in the user's cache.
///
/// `name` names both: `tests/python/<name>.txt`.
pub fn python_environment(name: &str) -> PathBuf {
    let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("python/{name}.txt"));
    let text = std::fs::read_to_string(&requirements).expect("the requirements file is part of the checkout");
    let cache = choose_base_strategy().expect("the user has a home folder").cache_dir().join("aws-operations-agent");
    let ready = cache.join(format!("tests-{name}-{:016x}", fnv1a(text.as_bytes())));
    if !ready.exists() {
        std::fs::create_dir_all(&cache).expect("the cache folder can be made");
        let draft = tempfile::tempdir_in(&cache).expect("the cache folder can be written");
        run(Command::new("python3").args(["-m", "venv"]).arg(draft.path()));
        run(Command::new(draft.path().join("bin/python"))
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--no-deps",
                "--require-hashes",
                "-r",
            ])
            .arg(&requirements));
        // Another test process may have been faster; either result is the same.
        if std::fs::rename(draft.path(), &ready).is_ok() {
            drop(draft.keep());
        }
    }
    ready
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("run {command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Tells requirements files apart (FNV-1a, 64 bits).
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
