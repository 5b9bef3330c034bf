//! Python programs and sources that the tests need, at pinned versions with
//! hashes, made on first use and kept in the user's cache.

use std::path::{Path, PathBuf};
use std::process::Command;

use etcetera::{BaseStrategy, choose_base_strategy};

/// A virtual environment with exactly the files of a requirements file.
///
/// `name` names both: `python/<name>.txt`.
pub fn python_environment(name: &str) -> PathBuf {
    python_environment_of(name, &own(&format!("python/{name}.txt")))
}

/// The same for a requirements file of another part of the product.
pub fn python_environment_of(name: &str, requirements: &Path) -> PathBuf {
    cached(name, requirements, |requirements, folder| {
        run(Command::new("python3").args(["-m", "venv"]).arg(folder));
        let mut pip = Command::new(folder.join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        run(pip.args(["--no-deps", "--require-hashes", "-r"]).arg(requirements));
    })
}

/// The unpacked source distribution of a package, which holds its test data too.
///
/// `package` names the file with its version and hash: `python/sources/<package>.txt`.
pub fn python_source(package: &str) -> PathBuf {
    let kept =
        cached(&format!("{package}-source"), &own(&format!("python/sources/{package}.txt")), |requirements, folder| {
            let mut pip = Command::new("python3");
            pip.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check"]);
            pip.args(["--no-deps", "--no-binary", ":all:", "--require-hashes", "-r"]).arg(requirements);
            run(pip.arg("--dest").arg(folder));
            let archive = only_entry(folder);
            run(Command::new("tar").arg("--extract").arg("--file").arg(&archive).arg("--directory").arg(folder));
            std::fs::remove_file(archive).expect("the archive was just unpacked");
        });
    only_entry(&kept)
}

fn own(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}

/// The folder that `make` fills from a requirements file, or filled before.
fn cached(name: &str, requirements: &Path, make: impl FnOnce(&Path, &Path)) -> PathBuf {
    let text = std::fs::read_to_string(requirements).expect("the requirements file is part of the checkout");
    let cache = choose_base_strategy().expect("the user has a home folder").cache_dir().join("aws-operations-agent");
    let ready = cache.join(format!("tests-{name}-{:016x}", fnv1a(text.as_bytes())));
    if !ready.exists() {
        std::fs::create_dir_all(&cache).expect("the cache folder can be made");
        let draft = tempfile::tempdir_in(&cache).expect("the cache folder can be written");
        make(requirements, draft.path());
        // Another test process may have been faster; either result is the same.
        if std::fs::rename(draft.path(), &ready).is_ok() {
            drop(draft.keep());
        }
    }
    ready
}

fn only_entry(folder: &Path) -> PathBuf {
    let mut entries = std::fs::read_dir(folder).expect("the folder exists");
    entries.next().expect("the folder has an entry").expect("the folder can be read").path()
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("run {command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Tells requirements files apart (FNV-1a, 64 bits).
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
