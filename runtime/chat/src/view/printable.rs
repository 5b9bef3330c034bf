//! Text from elsewhere, made safe for a terminal.

use std::borrow::Cow;

/// Drops control characters except line feed and tab: an answer or a tool's
/// result must not move the cursor, set a title or write to the clipboard.
pub fn printable(text: &str) -> Cow<'_, str> {
    let unsafe_character = |character: char| character.is_control() && character != '\n' && character != '\t';
    if text.contains(unsafe_character) {
        Cow::Owned(text.chars().filter(|character| !unsafe_character(*character)).collect())
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_lose_their_power() {
        assert_eq!(printable("a\u{1b}]52;c;x\u{7}b\u{9b}1mc\r"), "a]52;c;xb1mc");
    }

    #[test]
    fn ordinary_text_stays_as_it_is() {
        assert_eq!(printable("Grüße\n\t🦀"), "Grüße\n\t🦀");
    }
}
