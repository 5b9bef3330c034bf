//! Bytes for stdout as they are: scripts and pages, in which nothing is coloured.

use std::io::{ErrorKind, Write};

use deployer_core::Failure;

use crate::stop::Stop;

/// A reader that has gone away wants no more, which is no error.
pub fn write_stdout(bytes: &[u8]) -> Result<(), Stop> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::new("run/write", "write to stdout", error).into())
        }
        _ => Ok(()),
    }
}
