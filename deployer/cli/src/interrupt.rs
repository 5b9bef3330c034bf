//! Ctrl-C: the first asks the work to stop where it is safe, the second kills it.

use deployer_aws::CancellationToken;
use deployer_core::Failure;

use crate::stop::{INTERRUPTED, Stop};
use crate::views::out::tell;

/// A token that Ctrl-C or SIGTERM cancels.
pub fn token() -> CancellationToken {
    let token = CancellationToken::new();
    let cancelled = token.clone();
    tokio::spawn(async move {
        wait_for_signal().await;
        cancelled.cancel();
        tell!("stopping after the current call; Ctrl-C again ends at once");
        wait_for_signal().await;
        std::process::exit(130);
    });
    token
}

/// Runs until Ctrl-C, for work that may be dropped anywhere. `state` says what that leaves.
pub async fn until_interrupted<T>(
    interrupt: &CancellationToken,
    (doing, state): (&str, &str),
    work: impl Future<Output = Result<T, Stop>>,
) -> Result<T, Stop> {
    tokio::select! {
        biased;
        () = interrupt.cancelled() => {
            Err(Failure::new(INTERRUPTED, doing, format!("interrupted; {state}")).into())
        }
        result = work => result,
    }
}

/// Returns at the first Ctrl-C or SIGTERM.
pub async fn wait_for_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
