//! Which failures are worth another try, and when: AWS's standard retry mode
//! (SDKs and Tools reference guide, "Retry behavior") with full jitter.

use std::time::Duration;

use crate::error::Fault;

pub(crate) const MAX_ATTEMPTS: u32 = 3;

const BASE: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(5);

const CODES: [&str; 15] = [
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "InternalError",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestTimeout",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
];

/// True for throttles and failures of the service itself.
pub(crate) fn is_worthwhile(fault: &Fault) -> bool {
    matches!(fault.status, 429 | 500 | 502 | 503 | 504) || CODES.contains(&fault.code.as_str())
}

/// How long to wait after the `attempt`-th failure, counted from 1. `fraction`
/// is random between 0 and 1.
pub(crate) fn pause(attempt: u32, fraction: f64) -> Duration {
    let ceiling = BASE.saturating_mul(2_u32.saturating_pow(attempt)).min(LONGEST);
    ceiling.mul_f64(fraction.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(status: u16, code: &str) -> Fault {
        Fault { status, code: code.into(), message: String::new(), request_id: None, region: None }
    }

    #[test]
    fn throttles_and_server_failures_are_tried_again() {
        for retried in [fault(503, "SlowDown"), fault(400, "Throttling"), fault(500, "HTTP 500"), fault(429, "x")] {
            assert!(is_worthwhile(&retried), "{retried:?}");
        }
        for given_up in [fault(403, "AccessDenied"), fault(404, "NoSuchBucket"), fault(301, "PermanentRedirect")] {
            assert!(!is_worthwhile(&given_up), "{given_up:?}");
        }
    }

    #[test]
    fn the_pause_is_anywhere_below_a_growing_ceiling() {
        assert_eq!(pause(1, 0.0), Duration::ZERO);
        assert_eq!(pause(1, 1.0), Duration::from_millis(400));
        assert_eq!(pause(2, 0.5), Duration::from_millis(400));
        assert_eq!(pause(30, 1.0), LONGEST);
    }
}
