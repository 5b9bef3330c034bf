//! Installing the emulator into a private place, on first use and in one piece.
//!
//! With uv where it is installed, else in a virtual environment, else into a
//! folder with pip alone. Every downloaded file is checked against its hash.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use deployer_core::{Failure, Reporter};
use tempfile::TempDir;

use super::installation::{Installation, folder};
use super::python::{self, Python};
use super::tool::{Output, Tool};
use super::{REQUIREMENTS, VERSION};
use crate::file_lock::FileLock;
use crate::private_file::create_folder;

const KEY: &str = "emulator-install";

/// Another deployer may be downloading the same.
const PATIENCE: Duration = Duration::from_secs(600);

/// How the folder of an installation in the making is called.
const UNFINISHED: &str = ".emulator-";

const SHOWN_LINES: usize = 15;

/// The installation in the cache, made now if it is not there. Asks neither
/// network nor Python when it is.
///
/// Fails with `local/python-missing`, `local/python-too-old`,
/// `local/pip-missing` or `local/install-failed`.
pub(crate) async fn ensure_installed(cache: &Path, reporter: &dyn Reporter) -> Result<Installation, Failure> {
    let folder = folder(cache);
    if let Some(installation) = Installation::read(&folder) {
        return Ok(installation);
    }
    reporter.started(KEY, format!("install the emulator, MiniStack {VERSION}"));
    let installed = install(cache, &folder, reporter).await;
    match &installed {
        Ok(_) => reporter.finished(KEY, "installed"),
        Err(failure) => reporter.failed(KEY, failure.cause.lines().next().unwrap_or_default()),
    }
    installed
}

async fn install(cache: &Path, folder: &Path, reporter: &dyn Reporter) -> Result<Installation, Failure> {
    create_folder(cache)?;
    let _lock = FileLock::acquire(&cache.join("emulator.lock"), PATIENCE, reporter, KEY).await?;
    if let Some(installation) = Installation::read(folder) {
        return Ok(installation);
    }
    let io = |cause: std::io::Error| Failure::new("local/io", format!("install into {}", folder.display()), cause);
    remove_unfinished(cache).map_err(io)?;
    let place = tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(cache).map_err(io)?;
    fs::write(place.path().join("requirements.txt"), REQUIREMENTS).map_err(io)?;
    Installer { place: place.path(), reporter }.run().await?.write(place.path()).map_err(io)?;
    move_into_place(place, folder).map_err(io)?;
    Installation::read(folder).ok_or_else(|| {
        Failure::new(
            "local/install-failed",
            format!("install into {}", folder.display()),
            "the installation is not whole",
        )
    })
}

/// What a killed installation has left; nobody installs beside us.
fn remove_unfinished(cache: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(cache)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

/// Whatever is there was not whole.
fn move_into_place(place: TempDir, folder: &Path) -> std::io::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::rename(place.path(), folder)?;
    // Its folder has moved away, so there is nothing left to remove.
    let _ = place.keep();
    Ok(())
}

struct Installer<'a> {
    place: &'a Path,
    reporter: &'a dyn Reporter,
}

