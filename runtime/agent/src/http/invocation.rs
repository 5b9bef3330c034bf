//! What Lambda says about the invocation: its id and its deadline.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::Extensions;
use axum::http::request::Parts;
use lambda_http::request::RequestContext;
use tokio::time::Instant;

/// Time between a turn's deadline and the function's end, to store the turn and close the stream.
const MARGIN: Duration = Duration::from_secs(10);

/// For a server without Lambda's deadline: the original's function timeout, less the margin.
const WITHOUT_LAMBDA: Duration = Duration::from_secs(290);

/// Lambda's id of the invocation; the function URL gives the same one to its caller.
pub fn request_id(extensions: &Extensions) -> String {
    let of_context = || context(extensions).map(|context| context.request_id.clone());
    let of_event = || match extensions.get::<RequestContext>() {
        Some(RequestContext::ApiGatewayV2(context)) => context.request_id.clone(),
        _ => None,
    };
    of_context().filter(|id| !id.is_empty()).or_else(of_event).unwrap_or_default()
}

/// When a turn must have ended.
pub fn deadline(parts: &Parts) -> Instant {
    let deadline = context(&parts.extensions).map(|context| context.deadline).filter(|deadline| *deadline > 0);
    Instant::now() + deadline.map_or(WITHOUT_LAMBDA, |deadline| time_left(deadline, SystemTime::now()))
}

/// `deadline` in milliseconds since the epoch, as Lambda's Runtime API gives it.
fn time_left(deadline: u64, now: SystemTime) -> Duration {
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let left = Duration::from_millis(deadline).saturating_sub(now);
    left.saturating_sub(MARGIN.min(left / 3))
}

fn context(extensions: &Extensions) -> Option<&lambda_http::Context> {
    extensions.get::<lambda_http::Context>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_margin_is_kept_and_never_more_than_a_third() {
        let now = UNIX_EPOCH + Duration::from_secs(1_000);
        assert_eq!(time_left(1_300_000, now), Duration::from_secs(290));
        assert_eq!(time_left(1_015_000, now), Duration::from_secs(10));
        assert_eq!(time_left(999_000, now), Duration::ZERO);
    }
}
