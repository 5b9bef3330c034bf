//! What the process needs before its first call: TLS, a log and its settings.

use contract::tool_settings::{ToolSettings, VARIABLE};
use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

const LEVELS: [&str; 5] = ["trace", "debug", "info", "warn", "error"];

/// Chooses ring for TLS and writes the log as JSON lines at LOG_LEVEL, each with
/// its time: on Lambda the log has one of its own, elsewhere it has not.
pub fn prepare() {
    // The only failure is that a provider is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let level = std::env::var("LOG_LEVEL").unwrap_or_default();
    tracing::subscriber::set_global_default(log(&level, std::io::stdout)).expect("nothing else installs a log");
    if !is_level(&level) {
        tracing::warn!(expected = LEVELS.join(", "), "LOG_LEVEL is no level, so info is logged");
    }
}

fn log<W>(level: &str, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_env_filter(EnvFilter::new(filter(level)))
        .with_writer(writer)
        .finish()
}

/// The settings that the environment gives.
///
/// Fails with one text of all that is wrong, which is logged too.
pub fn settings() -> Result<ToolSettings, String> {
    let variable = match std::env::var(VARIABLE) {
        Ok(text) => Some(text),
        Err(std::env::VarError::NotPresent) => None,
        Err(std::env::VarError::NotUnicode(_)) => Some("\u{fffd}".to_owned()),
    };
    let settings = ToolSettings::parse(variable.as_deref());
    if let Err(fault) = &settings {
        tracing::error!(fault, "no tool can run");
    }
    settings
}

/// LOG_LEVEL is for our own crates. Libraries log events, headers and signed
/// requests at their lower levels, so they stay at `warn`.
fn filter(level: &str) -> String {
    let level = level.to_ascii_lowercase();
    let level = if LEVELS.contains(&level.as_str()) { &level } else { "info" };
    let libraries = if level == "error" { "error" } else { "warn" };
    format!("{libraries},tools={level},aws_read={level}")
}

/// True for a level and for none at all, which means the usual one.
fn is_level(level: &str) -> bool {
    level.is_empty() || LEVELS.contains(&level.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_is_json_with_its_time() {
        let lines = Lines::default();
        let writer = lines.clone();
        tracing::subscriber::with_default(log("info", move || writer.clone()), || tracing::info!(rows = 3, "answered"));
        let line: serde_json::Value = serde_json::from_slice(&lines.0.lock().unwrap()).unwrap();
        let time = line["timestamp"].as_str().unwrap();
        let parsed = time::OffsetDateTime::parse(time, &time::format_description::well_known::Rfc3339);
        assert!(parsed.is_ok(), "{time}");
        assert_eq!((&line["message"], &line["rows"]), (&"answered".into(), &3.into()));
    }

    #[test]
    fn libraries_never_log_below_warnings() {
        assert_eq!(filter("TRACE"), "warn,tools=trace,aws_read=trace");
        assert_eq!(filter("error"), "error,tools=error,aws_read=error");
    }

    #[test]
    fn an_unknown_level_means_info_and_is_told() {
        for level in ["loud", "hyper=trace"] {
            assert_eq!(filter(level), "warn,tools=info,aws_read=info");
            assert!(!is_level(level));
        }
        assert_eq!(filter(""), "warn,tools=info,aws_read=info");
        assert!(is_level("") && is_level("Debug"));
    }
}
