//! The lease over the course of a run, with the journal that it guards.
//!
//! The first `up` has no table for a lease until the foundation stack exists:
//! until then the stack's unique name is the lock. `down` gives the lease back
//! right before it deletes that stack.

use deployer_core::Failure;
use tokio_util::sync::CancellationToken;

use super::Run;
use super::schedule::Task;
use crate::journal::Journal;
use crate::lease::{self, Lease, Taken};

pub enum Lock {
    NotTaken,
    /// There is no deployments table, so no lease and no journal.
    NoTable,
    Held(Box<Held>),
    GivenBack,
}

pub struct Held {
    lease: Lease,
    journal: Journal,
}

impl Lock {
    /// Takes the lease where there is a table for it, and opens the journal.
    /// `stop` is cancelled when the lease is lost.
    pub async fn take(run: &Run<'_>, run_id: &str, stop: &CancellationToken) -> Result<Self, Failure> {
        match lease::take(run.clients, run.settings, stop).await? {
            Taken::NoTable => Ok(Self::NoTable),
            Taken::Held(lease) => match Journal::begin(run, &lease.record, run_id).await {
                Ok(journal) => Ok(Self::Held(Box::new(Held { lease, journal }))),
                Err(failure) => {
                    lease.release().await;
                    Err(failure)
                }
            },
        }
    }

    /// True while a lease can still be taken.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::NotTaken | Self::NoTable)
    }

    pub fn has_no_table(&self) -> bool {
        matches!(self, Self::NoTable)
    }

    pub fn is_lost(&self) -> bool {
        matches!(self, Self::Held(held) if held.lease.is_lost())
    }

    pub async fn intent(&self, task: Task<'_>) -> Result<(), Failure> {
        match self {
            Self::Held(held) => held.journal.intent(task.number, task.step).await,
            _ => Ok(()),
        }
    }

    pub async fn result(&self, task: Task<'_>, result: &Result<String, Failure>) -> Result<(), Failure> {
        match self {
            Self::Held(held) => held.journal.result(task.number, task.step, result).await,
            _ => Ok(()),
        }
    }

    /// Notes how the run ended and releases the lease. Neither may hide how it ended.
    pub async fn close(&mut self, result: &Result<(), Failure>) {
        if let Self::Held(held) = self
            && let Err(failure) = held.journal.finish(result).await
        {
            tracing::warn!(%failure, "the journal was not closed");
        }
        self.give_back().await;
    }

    /// Releases the lease with the journal left open: the table is about to go.
    pub async fn give_back(&mut self) {
        if let Self::Held(held) = std::mem::replace(self, Self::GivenBack) {
            held.lease.release().await;
        }
    }
}
