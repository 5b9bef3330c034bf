//! One at a time: a lock that its holder's death releases.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

use deployer_core::{Failure, Reporter};
use tokio::time::{Instant, sleep};

const PAUSE: Duration = Duration::from_millis(100);

/// Held until dropped.
pub(crate) struct FileLock {
    _file: File,
}

impl FileLock {
    /// Waits for the lock; says under `key` that it waits.
    ///
    /// Fails with `local/locked` after `patience`.
    pub(crate) async fn acquire(
        path: &Path,
        patience: Duration,
        reporter: &dyn Reporter,
        key: &str,
    ) -> Result<Self, Failure> {
        let doing = || format!("lock {}", path.display());
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)
            .map_err(|cause| Failure::new("local/io", doing(), cause))?;
        let deadline = Instant::now() + patience;
        let mut waits = false;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::Error(cause)) => return Err(Failure::new("local/io", doing(), cause)),
                Err(TryLockError::WouldBlock) if Instant::now() > deadline => {
                    return Err(Failure::new("local/locked", doing(), "another deployer holds it")
                        .with_hint("wait for the other command, or end it"));
                }
                Err(TryLockError::WouldBlock) if !waits => {
                    reporter.detail(key, "waiting for another deployer");
                    waits = true;
                }
                Err(TryLockError::WouldBlock) => sleep(PAUSE).await,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use deployer_core::progress::Silent;

    use super::*;

    async fn acquire(path: &Path, patience: Duration) -> Result<FileLock, Failure> {
        FileLock::acquire(path, patience, &Silent, "key").await
    }

    #[tokio::test]
    async fn second_holder_has_to_wait_for_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let first = acquire(&path, Duration::ZERO).await.unwrap();
        assert_eq!(acquire(&path, Duration::ZERO).await.err().unwrap().code, "local/locked");
        let (second, ()) = tokio::join!(acquire(&path, Duration::from_secs(60)), async { drop(first) });
        assert!(second.is_ok());
    }
}
