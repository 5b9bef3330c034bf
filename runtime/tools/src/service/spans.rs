//! Numbers with units, and spans of time, as people write them.

use time::format_description::well_known::{Iso8601, Rfc3339};
use time::{Date, Duration, Month, OffsetDateTime, Time};

use super::question::Window;
use super::words;

/// Longest span: CloudWatch keeps metrics for 455 days.
const LONGEST: Duration = Duration::days(455);

const NUMBERS: [(&str, f64); 14] = [
    ("a", 1.0),
    ("an", 1.0),
    ("one", 1.0),
    ("two", 2.0),
    ("three", 3.0),
    ("four", 4.0),
    ("five", 5.0),
    ("six", 6.0),
    ("seven", 7.0),
    ("eight", 8.0),
    ("nine", 9.0),
    ("ten", 10.0),
    ("twelve", 12.0),
    ("thirty", 30.0),
];

/// A unit by all its names.
const UNITS: [(&str, &[&str]); 10] = [
    ("minute", &["min", "mins", "minutes", "m"]),
    ("hour", &["hours", "h", "hr", "hrs"]),
    ("day", &["days", "d"]),
    ("week", &["weeks", "w"]),
    ("month", &["months"]),
    ("year", &["years", "y", "yr", "yrs"]),
    ("second", &["seconds", "s", "sec", "secs"]),
    ("%", &["percent", "pct", "percentage"]),
    ("$", &["dollar", "dollars", "usd"]),
    ("gib", &["gb", "gigabyte", "gigabytes"]),
];

/// How many days a longer unit has, for callers that count days.
const DAYS: [(&str, f64); 3] = [("week", 7.0), ("month", 30.0), ("year", 365.0)];

/// The number before (`90 days`, `5%`) or, for currencies, behind (`$100`) one of
/// these units. Longer units count where days are asked for: two weeks are 14 days.
pub(crate) fn number_before(text: &str, units: &[&str]) -> Option<f64> {
    let units: Vec<&str> = units.iter().map(|unit| canonical(unit)).collect();
    let pairs = quantities(text);
    let direct = pairs.iter().find(|(_, unit)| units.contains(&unit.as_str())).map(|(number, _)| *number);
    let in_days = || {
        let longer = pairs.iter().find_map(|(number, unit)| {
            let (_, days) = DAYS.iter().find(|(name, _)| name == unit)?;
            Some(number * days)
        });
        longer.filter(|_| units.contains(&"day"))
    };
    direct.or_else(in_days)
}

/// Numbers with the unit that follows them; one with a currency in front has that.
fn quantities(text: &str) -> Vec<(f64, String)> {
    let tokens = tokens(text);
    let mut found = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let Some(number) = number(token) else { continue };
        if index > 0 && tokens[index - 1] == "$" {
            found.push((number, "$".to_owned()));
        } else if let Some(next) = tokens.get(index + 1) {
            found.push((number, canonical(next).to_owned()));
        }
    }
    found
}

/// Words, numbers and the signs `%` and `$`, each by itself: `24h` is `24` and `h`.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let (mut current, mut is_number) = (String::new(), false);
    for character in text.to_lowercase().chars().chain([' ']) {
        let numeric = character.is_ascii_digit() || (is_number && (character == '.' || character == ','));
        let alphabetic = character.is_alphabetic();
        if !current.is_empty() && (numeric != is_number || !(numeric || alphabetic)) {
            tokens.push(std::mem::take(&mut current));
        }
        match character {
            '%' | '$' => tokens.push(character.into()),
            _ if numeric || alphabetic => current.push(character),
            _ => {}
        }
        is_number = numeric;
    }
    tokens
}

fn number(token: &str) -> Option<f64> {
    let spelled = NUMBERS.iter().find(|(word, _)| *word == token).map(|(_, number)| *number);
    let written = || token.trim_end_matches(['.', ',']).replace(',', "").parse::<f64>().ok();
    spelled.or_else(|| token.starts_with(|first: char| first.is_ascii_digit()).then(written).flatten())
}

fn canonical(unit: &str) -> &str {
    let found = UNITS.iter().find(|(name, others)| *name == unit || others.contains(&unit));
    found.map_or(unit, |(name, _)| *name)
}

/// The span that a text names: `yesterday`, `this month`, `last 24 hours`,
/// `between 2026-11-01 and 2026-11-15`. The last week is seven days back from
/// now; the last month is the calendar month, as bills have it.
pub(crate) fn window(text: &str, now: OffsetDateTime) -> Option<Window> {
    dates(text, now).or_else(|| named(&words::split(text), now)).or_else(|| counted(text, now))
}

/// A time that is written out: RFC 3339, or a date, which is its first moment in UTC.
pub(crate) fn moment(text: &str) -> Option<OffsetDateTime> {
    let time = OffsetDateTime::parse(text, &Rfc3339).ok();
    time.or_else(|| Some(Date::parse(text, &Iso8601::DATE).ok()?.midnight().assume_utc()))
}

/// One date is a start; a second one is an end, that day included.
fn dates(text: &str, now: OffsetDateTime) -> Option<Window> {
    let written = text.split(|character: char| character.is_whitespace() || ",;()?".contains(character));
    let mut found = written.filter(|word| word.len() >= 10).filter_map(|word| {
        let moment = moment(word.trim_end_matches('.'))?;
        Some((moment, word.len() <= 11))
    });
    let (start, _) = found.next()?;
    let end = found.next().map(|(end, is_day)| if is_day { end + Duration::DAY } else { end });
    bounded(start, end.unwrap_or(now).min(now.max(start)))
}

