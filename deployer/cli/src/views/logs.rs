//! One line of a function's log.

use time::OffsetDateTime;
use time::macros::format_description;

use super::foreign::escaped;
use super::out::say;
use crate::inspection::logs::LogLine;

pub fn show(line: &LogLine) {
    say!("{}", text(line));
}

/// "2026-01-01T10:00:00.123Z agent the message"; a dash where the line has no time.
fn text(line: &LogLine) -> String {
    let time = line.at_ms.and_then(time_text).unwrap_or_else(|| "-".into());
    format!("{time:<24} {:<5} {}", line.function.label(), escaped(line.text.trim_end_matches(['\r', '\n'])))
}

fn time_text(at_ms: i64) -> Option<String> {
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(at_ms) * 1_000_000).ok()?;
    let form = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    at.format(form).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_in_utc_to_the_millisecond() {
        assert_eq!(time_text(1_700_000_000_500).unwrap(), "2023-11-14T22:13:20.500Z");
    }
}
