//! The answer's text as it streams, over all rounds of a turn.

/// Knows where a paragraph must begin.
#[derive(Debug, Default)]
pub struct Speech {
    in_an_earlier_round: bool,
    in_this_round: bool,
    /// Line feeds that the text so far ends with.
    line_feeds: usize,
}

impl Speech {
    pub fn new_round(&mut self) {
        self.in_an_earlier_round |= self.in_this_round;
        self.in_this_round = false;
    }

    /// True when this round has said something already.
    pub fn has_begun(&self) -> bool {
        self.in_this_round
    }

    /// The pieces to stream for a text, which is not empty. Texts of two rounds are two paragraphs, with a
    /// blank line between them.
    pub fn say(&mut self, text: String) -> impl Iterator<Item = String> {
        let new_paragraph = self.in_an_earlier_round && !self.in_this_round;
        let missing = if new_paragraph { 2_usize.saturating_sub(self.line_feeds) } else { 0 };
        self.in_this_round = true;
        self.line_feeds = match text.len() - text.trim_end_matches('\n').len() {
            all if all == text.len() => self.line_feeds + missing + all,
            at_the_end => at_the_end,
        };
        (missing > 0).then(|| "\n".repeat(missing)).into_iter().chain([text])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_blank_line_stands_between_the_texts_of_two_rounds() {
        for (before, after) in [("Let me look.", "\n\nNoon."), ("Look:\n", "\nNoon."), ("Look:\n\n", "Noon.")] {
            let mut speech = Speech::default();
            speech.new_round();
            assert_eq!(speech.say(before.into()).collect::<String>(), before);
            speech.new_round();
            assert_eq!(speech.say("Noon.".into()).collect::<String>(), after, "after {before:?}");
            assert_eq!(speech.say(" Sharp.".into()).collect::<String>(), " Sharp.");
        }
    }
}
