//! Which failures are worth another try, and when: AWS's standard retry mode
//! (SDKs and Tools reference guide, "Retry behavior") with full jitter.

use std::time::Duration;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use crate::error::Fault;
use crate::protocol::Reply;

const BASE: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(5);

const CODES: [&str; 17] = [
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
    "RequestTimeoutException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
];

/// True for throttles and failures of the service itself.
pub(crate) fn is_worthwhile(fault: &Fault) -> bool {
    matches!(fault.status, 429 | 500 | 502 | 503 | 504) || CODES.contains(&fault.code.as_str())
}

/// A signature that a wrong clock can be the reason of.
pub(crate) fn is_about_time(fault: &Fault) -> bool {
    const CODES: [&str; 6] = [
        "AuthFailure",
        "InvalidSignatureException",
        "RequestExpired",
        "RequestInTheFuture",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
    ];
    CODES.contains(&fault.code.as_str())
}

/// The wait that the answer asks for: milliseconds in x-amz-retry-after, seconds or
/// a time in Retry-After (RFC 9110, section 10.2.3).
pub(crate) fn retry_after(reply: &Reply) -> Option<Duration> {
    if let Some(milliseconds) = reply.header("x-amz-retry-after").and_then(|text| text.parse().ok()) {
        return Some(Duration::from_millis(milliseconds));
    }
    let text = reply.header("retry-after")?;
    let until = || {
        let then = DateTime::from_str(text, Format::HttpDate).ok()?.secs();
        let now = DateTime::from_str(reply.header("date")?, Format::HttpDate).ok()?.secs();
        u64::try_from(then.saturating_sub(now)).ok()
    };
    text.parse().ok().or_else(until).map(Duration::from_secs)
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
    fn the_wait_that_an_answer_asks_for_is_read() {
        let wait = |headers: &[(&'static str, &str)]| {
            let headers = headers.iter().map(|(name, value)| ((*name).parse().unwrap(), value.parse().unwrap()));
            retry_after(&Reply { status: 503, headers: headers.collect(), body: bytes::Bytes::new() })
        };
        assert_eq!(wait(&[("retry-after", "3")]), Some(Duration::from_secs(3)));
        assert_eq!(wait(&[("x-amz-retry-after", "250"), ("retry-after", "3")]), Some(Duration::from_millis(250)));
        let (date, then) = ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:42 GMT");
        assert_eq!(wait(&[("date", date), ("retry-after", then)]), Some(Duration::from_secs(5)));
        assert_eq!(wait(&[("retry-after", "soon")]), None);
        assert_eq!(wait(&[]), None);
    }

    #[test]
    fn the_pause_is_anywhere_below_a_growing_ceiling() {
        assert_eq!(pause(1, 0.0), Duration::ZERO);
        assert_eq!(pause(1, 1.0), Duration::from_millis(400));
        assert_eq!(pause(2, 0.5), Duration::from_millis(400));
        assert_eq!(pause(30, 1.0), LONGEST);
    }
}
