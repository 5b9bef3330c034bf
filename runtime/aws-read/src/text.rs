//! Text from the other side and text that was asked for: cleaned, shortened,
//! compared.

/// Longest piece of a caller's text that an error repeats.
const SHORT: usize = 64;

/// Removes what could drive a terminal or hide text: control characters,
/// bidirectional formatting, invisible characters and Unicode's tags, which spell
/// text that nobody sees. Line breaks and tabs become spaces.
pub fn cleaned(text: &str) -> String {
    text.chars().filter_map(clean_character).collect()
}

/// The same without a copy of text that is clean, as nearly all is.
pub(crate) fn clean(text: String) -> String {
    let is_plain = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if is_plain { text } else { cleaned(&text) }
}

fn clean_character(character: char) -> Option<char> {
    match character {
        '\n' | '\r' | '\t' => Some(' '),
        '\u{61c}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e01ef}' => None,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => None,
        character if character.is_control() => None,
        character => Some(character),
    }
}

/// A caller's text as an error may repeat it.
pub(crate) fn short(text: &str) -> String {
    cleaned(text).chars().take(SHORT).collect()
}

/// The candidates that were probably meant, letter case aside; at most three,
/// best first.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    const LIKE_ENOUGH: f64 = 0.75;
    const AT_MOST: usize = 3;
    let word = short(word).to_lowercase();
    let likeness = |candidate: &str| strsim::jaro_winkler(&word, &candidate.to_lowercase());
    let mut ranked: Vec<_> = candidates.into_iter().map(|candidate| (likeness(candidate), candidate)).collect();
    ranked.retain(|(likeness, _)| *likeness >= LIKE_ENOUGH);
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    ranked.into_iter().take(AT_MOST).map(|(_, candidate)| candidate.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_sequences_and_hidden_text_are_removed() {
        assert_eq!(cleaned("a\u{1b}[31mb\u{0}c\u{202e}d\u{9b}e"), "a[31mbcde");
        assert_eq!(cleaned("one\ntwo\tthree"), "one two three");
        assert_eq!(cleaned("Zürich 東京 🚀"), "Zürich 東京 🚀");
        assert_eq!(cleaned("a\u{e0041}\u{61c}\u{206e}b"), "ab");
        for text in ["plain", "one\ntwo", "a\u{1b}b", "Zürich\u{202e}"] {
            assert_eq!(clean(text.to_owned()), cleaned(text));
        }
    }

    #[test]
    fn the_nearest_come_first_and_a_far_word_has_none() {
        assert_eq!(nearest("bukcet", ["Prefix", "Bucket"]), ["Bucket"]);
        assert_eq!(nearest("instance", ["Instances", "InstanceIds", "InstanceId", "Instance"]).len(), 3);
        assert_eq!(nearest("instance", ["Instances", "Instance"])[0], "Instance");
        assert!(nearest("zzzz", ["Bucket", "Prefix"]).is_empty());
    }
}
