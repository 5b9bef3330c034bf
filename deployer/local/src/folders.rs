//! Where the local platform keeps its things (XDG base directories).

use std::path::PathBuf;

use deployer_core::Failure;
use etcetera::BaseStrategy;
use etcetera::base_strategy::Xdg;

use crate::logs::LocalProcess;
use crate::private_file::create_folder;

const APPLICATION: &str = "aws-operations-agent";

/// The two folders of the local platform and what is in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folders {
    state: PathBuf,
    cache: PathBuf,
}

impl Folders {
    /// `$XDG_STATE_HOME/aws-operations-agent/local` and
    /// `$XDG_CACHE_HOME/aws-operations-agent`.
    ///
    /// Fails with `local/no-home` when the home directory is unknown.
    pub fn discover() -> Result<Self, Failure> {
        let missing = |cause: String| {
            Failure::new("local/no-home", "find the folders of the local platform", cause)
                .with_hint("set HOME, or XDG_STATE_HOME and XDG_CACHE_HOME")
        };
        let base = Xdg::new().map_err(|cause| missing(cause.to_string()))?;
        let state = base.state_dir().ok_or_else(|| missing("no state directory is known".to_string()))?;
        Ok(Self::new(state.join(APPLICATION).join("local"), base.cache_dir().join(APPLICATION)))
    }

    pub fn new(state: impl Into<PathBuf>, cache: impl Into<PathBuf>) -> Self {
        Self { state: state.into(), cache: cache.into() }
    }

    /// Deployed resources, ports, logs, the issuer's keys: what a restart keeps.
    pub fn state(&self) -> &PathBuf {
        &self.state
    }

    /// What can be made again: the emulator's installation, images.
    pub fn cache(&self) -> &PathBuf {
        &self.cache
    }

    /// For `deployer_image::compile_if_changed`.
    pub fn compiled(&self) -> PathBuf {
        self.cache.join("compiled")
    }

    /// For `deployer_image::cached_image`.
    pub fn images(&self) -> PathBuf {
        self.cache.join("images")
    }

    pub fn log(&self, process: LocalProcess) -> PathBuf {
        self.state.join("logs").join(format!("{process}.log"))
    }

    /// Where the sandbox writes a function's output.
    pub(crate) fn function_log(&self, function: &str) -> PathBuf {
        self.sandbox_state().join("logs").join(format!("{function}.log"))
    }

    pub(crate) fn record(&self) -> PathBuf {
        self.state.join("platform.json")
    }

    pub(crate) fn lock(&self) -> PathBuf {
        self.state.join("platform.lock")
    }

    pub(crate) fn emulator_state(&self) -> PathBuf {
        self.state.join("emulator")
    }

    pub(crate) fn sandbox_state(&self) -> PathBuf {
        self.state.join("sandbox")
    }

    pub(crate) fn sandbox_cache(&self) -> PathBuf {
        self.cache.join("sandbox")
    }

    /// Creates both and what a start needs below them, for the owner alone.
    pub(crate) fn create(&self) -> Result<(), Failure> {
        let below = [self.emulator_state(), self.sandbox_state(), self.sandbox_cache(), self.state.join("logs")];
        [self.state.clone(), self.cache.clone()].iter().chain(&below).try_for_each(|folder| create_folder(folder))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn discovered_folders_are_the_applications_own() {
        let folders = Folders::discover().unwrap();
        assert!(folders.state().ends_with("aws-operations-agent/local"));
        assert!(folders.cache().ends_with("aws-operations-agent"));
    }

    #[test]
    fn everything_lies_in_the_two_folders() {
        let folders = Folders::new("/s", "/c");
        assert_eq!(folders.log(LocalProcess::Emulator), PathBuf::from("/s/logs/emulator.log"));
        assert_eq!(folders.images(), PathBuf::from("/c/images"));
        assert_eq!(folders.record(), PathBuf::from("/s/platform.json"));
    }
}
