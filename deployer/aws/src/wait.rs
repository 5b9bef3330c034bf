//! Waiting for a condition: polls with growing pauses, a deadline, and an ear for Ctrl-C.

use std::time::Duration;

use deployer_core::Failure;
use deployer_core::settings::Deadlines;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How long to wait for something, and how often to look.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    limit: Limit,
    first: Duration,
    most: Duration,
}

/// Which of the settings' deadlines holds.
#[derive(Debug, Clone, Copy)]
enum Limit {
    Stack,
    Resource,
    Iam,
    Fixed(Duration),
}

impl Pace {
    /// A CloudFormation stack.
    pub const STACK: Self = Self::new(Limit::Stack, 300, 5_000);
    /// A gateway, a target, a table, a function.
    pub const RESOURCE: Self = Self::new(Limit::Resource, 300, 3_000);
    /// What another run at the same moment is about to do.
    pub const OTHER_RUN: Self = Self::new(Limit::Fixed(Duration::from_secs(30)), 300, 1_000);
    /// A new role or policy that other services have not heard of yet.
    pub const IAM: Self = Self::new(Limit::Iam, 1_000, 8_000);

    const fn new(limit: Limit, first_ms: u64, most_ms: u64) -> Self {
        Self { limit, first: Duration::from_millis(first_ms), most: Duration::from_millis(most_ms) }
    }

    /// The longest wait that the settings allow.
    pub fn deadline(&self, deadlines: &Deadlines) -> Duration {
        match self.limit {
            Limit::Stack => seconds(deadlines.stack_seconds),
            Limit::Resource => seconds(deadlines.resource_seconds),
            Limit::Iam => seconds(deadlines.iam_seconds),
            Limit::Fixed(deadline) => deadline,
        }
    }

    fn grown(&self, pause: Duration) -> Duration {
        (pause * 3 / 2).min(self.most)
    }
}

fn seconds(count: u32) -> Duration {
    Duration::from_secs(count.into())
}

/// Some time up to `most`, evenly spread, so that those who met once do not meet again.
pub(crate) fn jittered(most: Duration) -> Duration {
    let [chance, ..] = Uuid::new_v4().into_bytes();
    most * u32::from(chance) / 255
}

/// One wait: who may end it, how long it lasts and what it is for.
pub(crate) struct Wait<'a> {
    pub cancel: &'a CancellationToken,
    pub deadlines: &'a Deadlines,
    pub pace: Pace,
    /// "wait for stack `x`"
    pub doing: &'a str,
}

impl Wait<'_> {
    /// Calls `look` until it finds something.
    ///
    /// Errors: those of `look`, `aws/timeout` at the deadline and `run/interrupted`.
    pub async fn until<T>(&self, mut look: impl AsyncFnMut() -> Result<Option<T>, Failure>) -> Result<T, Failure> {
        let patience = self.pace.deadline(self.deadlines);
        let deadline = Instant::now() + patience;
        let mut pause = self.pace.first;
        loop {
            if let Some(found) = look().await? {
                return Ok(found);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(timed_out(self.doing, patience));
            }
            // The last look is at the deadline.
            sleep(self.cancel, pause.min(left), self.doing).await?;
            pause = self.pace.grown(pause);
        }
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

/// Of work that was ended in the middle of a call.
pub(crate) fn cut_off(doing: &str) -> Failure {
    Failure::new("run/interrupted", doing, "interrupted in the middle of a call, which may have had its effect")
        .with_hint("run the same command again: it looks at what is there, and finishes")
}

fn timed_out(doing: &str, deadline: Duration) -> Failure {
    Failure::new("aws/timeout", doing, format!("not done after {} seconds", deadline.as_secs()))
        .with_hint("run the same command again: it waits on from here")
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEADLINES: Deadlines = Deadlines {
        call_seconds: 1,
        attempts: 2,
        resource_seconds: 3,
        stack_seconds: 4,
        iam_seconds: 5,
        lease_seconds: 6,
    };

    /// Far longer than the test, so that only the condition ends the wait.
    const LONG: Pace = pace(Duration::from_secs(3600));

    const fn pace(deadline: Duration) -> Pace {
        Pace { limit: Limit::Fixed(deadline), first: Duration::from_millis(1), most: Duration::from_millis(2) }
    }

    fn wait(cancel: &CancellationToken, pace: Pace) -> Wait<'_> {
        Wait { cancel, deadlines: &DEADLINES, pace, doing: "wait for x" }
    }

    #[test]
    fn the_settings_decide_how_long() {
        let deadlines = [Pace::RESOURCE, Pace::STACK, Pace::IAM].map(|pace| pace.deadline(&DEADLINES).as_secs());
        assert_eq!(deadlines, [3, 4, 5]);
    }

    #[test]
    fn a_jittered_pause_is_never_longer() {
        let most = Duration::from_millis(100);
        assert!((0..200).all(|_| jittered(most) <= most));
    }

    #[tokio::test]
    async fn waiting_ends_when_the_condition_holds() {
        let mut looks = 0;
        let cancel = CancellationToken::new();
        let found = wait(&cancel, LONG)
            .until(async || {
                looks += 1;
                Ok((looks == 4).then_some(looks))
            })
            .await;
        assert_eq!(found.unwrap(), 4);
    }

    #[tokio::test]
    async fn waiting_ends_at_the_deadline() {
        let cancel = CancellationToken::new();
        let never = wait(&cancel, pace(Duration::from_millis(20))).until(async || Ok(None::<()>)).await;
        assert_eq!(never.unwrap_err().code, "aws/timeout");
    }

    #[tokio::test]
    async fn a_cancelled_wait_is_interrupted() {
        let cancel = CancellationToken::new();
        let never = wait(&cancel, LONG)
            .until(async || {
                cancel.cancel();
                Ok(None::<()>)
            })
            .await;
        assert_eq!(never.unwrap_err().code, "run/interrupted");
    }
}
