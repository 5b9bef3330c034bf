//! One text of an answer as a JSON value.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde_json::{Value, json};

use crate::model::{Kind, Shape};
use crate::text;

/// Stands for a value that the service model calls sensitive.
const REDACTED: &str = "(redacted)";

/// Numbers and booleans become JSON's, times RFC 3339, text is cleaned.
pub(super) fn value(shape: &Shape, text: &str) -> Result<Value, String> {
    if shape.sensitive {
        return Ok(json!(REDACTED));
    }
    let unexpected = |expected: &str| format!("expected {expected}, found {}", text::short(text));
    match shape.kind {
        Kind::String => Ok(json!(text::cleaned(text))),
        Kind::Integer | Kind::Long => text.trim().parse::<i64>().map(Value::from).map_err(|_| unexpected("an integer")),
        Kind::Boolean => boolean(text.trim()).ok_or_else(|| unexpected("a boolean")),
        Kind::Timestamp => timestamp(text.trim()).ok_or_else(|| unexpected("a time")),
        Kind::Structure | Kind::List => Err(unexpected("no text")),
    }
}

/// S3 writes `TRUE` in policy status and `true` elsewhere.
fn boolean(text: &str) -> Option<Value> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Some(json!(true)),
        "false" => Some(json!(false)),
        _ => None,
    }
}

fn timestamp(text: &str) -> Option<Value> {
    let formats = [Format::DateTimeWithOffset, Format::HttpDate, Format::EpochSeconds];
    let time = formats.into_iter().find_map(|format| DateTime::from_str(text, format).ok())?;
    time.fmt(Format::DateTime).ok().map(Value::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_format_becomes_rfc_3339() {
        for text in ["2026-11-22T10:00:00.000Z", "2026-11-22T11:00:00+01:00", "Sun, 22 Nov 2026 10:00:00 GMT"] {
            assert_eq!(timestamp(text), Some(json!("2026-11-22T10:00:00Z")), "{text}");
        }
        assert_eq!(timestamp("yesterday"), None);
    }

    #[test]
    fn booleans_are_read_in_either_case() {
        assert_eq!(boolean("TRUE"), Some(json!(true)));
        assert_eq!(boolean("maybe"), None);
    }
}
