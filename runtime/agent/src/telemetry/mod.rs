//! What the function says about itself: logs, metrics, and the trace that a request belongs to.

pub mod logging;
mod metrics;
mod trace;

pub use metrics::{Metrics, TurnMeasures, milliseconds};
pub use trace::TraceContext;

#[cfg(test)]
mod logging_tests;
#[cfg(test)]
mod metrics_tests;
