//! Text from the other side and text that was asked for: cleaned, shortened,
//! compared.

/// Longest piece of a caller's text that an error repeats.
const SHORT: usize = 64;

/// Removes what could drive a terminal or hide text: control characters and
/// bidirectional formatting. Line breaks and tabs become spaces.
pub fn cleaned(text: &str) -> String {
    let characters = text.chars().filter_map(|character| match character {
        '\n' | '\r' | '\t' => Some(' '),
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' => None,
        character if character.is_control() => None,
        character => Some(character),
    });
    characters.collect()
}

/// A caller's text as an error may repeat it.
pub(crate) fn short(text: &str) -> String {
    cleaned(text).chars().take(SHORT).collect()
}

/// The candidate that was probably meant, letter case aside.
pub(crate) fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    const LIKE_ENOUGH: f64 = 0.75;
    let word = short(word).to_lowercase();
    let likeness = |candidate: &str| strsim::jaro_winkler(&word, &candidate.to_lowercase());
    let best = candidates.map(|candidate| (likeness(candidate), candidate)).max_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 >= LIKE_ENOUGH).then(|| best.1.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_sequences_and_hidden_text_are_removed() {
        assert_eq!(cleaned("a\u{1b}[31mb\u{0}c\u{202e}d\u{9b}e"), "a[31mbcde");
        assert_eq!(cleaned("one\ntwo\tthree"), "one two three");
        assert_eq!(cleaned("Zürich 東京 🚀"), "Zürich 東京 🚀");
    }

    #[test]
    fn a_far_word_has_no_nearest() {
        assert_eq!(nearest("bukcet", ["Bucket", "Prefix"].into_iter()).as_deref(), Some("Bucket"));
        assert_eq!(nearest("zzzz", ["Bucket", "Prefix"].into_iter()), None);
    }
}
