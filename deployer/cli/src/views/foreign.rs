//! Text that others wrote, such as log lines and descriptions, made safe for a
//! terminal: what could move the cursor or change its colours is shown, not sent.

use std::borrow::Cow;

/// The text with its control characters as escapes (`\u{1b}`); a tab stays.
pub fn escaped(text: &str) -> Cow<'_, str> {
    let is_harmful = |letter: char| (letter.is_control() && letter != '\t') || is_direction(letter);
    if !text.contains(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        match is_harmful(letter) {
            true => safe.extend(letter.escape_default()),
            false => safe.push(letter),
        }
    }
    Cow::Owned(safe)
}

/// Marks that reorder what stands after them (Unicode Standard Annex 9).
fn is_direction(letter: char) -> bool {
    matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_stays_as_it_is() {
        let text = "tab\tumlaut ü, 日本, emoji 🙂, quote \" and \\";
        assert!(matches!(escaped(text), Cow::Borrowed(same) if same == text));
    }

    #[test]
    fn nothing_reaches_the_terminal_as_a_command() {
        assert_eq!(escaped("\u{1b}[31mred\u{7}\r\n"), "\\u{1b}[31mred\\u{7}\\r\\n");
        assert_eq!(escaped("c1\u{9b}2J"), "c1\\u{9b}2J");
        assert_eq!(escaped("a\u{202e}b"), "a\\u{202e}b");
    }
}
