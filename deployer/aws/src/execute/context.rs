//! What the code for one resource gets: clients, a line to report on, a way to wait.

use deployer_core::progress::Reporter;
use deployer_core::{Failure, Settings};
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use crate::Clients;
use crate::errors::may_be_iam_propagation;
use crate::wait::{self, Pace};

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

    /// Looks until something is found; see [`wait::until`].
    pub async fn until<T>(
        &self,
        pace: Pace,
        doing: &str,
        look: impl AsyncFnMut() -> Result<Option<T>, Failure>,
    ) -> Result<T, Failure> {
        wait::until(self.cancel, pace, doing, look).await
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
