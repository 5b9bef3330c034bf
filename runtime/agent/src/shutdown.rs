//! The process's end: running turns end labelled and are stored, answers are
//! handed over, then the process goes.
//!
//! Lambda sends SIGTERM only to functions with an extension, and kills half a
//! second later when it is one inside the function (Lambda developer guide,
//! "Lambda execution environment lifecycle", Shutdown phase). So the process
//! registers one that listens to no events.

use std::fmt::Display;
use std::future::Future;
use std::time::Duration;

use agent::Failure;
use lambda_extension::Extension;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const EXTENSION: &str = "agent-shutdown";

/// For turns to be stored and answers to be handed over. Lambda itself gives less; other hosts give more.
pub const GRACE: Duration = Duration::from_secs(8);

/// Asks the host for a SIGTERM before the end. A host that knows no extensions runs the function all the
/// same, and may send the signal anyway.
pub async fn announce() {
    match Extension::new().with_extension_name(EXTENSION).with_events(&[]).register().await {
        // Lambda waits for the first poll of every extension before it calls the function ready.
        Ok(extension) => drop(tokio::spawn(async { extension.run().await.map_err(|error| error.to_string()) })),
        Err(error) => tracing::debug!("the host knows no extensions: {error}"),
    }
}

/// What is under way, and how it is told to end.
pub struct Work {
    pub shutdown: CancellationToken,
    pub turns: TaskTracker,
    /// How long it may take to end.
    pub grace: Duration,
}

impl Work {
    /// Serves until the host ends it or, when `asked` is ready, until all that is under way has ended.
    pub async fn serve<E: Display>(
        &self,
        serving: impl Future<Output = Result<(), E>>,
        asked: impl Future<Output = &'static str>,
    ) -> Result<(), Failure> {
        tokio::pin!(serving);
        tokio::select! {
            served = &mut serving => return served.map_err(|error| serving_failed(&error)),
            signal = asked => tracing::info!(signal, "the process is asked to end"),
        }
        self.shutdown.cancel();
        self.turns.close();
        tokio::select! {
            served = serving => served.map_err(|error| serving_failed(&error)),
            ended = timeout(self.grace, self.turns.wait()) => {
                tracing::info!(whole = ended.is_ok(), "the process ends");
                Ok(())
            }
        }
    }
}

fn serving_failed(error: &dyn Display) -> Failure {
    Failure::internal(format!("serve the Lambda runtime: {error}"))
}

/// The signals that ask a process to end.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// From now on these signals do not end the process by themselves.
    pub fn listen() -> Result<Self, Failure> {
        let listen = |kind| signal(kind).map_err(|error| Failure::internal(format!("listen to signals: {error}")));
        Ok(Self { terminate: listen(SignalKind::terminate())?, interrupt: listen(SignalKind::interrupt())? })
    }

    /// The name of the first that comes.
    pub async fn first(mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    fn work() -> Work {
        Work { shutdown: CancellationToken::new(), turns: TaskTracker::new(), grace: GRACE }
    }

    #[tokio::test]
    async fn a_process_that_is_asked_to_end_waits_for_its_turns() {
        let (work, stored) = (work(), Arc::new(AtomicBool::new(false)));
        let (shutdown, storing) = (work.shutdown.clone(), stored.clone());
        work.turns.spawn(async move {
            shutdown.cancelled().await;
            tokio::task::yield_now().await;
            storing.store(true, Ordering::SeqCst);
        });
        work.serve(pending::<Result<(), String>>(), ready("SIGTERM")).await.unwrap();
        assert!(stored.load(Ordering::SeqCst));
    }

    #[tokio::test]
    async fn a_turn_that_does_not_end_is_not_waited_for_without_end() {
        let work = Work { grace: Duration::from_millis(10), ..work() };
        work.turns.spawn(pending::<()>());
        work.serve(pending::<Result<(), String>>(), ready("SIGTERM")).await.unwrap();
        assert!(work.shutdown.is_cancelled());
    }

    #[tokio::test]
    async fn a_runtime_that_fails_is_a_failure_and_ends_no_turn() {
        let work = work();
        let failure = work.serve(ready(Err("connection refused")), pending()).await.unwrap_err();
        assert!(failure.message.contains("connection refused") && !work.shutdown.is_cancelled(), "{failure}");
    }
}
