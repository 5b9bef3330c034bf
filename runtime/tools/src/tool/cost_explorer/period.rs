//! Spans of whole days as Cost Explorer takes them: the end is excluded, days are UTC.

use serde_json::{Value, json};
use time::{Date, Duration, Month, OffsetDateTime};

/// `start` is in it, `end` is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Period {
    pub start: Date,
    pub end: Date,
}

impl Period {
    /// The month that a question means: this one so far, or the named one. On its
    /// first day a month has no data yet, so the month before stands for it.
    pub fn month(asked: Option<&str>, query: &str, now: OffsetDateTime) -> Option<Self> {
        let today = today(now);
        let query = query.to_lowercase();
        let means_last = ["last month", "previous month", "month before"].iter().any(|words| query.contains(words));
        let this = first_of(today);
        let start = match asked {
            None if means_last || today == this => before(this)?,
            None => this,
            Some("last" | "previous") => before(this)?,
            Some(month) => named(month)?,
        };
        let period = Self { start, end: after(start)?.min(today.next_day()?) };
        (period.start < period.end).then_some(period)
    }

    /// Whole days before today.
    pub fn days(count: i64, now: OffsetDateTime) -> Self {
        let end = today(now);
        Self { start: end - Duration::days(count), end }
    }

    /// From the first of this month to yesterday; absent on the first.
    pub fn month_to_yesterday(now: OffsetDateTime) -> Option<Self> {
        let period = Self { start: first_of(today(now)), end: today(now) };
        (period.start < period.end).then_some(period)
    }

    /// From today to the end of the month.
    pub fn rest_of_month(now: OffsetDateTime) -> Option<Self> {
        Some(Self { start: today(now), end: after(first_of(today(now)))? })
    }

    pub fn month_before(now: OffsetDateTime) -> Option<Self> {
        let end = first_of(today(now));
        Some(Self { start: before(end)?, end })
    }

    /// `TimePeriod` of the API.
    pub fn parameter(self) -> Value {
        json!({"Start": self.start.to_string(), "End": self.end.to_string()})
    }

    /// `2026-11-01 to 2026-11-22`, both in it.
    pub fn words(self) -> String {
        format!("{} to {}", self.start, self.end - Duration::days(1))
    }
}

fn today(now: OffsetDateTime) -> Date {
    now.to_offset(time::UtcOffset::UTC).date()
}

fn first_of(day: Date) -> Date {
    day.replace_day(1).unwrap_or(day)
}

/// The first of the month before this first.
fn before(first: Date) -> Option<Date> {
    first.previous_day().map(first_of)
}

/// The first of the month after this first.
fn after(first: Date) -> Option<Date> {
    Some(first_of(first.checked_add(Duration::days(31))?))
}

/// `2026-10`
fn named(month: &str) -> Option<Date> {
    let (year, number) = month.split_once('-')?;
    let number: u8 = number.parse().ok()?;
    Date::from_calendar_date(year.parse().ok()?, Month::try_from(number).ok()?, 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    fn month(asked: Option<&str>, query: &str, now: OffsetDateTime) -> Option<String> {
        Period::month(asked, query, now).map(Period::words)
    }

    #[test]
    fn a_month_goes_from_its_first_day_to_today() {
        let now = datetime!(2026-11-22 09:00 UTC);
        assert_eq!(month(None, "", now).unwrap(), "2026-11-01 to 2026-11-22");
        assert_eq!(month(Some("2026-11"), "", now).unwrap(), "2026-11-01 to 2026-11-22");
        assert_eq!(month(Some("2026-02"), "", now).unwrap(), "2026-02-01 to 2026-02-28");
        assert_eq!(month(Some("last"), "", now).unwrap(), "2026-10-01 to 2026-10-31");
        assert_eq!(month(None, "Cost of Last Month?", now).unwrap(), "2026-10-01 to 2026-10-31");
    }

    #[test]
    fn the_first_day_of_a_month_is_answered_with_the_month_before() {
        let now = datetime!(2027-01-01 00:10 UTC);
        assert_eq!(month(None, "this month", now).unwrap(), "2026-12-01 to 2026-12-31");
        assert_eq!(Period::month_to_yesterday(now), None);
        assert_eq!(Period::rest_of_month(now).unwrap().words(), "2027-01-01 to 2027-01-31");
        assert_eq!(Period::month_before(now).unwrap().words(), "2026-12-01 to 2026-12-31");
    }

    #[test]
    fn what_is_no_month_and_a_month_to_come_are_refused() {
        let now = datetime!(2026-11-22 09:00 UTC);
        for asked in ["November", "2026-13", "2026", "2026-12", "9999-12"] {
            assert_eq!(month(Some(asked), "", now), None, "{asked}");
        }
    }

    #[test]
    fn the_end_is_excluded_and_days_are_those_of_utc() {
        let now = datetime!(2026-11-22 23:30 -5);
        let days = Period::days(7, now);
        assert_eq!(days.parameter(), json!({"Start": "2026-11-16", "End": "2026-11-23"}));
        assert_eq!(days.words(), "2026-11-16 to 2026-11-22");
    }
}
