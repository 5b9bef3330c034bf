//! Structured logs: one JSON object a line on stdout.
//!
//! Only this crate logs below warnings. Its lines hold identifiers, names,
//! durations and counts, never what users, models or tools said. The libraries
//! stay quiet because their debug output holds whole requests.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;

/// Sends the logs of this process to stdout. Does nothing when called again.
pub fn install(level: &LevelFilter) {
    let others = (*level).min(LevelFilter::WARN);
    let filter = EnvFilter::new(format!("{others},rmcp=off,agent={level}"));
    let installed = tracing_subscriber::fmt().json().flatten_event(true).with_env_filter(filter).try_init();
    if installed.is_err() {
        tracing::debug!("logging was installed before");
    }
}
