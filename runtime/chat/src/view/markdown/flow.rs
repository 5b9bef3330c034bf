//! Words into lines of the terminal's width, as they come.

use owo_colors::{OwoColorize, Style};
use unicode_width::UnicodeWidthStr;

use super::{
    inline::{Span, spans},
    line::{Mark, Prefix},
};

/// One line of Markdown on its way to the screen.
pub(super) struct Flow {
    width: usize,
    column: usize,
    /// Put before every further line of the terminal.
    hanging: String,
    hanging_width: usize,
    base: Style,
    blank_before_next: bool,
}

impl Flow {
    /// The line's beginning goes to the screen at once.
    pub fn begin(prefix: &Prefix, width: usize) -> (Self, String) {
        let indent = " ".repeat(prefix.indent.min(width / 2));
        let dimmed = |text: &str| text.style(Style::new().dimmed()).to_string();
        let (start, start_width, hanging) = match &prefix.mark {
            Mark::None | Mark::Heading => (String::new(), 0, String::new()),
            Mark::Bullet => ("• ".into(), 2, "  ".into()),
            Mark::Number(number) => (format!("{number} "), number.len() + 1, " ".repeat(number.len() + 1)),
            Mark::Quote => (dimmed("│ "), 2, dimmed("│ ")),
        };
        let base = if prefix.mark == Mark::Heading { Style::new().bold() } else { Style::new() };
        let column = indent.len() + start_width;
        let hanging = format!("{indent}{hanging}");
        let flow = Self { width, column, hanging, hanging_width: column, base, blank_before_next: false };
        (flow, format!("{indent}{start}"))
    }

    /// Adds text that begins and ends where words do.
    pub fn add(&mut self, text: &str) -> String {
        let mut shown = String::new();
        for word in words(&spans(text, self.base)) {
            match word {
                Word::Blank => self.blank_before_next = true,
                Word::Pieces(pieces) => self.put(&pieces, &mut shown),
            }
        }
        shown
    }

    fn put(&mut self, pieces: &[Span], shown: &mut String) {
        let width: usize = pieces.iter().map(|piece| piece.text.width()).sum();
        let blank = std::mem::take(&mut self.blank_before_next) && self.column > self.hanging_width;
        if self.column > self.hanging_width && self.column + usize::from(blank) + width > self.width {
            shown.push('\n');
            shown.push_str(&self.hanging);
            self.column = self.hanging_width;
        } else if blank {
            shown.push(' ');
            self.column += 1;
        }
        pieces.iter().for_each(|piece| shown.push_str(&piece.text.style(piece.style).to_string()));
        self.column += width;
    }
}

enum Word {
    Blank,
    /// Of several styles, with no blank between them.
    Pieces(Vec<Span>),
}

fn words(spans: &[Span]) -> Vec<Word> {
    let mut words = Vec::new();
    for span in spans {
        for (index, part) in span.text.split(' ').enumerate() {
            if index > 0 {
                words.push(Word::Blank);
            }
            if part.is_empty() {
                continue;
            }
            let piece = Span { text: part.into(), style: span.style };
            match words.last_mut() {
                Some(Word::Pieces(pieces)) => pieces.push(piece),
                _ => words.push(Word::Pieces(vec![piece])),
            }
        }
    }
    words
}
