//! Structured logs: one JSON object a line on stdout.
//!
//! Only this crate logs below warnings. Its lines hold identifiers, names,
//! durations and counts, and what users, models or tools said only where an
//! environment's `log_content` asks for it; tokens never. The libraries stay
//! quiet because their debug output holds whole requests.

use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Sends the logs of this process to stdout. Does nothing when called again.
pub fn install(level: &LevelFilter) {
    if tracing::subscriber::set_global_default(log(level, std::io::stdout)).is_err() {
        tracing::debug!("logging was installed before");
    }
}

/// The log that writes there.
pub fn log<W>(level: &LevelFilter, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let others = (*level).min(LevelFilter::WARN);
    let filter = EnvFilter::new(format!("{others},rmcp=off,agent={level}"));
    tracing_subscriber::fmt().json().flatten_event(true).with_env_filter(filter).with_writer(writer).finish()
}
