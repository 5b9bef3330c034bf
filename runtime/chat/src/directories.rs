//! Where the client keeps its files, by the XDG base directory specification.

use std::path::{Path, PathBuf};

use contract::Connection;
use etcetera::BaseStrategy;

use crate::failure::Failure;

const APPLICATION: &str = "aws-operations-agent";

/// The folders and files of one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directories {
    /// One connection file an environment.
    pub connections: PathBuf,
    /// Cached tokens, each readable by the user alone.
    pub tokens: PathBuf,
    /// Lines typed at the prompt.
    pub line_history: PathBuf,
}

impl Directories {
    /// # Errors
    /// `chat/no-home` when the user has no home directory.
    pub fn of_user() -> Result<Self, Failure> {
        let strategy = etcetera::choose_base_strategy()
            .map_err(|error| Failure::new("chat/no-home", "find the home directory", error).hint("set HOME"))?;
        let state = strategy.state_dir().unwrap_or_else(|| strategy.data_dir());
        Ok(Self::below(&strategy.config_dir(), &state))
    }

    /// The same folders below others than the user's own.
    pub fn below(config: &Path, state: &Path) -> Self {
        let state = state.join(APPLICATION);
        Self {
            connections: config.join(Connection::DIRECTORY),
            tokens: state.join("tokens"),
            line_history: state.join("chat_history"),
        }
    }
}
