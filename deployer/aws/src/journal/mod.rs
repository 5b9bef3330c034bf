//! The record of runs in the deployments table.
//!
//! A run is one item under `pk` = `history`, sorted by `<time>#<run id>`, so that
//! the newest runs are one query; each of its steps is an item under
//! `pk` = `run#<run id>`, sort key `step#<number>`. Every write is a transaction
//! that checks the lease's fence. Items go after 90 days (attribute `ttl`).

mod record;
mod writer;

pub(crate) use writer::{Journal, lease_lost};

/// Partition key of the runs.
const HISTORY: &str = "history";
