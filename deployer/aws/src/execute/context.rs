//! What the code for one resource gets: clients, a line to report on, a way to wait.

use deployer_core::progress::Reporter;
use deployer_core::{Failure, Settings};
use sha2::{Digest, Sha256};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::Clients;
use crate::errors::may_be_iam_propagation;
use crate::wait::{self, Pace, Wait};

/// How often something is tried in the time that IAM is given: every 3 seconds of 2 minutes.
const IAM_TRIES: u32 = 40;

/// One step's surroundings.
pub struct Context<'a> {
    pub clients: &'a Clients,
    pub settings: &'a Settings,
    pub reporter: &'a dyn Reporter,
    pub cancel: &'a CancellationToken,
    pub run_id: &'a str,
    /// The step's line.
    pub key: &'static str,
}

impl Context<'_> {
    pub fn detail(&self, text: impl Into<String>) {
        self.reporter.detail(self.key, text);
    }

    /// Looks until something is found; see [`Wait::until`].
    pub async fn until<T>(
        &self,
        pace: Pace,
        doing: &str,
        look: impl AsyncFnMut() -> Result<Option<T>, Failure>,
    ) -> Result<T, Failure> {
        Wait { cancel: self.cancel, deadlines: &self.settings.deadlines, pace, doing }.until(look).await
    }

    /// Tries again what may be IAM that has not told everybody yet of a new role or
    /// policy, until IAM has had its time. The inner failure of an attempt is the
    /// service's word on the resource; any other one ends it. Attempts count from 0.
    pub async fn past_iam<T>(
        &self,
        doing: &str,
        mut attempt: impl AsyncFnMut(u32) -> Result<Result<T, Failure>, Failure>,
    ) -> Result<T, Failure> {
        let patience = Pace::IAM.deadline(&self.settings.deadlines);
        let deadline = Instant::now() + patience;
        let mut attempts = 0..;
        loop {
            let failure = match attempt(attempts.next().unwrap_or_default()).await? {
                Ok(made) => return Ok(made),
                Err(failure) => failure,
            };
            if !self.may_be_iam(&failure.cause) || Instant::now() >= deadline {
                return Err(failure);
            }
            self.detail("waiting for IAM");
            wait::sleep(self.cancel, patience / IAM_TRIES, doing).await?;
        }
    }

    /// True when the failure may go away once IAM has told everybody of a new role.
    pub fn may_be_iam(&self, cause: &str) -> bool {
        may_be_iam_propagation(cause, self.clients.principal())
    }

    /// An idempotency token: the same for every attempt at the same purpose in
    /// this run, different in any other run, since a token of an earlier run
    /// could be answered with what that run made and somebody has deleted since.
    pub fn token(&self, purpose: &str) -> String {
        hex::encode(Sha256::digest(format!("{}/{}/{purpose}", self.run_id, self.key)))
    }
}