impl Installer<'_> {
    async fn run(&self) -> Result<Installation, Failure> {
        if self.succeeds(Tool::new("uv").arguments(["--version"])).await {
            return self.with_uv().await;
        }
        let python = python::find().await?;
        if self.succeeds(Tool::new(&python.path).arguments(["-m", "venv"]).path(&self.environment())).await {
            return self.with_environment().await;
        }
        // Debian leaves `venv` half working without the package python3-venv.
        if self.succeeds(Tool::new(&python.path).arguments(["-m", "pip", "--version"])).await {
            return self.with_pip_alone(&python).await;
        }
        Err(Failure::new(
            "local/pip-missing",
            "install the emulator",
            format!("{} has neither a working `venv` nor `pip`", python.path.display()),
        )
        .with_hint("install them: `apt install python3-venv`, or uv (https://docs.astral.sh/uv/)"))
    }

    fn environment(&self) -> PathBuf {
        self.place.join("environment")
    }

    /// uv brings a Python of its own where the machine has none.
    async fn with_uv(&self) -> Result<Installation, Failure> {
        let interpreter = match python::find().await {
            Ok(python) => python.path,
            Err(_) => PathBuf::from(">=3.10"),
        };
        let create = Tool::new("uv").arguments(["venv", "--no-project", "--python"]).path(&interpreter);
        self.require(create.path(&self.environment()), "create an environment with uv").await?;
        let install = Tool::new("uv").arguments(["pip", "install", "--require-hashes", "--python"]);
        let install = install.path(&self.environment().join("bin/python")).arguments(["-r"]);
        self.require(install.path(&self.requirements()), "download the emulator with uv").await?;
        Ok(Installation::environment("environment/bin/python"))
    }

    async fn with_environment(&self) -> Result<Installation, Failure> {
        self.require(self.pip(&self.environment().join("bin/python")), "download the emulator with pip").await?;
        Ok(Installation::environment("environment/bin/python"))
    }

    async fn with_pip_alone(&self, python: &Python) -> Result<Installation, Failure> {
        let install = self.pip(&python.path).arguments(["--target"]).path(&self.place.join("packages"));
        self.require(install, "download the emulator with pip").await?;
        Ok(Installation::packages(&python.path, "packages"))
    }

    fn pip(&self, python: &Path) -> Tool {
        const INSTALL: [&str; 9] = [
            "-m",
            "pip",
            "install",
            "--no-input",
            "--disable-pip-version-check",
            "--progress-bar=off",
            "--prefer-binary",
            "--require-hashes",
            "-r",
        ];
        Tool::new(python).arguments(INSTALL).path(&self.requirements())
    }

    fn requirements(&self) -> PathBuf {
        self.place.join("requirements.txt")
    }

    async fn succeeds(&self, tool: Tool) -> bool {
        tool.run(&mut |_| {}).await.is_ok_and(|output| output.succeeded)
    }

    async fn require(&self, tool: Tool, doing: &str) -> Result<(), Failure> {
        let report = &mut |line: &str| {
            if let Some(news) = news(line) {
                self.reporter.detail(KEY, news);
            }
        };
        let output = tool.run(report).await.map_err(|cause| Failure::new("local/install-failed", doing, cause))?;
        if output.succeeded { Ok(()) } else { Err(explain(doing, &output)) }
    }
}

/// What a line of pip or uv is worth saying.
fn news(line: &str) -> Option<String> {
    let mut words = line.split_whitespace();
    match words.next()? {
        "Collecting" => Some(format!("downloading {}", words.next()?.split("==").next()?)),
        "Installing" => Some("installing".to_string()),
        "Prepared" | "Resolved" | "Downloading" => Some(line.trim().to_lowercase()),
        _ => None,
    }
}

fn explain(doing: &str, output: &Output) -> Failure {
    let text = output.errors(SHOWN_LINES);
    let hint = if text.to_lowercase().contains("hash") {
        "the package index serves other files than PyPI does; use another index"
    } else {
        "the emulator comes from PyPI: check the network, or name a mirror in PIP_INDEX_URL (UV_INDEX_URL for uv)"
    };
    Failure::new("local/install-failed", doing, text).with_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(text: &str) -> Failure {
        let lines = text.lines().map(String::from).collect();
        explain("download the emulator with pip", &Output { succeeded: false, lines })
    }

    #[test]
    fn pips_lines_become_short_news() {
        assert_eq!(news("Collecting botocore==1.43.106 (from -r r.txt (line 3))").unwrap(), "downloading botocore");
        assert_eq!(news("Installing collected packages: six, h11").unwrap(), "installing");
        assert_eq!(news("  Using cached x.whl"), None);
        assert_eq!(news(""), None);
    }

    #[test]
    fn only_what_a_killed_installation_left_is_removed() {
        let cache = tempfile::tempdir().unwrap();
        for name in [".emulator-x1", "emulator-ab", "images"] {
            fs::create_dir_all(cache.path().join(name).join("below")).unwrap();
        }
        remove_unfinished(cache.path()).unwrap();
        assert!(!cache.path().join(".emulator-x1").exists());
        assert!(cache.path().join("emulator-ab").exists() && cache.path().join("images").exists());
    }

    #[test]
    fn failure_says_whether_network_or_content_was_wrong() {
        let other = explained("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.");
        assert!(other.hint.unwrap().contains("another index"));
        let network = explained("ERROR: Could not find a version that satisfies the requirement six==1.17.0");
        assert_eq!(network.code, "local/install-failed");
        assert!(network.hint.unwrap().contains("network"));
    }
}
