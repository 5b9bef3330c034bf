//! What an operator asks for besides deploying: gateways and targets as they
//! are, images and who uses them, log events. Reads only.

mod gateways;
mod images;
mod logs;
mod targets;
#[cfg(test)]
mod wire_tests;

pub use gateways::{GatewayDetails, GatewaySummary, Ownership, gateway_details, list_gateways};
pub use images::{LiveImage, StoredImage, live_images, stored_images};
pub use logs::{LogEvent, LogQuery, log_events};
pub use targets::{TargetDetails, TargetSummary, ToolSummary, list_targets, target_details};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

/// RFC 3339 in UTC, to the second.
fn time_text(time: &DateTime) -> String {
    DateTime::from_secs(time.secs()).fmt(Format::DateTime).unwrap_or_default()
}
