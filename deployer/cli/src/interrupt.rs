//! Ctrl-C: the first asks the work to stop where it is safe, the second kills it.

use deployer_aws::CancellationToken;

/// A token that Ctrl-C or SIGTERM cancels.
pub fn token() -> CancellationToken {
    let token = CancellationToken::new();
    let cancelled = token.clone();
    tokio::spawn(async move {
        wait_for_signal().await;
        cancelled.cancel();
        eprintln!("stopping after the current call; Ctrl-C again ends at once");
        wait_for_signal().await;
        std::process::exit(130);
    });
    token
}

async fn wait_for_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
