//! What the process needs before its first call: TLS and a log.

use tracing_subscriber::EnvFilter;

/// Chooses ring for TLS and writes the log as JSON at LOG_LEVEL.
pub fn prepare() {
    // The only failure is that a provider is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let level = std::env::var("LOG_LEVEL").unwrap_or_default();
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        // Lambda's log has a time for every line.
        .without_time()
        .with_env_filter(EnvFilter::new(filter(&level)))
        .init();
}

/// LOG_LEVEL is for our own crates. Libraries log events, headers and signed
/// requests at their lower levels, so they stay at `warn`.
fn filter(level: &str) -> String {
    let level = level.to_ascii_lowercase();
    let level = if ["trace", "debug", "info", "warn", "error"].contains(&level.as_str()) { &level } else { "info" };
    let libraries = if level == "error" { "error" } else { "warn" };
    format!("{libraries},tools={level},aws_read={level}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_never_log_below_warnings() {
        assert_eq!(filter("TRACE"), "warn,tools=trace,aws_read=trace");
        assert_eq!(filter("error"), "error,tools=error,aws_read=error");
    }

    #[test]
    fn an_unknown_level_means_info() {
        for level in ["", "loud", "hyper=trace"] {
            assert_eq!(filter(level), "warn,tools=info,aws_read=info");
        }
    }
}
