//! Waiting for a condition: polls with growing pauses, a deadline, and an ear for Ctrl-C.

use std::time::Duration;

use deployer_core::Failure;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How long to wait for something, and how often to look.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    pub deadline: Duration,
    pub first: Duration,
    pub most: Duration,
}

impl Pace {
    /// A CloudFormation stack.
    pub const STACK: Self = Self::new(30 * 60, 300, 5_000);
    /// A gateway, a target, a table, a function.
    pub const RESOURCE: Self = Self::new(10 * 60, 300, 3_000);
    /// What another run at the same moment is about to do.
    pub const OTHER_RUN: Self = Self::new(30, 300, 1_000);
    /// A new role or policy that other services have not heard of yet.
    pub const IAM: Self = Self::new(2 * 60, 1_000, 8_000);

    const fn new(deadline_seconds: u64, first_ms: u64, most_ms: u64) -> Self {
        Self {
            deadline: Duration::from_secs(deadline_seconds),
            first: Duration::from_millis(first_ms),
            most: Duration::from_millis(most_ms),
        }
    }

    fn grown(&self, pause: Duration) -> Duration {
        (pause * 3 / 2).min(self.most)
    }
}

/// Calls `look` until it finds something.
///
/// `doing` says what for. Errors: those of `look`, `aws/timeout` at the deadline
/// and `run/interrupted`.
pub(crate) async fn until<T>(
    cancel: &CancellationToken,
    pace: Pace,
    doing: &str,
    mut look: impl AsyncFnMut() -> Result<Option<T>, Failure>,
) -> Result<T, Failure> {
    let deadline = Instant::now() + pace.deadline;
    let mut pause = pace.first;
    loop {
        if let Some(found) = look().await? {
            return Ok(found);
        }
        if Instant::now() + pause > deadline {
            return Err(timed_out(doing, pace.deadline));
        }
        sleep(cancel, pause, doing).await?;
        pause = pace.grown(pause);
    }
}

/// Sleeps, or fails with `run/interrupted` when the run is cancelled meanwhile.
pub(crate) async fn sleep(cancel: &CancellationToken, pause: Duration, doing: &str) -> Result<(), Failure> {
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(interrupted(doing)),
        () = tokio::time::sleep(pause) => Ok(()),
    }
}

pub(crate) fn interrupted(doing: &str) -> Failure {
    Failure::new("run/interrupted", doing, "interrupted").with_hint("run the same command again to finish")
}

fn timed_out(doing: &str, deadline: Duration) -> Failure {
    Failure::new("aws/timeout", doing, format!("not done after {} seconds", deadline.as_secs()))
        .with_hint("run the same command again: it waits on from here")
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Pace =
        Pace { deadline: Duration::from_millis(20), first: Duration::from_millis(1), most: Duration::from_millis(2) };

    /// Far longer than the test, so that only the condition ends the wait.
    const LONG: Pace = Pace { deadline: Duration::from_secs(3600), ..QUICK };

    #[tokio::test]
    async fn waiting_ends_when_the_condition_holds() {
        let mut looks = 0;
        let cancel = CancellationToken::new();
        let found = until(&cancel, LONG, "wait", async || {
            looks += 1;
            Ok((looks == 4).then_some(looks))
        });
        assert_eq!(found.await.unwrap(), 4);
    }

    #[tokio::test]
    async fn waiting_ends_at_the_deadline() {
        let cancel = CancellationToken::new();
        let never = until(&cancel, QUICK, "wait for x", async || Ok(None::<()>));
        assert_eq!(never.await.unwrap_err().code, "aws/timeout");
    }

    #[tokio::test]
    async fn a_cancelled_wait_is_interrupted() {
        let cancel = CancellationToken::new();
        let never = until(&cancel, LONG, "wait for x", async || {
            cancel.cancel();
            Ok(None::<()>)
        });
        assert_eq!(never.await.unwrap_err().code, "run/interrupted");
    }
}
