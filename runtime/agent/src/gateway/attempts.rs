//! Repeated attempts at the gateway. Its tools only read, so a call may be made twice.

use std::time::Duration;

use super::fault::{Again, Fault};
use crate::backoff::Backoff;
use crate::failure::Failure;

const BACKOFF: Backoff = Backoff { base: Duration::from_millis(200), most: Duration::from_secs(3) };

/// A gateway that asks for a longer pause gets no further request: the user would wait in vain.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// How often one request may be made.
#[derive(Debug, Clone, Copy)]
pub struct Attempts(pub u32);

impl Attempts {
    /// Attempts until one succeeds, fails for good, or was the last.
    pub async fn run<T, Attempt>(self, mut attempt: impl FnMut() -> Attempt) -> Result<T, Failure>
    where
        Attempt: Future<Output = Result<T, Fault>>,
    {
        let mut made = 1;
        loop {
            let fault = match attempt().await {
                Ok(value) => return Ok(value),
                Err(fault) => fault,
            };
            match pause(fault.again, made).filter(|_| made < self.0) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Err(counted(fault.failure, made)),
            }
            made += 1;
        }
    }
}

/// The pause before the next attempt; none when there is to be none.
fn pause(again: Again, made: u32) -> Option<Duration> {
    match again {
        Again::Never => None,
        Again::Later => Some(BACKOFF.pause(made)),
        Again::After(wait) => (wait <= LONGEST_WAIT).then(|| wait.max(BACKOFF.pause(made))),
    }
}

fn counted(failure: Failure, made: u32) -> Failure {
    match made {
        1 => failure,
        _ => Failure { message: format!("{} ({made} attempts)", failure.message), ..failure },
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::failure::Code;

    async fn attempts_at(again: Again) -> (u32, Failure) {
        let made = Cell::new(0);
        let attempt = || {
            made.set(made.get() + 1);
            let failure = Failure::new(Code::GatewayUnavailable, "call tool t: HTTP 500");
            std::future::ready(Err::<(), _>(Fault { failure, again }))
        };
        let failure = Attempts(3).run(attempt).await.unwrap_err();
        (made.get(), failure)
    }

    #[tokio::test]
    async fn what_passes_is_attempted_as_often_as_allowed() {
        let (made, failure) = attempts_at(Again::Later).await;
        assert_eq!((made, failure.message.as_str()), (3, "call tool t: HTTP 500 (3 attempts)"));
    }

    #[tokio::test]
    async fn what_is_final_is_attempted_once() {
        let (made, failure) = attempts_at(Again::Never).await;
        assert_eq!((made, failure.message.as_str()), (1, "call tool t: HTTP 500"));
    }

    #[test]
    fn the_gateways_wish_to_wait_is_followed_within_reason() {
        assert_eq!(pause(Again::After(LONGEST_WAIT), 1), Some(LONGEST_WAIT));
        assert_eq!(pause(Again::After(LONGEST_WAIT + Duration::from_secs(1)), 1), None);
        assert!(pause(Again::After(Duration::ZERO), 1).unwrap() <= BACKOFF.base);
    }
}
