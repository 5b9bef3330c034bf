//! What the scripted model does with a question of the load.

use std::time::Duration;

use serde_json::{Value, json};

/// In every question of the load, and in no other.
pub(super) const WORD: &str = "load-question";
/// Pieces of an answer, each of so many characters; the echoed question comes on top.
const PIECES: u32 = 10;
const PIECE_CHARACTERS: usize = 60;

/// One tool call, then the question again and some text, spread over `answer`.
pub(super) fn turns(answer: Duration) -> Value {
    let filling = "The quick brown fox jumps over the lazy dog. ".repeat(PIECES as usize * PIECE_CHARACTERS / 45);
    let pause = u64::try_from((answer / (PIECES + 2)).as_millis()).expect("an answer takes less than years");
    json!([
        {"calls": [{"tool": "aws___get_time", "input": {}}], "stop_reason": "tool_use", "first_delay_ms": pause},
        {"text": format!("You asked: {{{{question}}}}\n{filling}"), "chunk_characters": PIECE_CHARACTERS,
         "delay_ms": pause, "first_delay_ms": pause},
    ])
}

/// Tells one question from all others; the length is that of the random part.
pub(super) fn marker(conversation: usize, turn: usize, random: u64) -> String {
    format!("<mark {conversation} {turn} {random:016x}>")
}

/// The markers in a text, in their order.
pub(super) fn markers(text: &str) -> Vec<String> {
    let starts = text.match_indices("<mark ").map(|(at, _)| &text[at..]);
    starts.filter_map(|rest| rest.find('>').map(|end| rest[..=end].to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_found_again() {
        let (one, other) = (marker(1, 2, 3), marker(4, 5, 6));
        assert_eq!(markers(&format!("a {one} b {other}{one}")), [one.clone(), other, one]);
        assert!(markers("<mark without end").is_empty());
    }
}