fn named(words: &[String], now: OffsetDateTime) -> Option<Window> {
    let said = |phrase: &str| {
        let phrase: Vec<&str> = phrase.split(' ').collect();
        words.windows(phrase.len()).any(|part| part.iter().map(String::as_str).eq(phrase.iter().copied()))
    };
    let today = now.replace_time(Time::MIDNIGHT);
    let month = first_of_month(today);
    let year = month.replace_month(Month::January).unwrap_or(month);
    let monday = today - Duration::days(i64::from(now.weekday().number_days_from_monday()));
    let month_before = first_of_month(month - Duration::DAY);
    match () {
        () if said("since yesterday") => bounded(today - Duration::DAY, now),
        () if said("yesterday") => bounded(today - Duration::DAY, today),
        () if said("today") => bounded(today, now),
        () if said("this week") => bounded(monday, now),
        () if said("this month") || said("month to date") || said("current month") => bounded(month, now),
        () if said("last month") || said("previous month") => bounded(month_before, month),
        () if said("this year") || said("year to date") => bounded(year, now),
        () => ["last", "past", "previous"].into_iter().find_map(|word| {
            let units = [("hour", Duration::HOUR), ("day", Duration::DAY), ("week", Duration::WEEK)];
            let mut units = units.into_iter().chain([("month", Duration::days(30)), ("year", Duration::days(365))]);
            let (_, length) = units.find(|(unit, _)| said(&format!("{word} {unit}")))?;
            bounded(now - length, now)
        }),
    }
}

fn counted(text: &str, now: OffsetDateTime) -> Option<Window> {
    const SECONDS: [(&str, f64); 6] = [
        ("minute", 60.0),
        ("hour", 3600.0),
        ("day", 86_400.0),
        ("week", 604_800.0),
        ("month", 2_592_000.0),
        ("year", 31_536_000.0),
    ];
    let length = quantities(text).into_iter().find_map(|(number, unit)| {
        let (_, seconds) = SECONDS.iter().find(|(name, _)| *name == unit)?;
        Some(number * seconds).filter(|length| *length > 0.0)
    })?;
    bounded(now - Duration::seconds_f64(length.min(LONGEST.as_seconds_f64())), now)
}

/// None for a span that is empty; a span that is too long loses its beginning.
fn bounded(start: OffsetDateTime, end: OffsetDateTime) -> Option<Window> {
    (start < end).then(|| Window { start: start.max(end - LONGEST), end })
}

fn first_of_month(day: OffsetDateTime) -> OffsetDateTime {
    day.replace_day(1).unwrap_or(day).replace_time(Time::MIDNIGHT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    /// A Sunday.
    const NOW: OffsetDateTime = datetime!(2026-11-22 09:30 UTC);

    fn span(text: &str) -> Option<(OffsetDateTime, OffsetDateTime)> {
        window(text, NOW).map(|window| (window.start, window.end))
    }

    #[test]
    fn numbers_stand_before_their_unit_in_any_spelling() {
        assert_eq!(number_before("keys older than 90 days?", &["day"]), Some(90.0));
        assert_eq!(number_before("older than 90d", &["days"]), Some(90.0));
        assert_eq!(number_before("error rate over 2.5%", &["%"]), Some(2.5));
        assert_eq!(number_before("over five percent", &["%"]), Some(5.0));
        assert_eq!(number_before("stacks above $1,000", &["usd"]), Some(1000.0));
        assert_eq!(number_before("unused for 3 months", &["day", "days", "d"]), Some(90.0));
        assert_eq!(number_before("10 buckets", &["day"]), None);
    }

    #[test]
    fn calendar_spans_start_at_midnight_in_utc() {
        let today = datetime!(2026-11-22 00:00 UTC);
        assert_eq!(span("errors yesterday"), Some((datetime!(2026-11-21 00:00 UTC), today)));
        assert_eq!(span("today"), Some((today, NOW)));
        assert_eq!(span("cost this month"), Some((datetime!(2026-11-01 00:00 UTC), NOW)));
        assert_eq!(span("last month"), Some((datetime!(2026-10-01 00:00 UTC), datetime!(2026-11-01 00:00 UTC))));
        assert_eq!(span("this week"), Some((datetime!(2026-11-16 00:00 UTC), NOW)));
    }

    #[test]
    fn counted_spans_go_back_from_now() {
        for text in ["in the last 24 hours", "last 24h", "past day", "over the last day", "in a day"] {
            assert_eq!(span(text), Some((NOW - Duration::DAY, NOW)), "{text}");
        }
        assert_eq!(span("last 7 days"), Some((NOW - Duration::WEEK, NOW)));
        assert_eq!(span("the last two weeks"), Some((NOW - Duration::weeks(2), NOW)));
        assert_eq!(span("which buckets are public"), None);
    }

    #[test]
    fn written_dates_bound_a_span_with_the_last_day_in_it() {
        let start = datetime!(2026-11-01 00:00 UTC);
        assert_eq!(span("since 2026-11-01"), Some((start, NOW)));
        assert_eq!(span("from 2026-11-01 to 2026-11-15."), Some((start, datetime!(2026-11-16 00:00 UTC))));
    }

    #[test]
    fn a_span_is_never_longer_than_metrics_are_kept() {
        let window = window("last 100 years", NOW).unwrap();
        assert_eq!(window.end - window.start, LONGEST);
    }
}
