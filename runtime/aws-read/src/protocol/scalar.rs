//! Text of an answer as a boolean or a time, and times as text.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

/// S3 writes `TRUE` in policy status and `true` elsewhere.
pub(super) fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// In any form that AWS writes, since services do not keep to the one that their
/// model names.
pub(super) fn timestamp(text: &str) -> Option<DateTime> {
    let formats = [Format::DateTimeWithOffset, Format::HttpDate, Format::EpochSeconds];
    formats.into_iter().find_map(|format| DateTime::from_str(text, format).ok())
}

/// RFC 3339 in UTC; none for a year that it cannot write.
pub(super) fn rfc_3339(time: &DateTime) -> Option<String> {
    time.fmt(Format::DateTime).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_format_becomes_rfc_3339() {
        let forms =
            ["2026-11-22T10:00:00.000Z", "2026-11-22T11:00:00+01:00", "Sun, 22 Nov 2026 10:00:00 GMT", "1795341600"];
        for text in forms {
            let time = timestamp(text).unwrap();
            assert_eq!(rfc_3339(&time).as_deref(), Some("2026-11-22T10:00:00Z"), "{text}");
        }
        assert_eq!(timestamp("yesterday"), None);
    }

    #[test]
    fn a_year_that_rfc_3339_cannot_write_has_no_text() {
        assert_eq!(rfc_3339(&DateTime::from_secs(i64::MAX)), None);
    }

    #[test]
    fn booleans_are_read_in_either_case() {
        assert_eq!(boolean("TRUE"), Some(true));
        assert_eq!(boolean("false"), Some(false));
        assert_eq!(boolean("maybe"), None);
    }
}
