//! `get_time`: the current date and time in UTC.

use serde_json::json;
use time::OffsetDateTime;

use crate::answer::{Outcome, timestamp};

pub(crate) fn run(now: OffsetDateTime) -> Outcome {
    Outcome::result(json!({
        "time": timestamp(now),
        "weekday": now.weekday().to_string(),
        "timezone": "UTC",
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn the_time_is_given_in_utc_with_its_weekday() {
        let result = run(datetime!(2026-11-22 09:08:07.5 UTC)).result;
        let expected = json!({"time": "2026-11-22T09:08:07Z", "weekday": "Sunday", "timezone": "UTC"});
        assert_eq!(result, Some(expected));
    }
}
