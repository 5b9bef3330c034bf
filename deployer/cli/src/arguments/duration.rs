//! Spans of time as people write them: `30s`, `10m`, `2h`, `1d`.

use std::str::FromStr;

/// A span of whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub seconds: u64,
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("`{text}` is no span of time: write a number with s, m, h or d, like 10m");
        let digits = text.trim_end_matches(|letter: char| !letter.is_ascii_digit());
        let unit = match &text[digits.len()..] {
            "s" => 1,
            "m" => 60,
            "h" => 60 * 60,
            "d" => 24 * 60 * 60,
            _ => return Err(wrong()),
        };
        let count: u64 = digits.parse().map_err(|_| wrong())?;
        // Times are kept in milliseconds of 64 bits with a sign.
        let seconds =
            count.checked_mul(unit).filter(|seconds| i64::try_from(*seconds).is_ok_and(|s| s < i64::MAX / 1000));
        seconds.map(|seconds| Self { seconds }).ok_or_else(|| format!("`{text}` is too long a time"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read() {
        for (text, seconds) in [("30s", 30), ("10m", 600), ("2h", 7_200), ("1d", 86_400), ("0m", 0)] {
            assert_eq!(text.parse(), Ok(Span { seconds }), "{text}");
        }
    }

    #[test]
    fn other_words_are_refused_plainly() {
        for text in ["", "m", "10", "10 m", "-1h", "1.5h", "1w", "10mm", "ten minutes", "10µ", "٣m"] {
            let error = text.parse::<Span>().unwrap_err();
            assert!(error.contains("like 10m"), "{error}");
        }
        assert!("99999999999999999d".parse::<Span>().unwrap_err().contains("too long"));
    }
}
