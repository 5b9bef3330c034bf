//! Names that were perhaps meant.

/// How many names are offered.
const MOST: usize = 3;

const LIKE_ENOUGH: f64 = 0.75;

/// Longest piece of a caller's text that an answer repeats, in characters.
const SHORT: usize = 128;

/// The candidates that are most like the word, best first, letter case aside; none when none is.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let word = shortened(word).to_lowercase();
    let rated = candidates.into_iter().map(|name| (strsim::jaro_winkler(&word, &name.to_lowercase()), name));
    let mut rated: Vec<_> = rated.filter(|(likeness, _)| *likeness >= LIKE_ENOUGH).collect();
    rated.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    rated.dedup_by_key(|(_, name)| *name);
    rated.into_iter().take(MOST).map(|(_, name)| name.to_owned()).collect()
}

/// A caller's text as an answer may repeat it: clean, without secrets and not long.
pub(crate) fn shortened(text: &str) -> String {
    repeatable(text).chars().take(SHORT).collect()
}

/// A caller's text as an answer may repeat it at its full length.
pub(crate) fn repeatable(text: &str) -> String {
    aws_read::redact_text(&aws_read::cleaned(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_likely_name_comes_first_and_a_far_one_not_at_all() {
        assert_eq!(nearest("usr-east-1", ["us-west-1", "us-east-1"])[0], "us-east-1");
        assert_eq!(nearest("QUERY", ["query"]), ["query"]);
        assert_eq!(nearest("zzzz", ["query"]), Vec::<String>::new());
    }

    #[test]
    fn repeated_text_is_clean_and_bounded() {
        assert_eq!(shortened("a\u{1b}[0m"), "a[0m");
        assert!(!shortened("use AKIAIOSFODNN7EXAMPLE").contains("AKIAIOSFODNN7"));
        assert_eq!(shortened(&"x".repeat(500)).len(), SHORT);
    }
}
