//! Metrics, as lines of CloudWatch's embedded metric format on stdout: Lambda
//! hands them to CloudWatch Logs, which makes metrics of them without a call
//! of ours (CloudWatch user guide, "Specification: Embedded metric format").

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use crate::model::Usage;

const NAMESPACE: &str = "AwsOperationsAgent";
const ENVIRONMENT: &str = "Environment";
const TOOL: &str = "Tool";

/// Writes metrics of one environment.
#[derive(Clone)]
pub struct Metrics {
    environment: String,
    out: Arc<Mutex<dyn Write + Send>>,
}

/// One turn, measured.
#[derive(Debug, Clone, PartialEq)]
pub struct TurnMeasures<'a> {
    /// [`crate::turn::Ending::name`].
    pub ending: &'a str,
    /// Whether the answer is whole.
    pub whole: bool,
    pub rounds: usize,
    pub tool_calls: usize,
    pub usage: Usage,
    pub duration_ms: u64,
    /// Until the model's first sign of life.
    pub first_token_ms: Option<u64>,
}

/// A value with its unit, one of CloudWatch's.
struct Metric {
    name: &'static str,
    unit: &'static str,
    value: u64,
}

impl Metrics {
    pub fn new(environment: impl Into<String>) -> Self {
        Self::writing_to(environment, Arc::new(Mutex::new(out())))
    }

    /// Writes the lines somewhere else than to stdout.
    pub fn writing_to(environment: impl Into<String>, out: Arc<Mutex<dyn Write + Send>>) -> Self {
        Self { environment: environment.into(), out }
    }

    /// Turns by environment. How a turn ended is a property of the line and no dimension.
    pub fn turn(&self, measures: &TurnMeasures<'_>) {
        let properties = [("Ending", measures.ending)];
        self.write(&self.line(&[&[ENVIRONMENT]], &properties, &turn_metrics(measures)));
    }

    /// `tool` is a name that the gateway serves.
    pub fn tool(&self, tool: &str, success: bool, duration_ms: u64, bytes: usize) {
        let metrics = [
            Metric { name: "ToolDuration", unit: "Milliseconds", value: duration_ms },
            count("ToolFailures", usize::from(!success)),
            Metric { name: "ToolBytes", unit: "Bytes", value: bytes as u64 },
        ];
        self.write(&self.line(&[&[ENVIRONMENT], &[ENVIRONMENT, TOOL]], &[(TOOL, tool)], &metrics));
    }

    /// One document: what is measured, by which dimensions, and the values beside it.
    fn line(&self, dimensions: &[&[&str]], properties: &[(&str, &str)], metrics: &[Metric]) -> Value {
        let definitions: Vec<Value> =
            metrics.iter().map(|metric| json!({"Name": metric.name, "Unit": metric.unit})).collect();
        let directive = json!({"Namespace": NAMESPACE, "Dimensions": dimensions, "Metrics": definitions});
        let mut line = Map::new();
        line.insert("_aws".into(), json!({"Timestamp": now(), "CloudWatchMetrics": [directive]}));
        line.insert(ENVIRONMENT.into(), self.environment.as_str().into());
        line.extend(properties.iter().map(|(name, text)| ((*name).to_owned(), Value::from(*text))));
        line.extend(metrics.iter().map(|metric| (metric.name.to_owned(), metric.value.into())));
        Value::Object(line)
    }

    /// In one write, so that no log line comes between; a turn does not fail because stdout is gone.
    fn write(&self, line: &Value) {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        let written = out.write_all(format!("{line}\n").as_bytes()).and_then(|()| out.flush());
        if let Err(error) = written {
            tracing::debug!("the metrics were not written: {error}");
        }
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").field("environment", &self.environment).finish_non_exhaustive()
    }
}

#[cfg(not(test))]
fn out() -> impl Write + Send {
    std::io::stdout()
}

/// What a test prints is kept from the terminal.
#[cfg(test)]
fn out() -> impl Write + Send {
    tracing_subscriber::fmt::TestWriter::new()
}

fn turn_metrics(measures: &TurnMeasures<'_>) -> Vec<Metric> {
    let first_token = measures.first_token_ms.map(|value| Metric { name: "FirstToken", unit: "Milliseconds", value });
    let tokens = |name, value| Metric { name, unit: "Count", value };
    let mut metrics = vec![
        count("Turns", 1),
        Metric { name: "TurnDuration", unit: "Milliseconds", value: measures.duration_ms },
        count("Rounds", measures.rounds),
        count("ToolCalls", measures.tool_calls),
        tokens("InputTokens", measures.usage.input_tokens),
        tokens("OutputTokens", measures.usage.output_tokens),
        tokens("CacheReadTokens", measures.usage.cache_read_tokens),
        count("Failures", usize::from(!measures.whole)),
    ];
    metrics.extend(first_token);
    metrics
}

fn count(name: &'static str, value: usize) -> Metric {
    Metric { name, unit: "Count", value: value as u64 }
}

/// Milliseconds since the epoch.
fn now() -> u64 {
    milliseconds(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

/// A duration in whole milliseconds, as logs, metrics and events tell it.
pub fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
