//! Where tokens are kept: in the system's keyring, or in a file.

use clap::ValueEnum;
use contract::Connection;

use crate::connection::is_loopback_address;

/// Which place holds the tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TokenStore {
    /// The keyring, or a file where none answers; a move to the file is said.
    Automatic,
    /// The system's keyring only.
    Keyring,
    /// A file that its owner alone can read.
    File,
}

impl TokenStore {
    /// The local platform's tokens open nothing but this machine: no keyring is asked for them.
    pub fn default_for(connection: &Connection) -> Self {
        if connection.local && is_loopback_address(&connection.issuer) { Self::File } else { Self::Automatic }
    }
}
