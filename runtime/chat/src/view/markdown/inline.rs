//! The markup within a line: pulldown-cmark reads it, styles show it.

use owo_colors::Style;
use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd};

use super::super::printable;

/// Text of one style, without control characters.
#[derive(Debug, Clone)]
pub(super) struct Span {
    pub text: String,
    pub style: Style,
}

/// Keeps the parser from taking the beginning of a text for a list or a heading; punctuation, so that markup after it
/// opens as it would at the beginning of a line.
const GUARD: char = '.';

/// The spans of a text without line feeds, markup taken out. A link's address follows it.
pub(super) fn spans(text: &str, base: Style) -> Vec<Span> {
    let core = text.trim_end();
    let mut reader = Reader { base, ..Reader::default() };
    if !core.is_empty() {
        let guarded = format!("{GUARD}{core}");
        Parser::new_ext(&guarded, Options::ENABLE_STRIKETHROUGH).for_each(|event| reader.take(event));
        if let Some(first) = reader.spans.first_mut() {
            first.text = first.text.strip_prefix(GUARD).unwrap_or(&first.text).into();
        }
    }
    if core.len() < text.len() {
        reader.push(" ", base);
    }
    reader.spans
}

/// The text without its markup.
pub(super) fn plain(text: &str) -> String {
    spans(text, Style::new()).into_iter().map(|span| span.text).collect()
}

#[derive(Default)]
struct Reader {
    spans: Vec<Span>,
    base: Style,
    strong: usize,
    emphasis: usize,
    struck: usize,
    /// Address of each open link, and how many spans were there before it.
    links: Vec<(String, usize)>,
}

impl Reader {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Text(text) | Event::InlineHtml(text) | Event::Html(text) => self.push(&text, self.style()),
            Event::Code(text) => self.push(&text, self.style().cyan()),
            Event::SoftBreak | Event::HardBreak => self.push(" ", self.base),
            Event::Start(tag) => self.open(tag),
            Event::End(tag) => self.close(tag),
            _ => {}
        }
    }

    fn open(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Strong => self.strong += 1,
            Tag::Emphasis => self.emphasis += 1,
            Tag::Strikethrough => self.struck += 1,
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => self.open_link(&dest_url),
            _ => {}
        }
    }

    fn close(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Strong => self.strong -= 1,
            TagEnd::Emphasis => self.emphasis -= 1,
            TagEnd::Strikethrough => self.struck -= 1,
            TagEnd::Link | TagEnd::Image => self.close_link(),
            _ => {}
        }
    }

    fn open_link(&mut self, address: &CowStr<'_>) {
        self.links.push((address.to_string(), self.spans.len()));
    }

    /// The address is always to be seen: a link's text may say anything.
    fn close_link(&mut self) {
        let Some((address, before)) = self.links.pop() else { return };
        let text: String = self.spans[before..].iter().map(|span| span.text.as_str()).collect();
        if !address.is_empty() && text != address {
            self.push(&format!(" ({address})"), self.base.dimmed());
        }
    }

    /// A character reference such as `&#27;` has become its character by now.
    fn push(&mut self, text: &str, style: Style) {
        let text = printable(text).replace(['\n', '\t'], " ");
        if !text.is_empty() {
            self.spans.push(Span { text, style });
        }
    }

    fn style(&self) -> Style {
        let mut style = self.base;
        if self.strong > 0 {
            style = style.bold();
        }
        if self.emphasis > 0 {
            style = style.italic();
        }
        if self.struck > 0 {
            style = style.strikethrough();
        }
        style
    }
}

/// How much of an unfinished text can be shown: up to after the last blank outside of any open markup.
pub(super) fn closed_until(text: &str) -> usize {
    let mut scan = Scan::default();
    let mut closed = 0;
    let mut before = ' ';
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let run = rest.len() - rest.trim_start_matches(character).len();
        let taken = if "`*_~".contains(character) { run } else { character.len_utf8() };
        let after = rest[taken..].chars().next();
        scan.take(character, taken, before, after);
        rest = &rest[taken..];
        if character.is_whitespace() && scan.is_closed() {
            closed = text.len() - rest.len();
        }
        before = if scan.escaped { ' ' } else { character };
    }
    closed
}

/// Counts what is open. It may take something for open that is not, never the other way round for long:
/// the line's end shows all.
#[derive(Default)]
struct Scan {
    /// Length of the run of backticks that opened a code span.
    code: Option<usize>,
    emphasis: usize,
    brackets: usize,
    address: bool,
    escaped: bool,
}

impl Scan {
    fn is_closed(&self) -> bool {
        self.code.is_none() && self.emphasis == 0 && self.brackets == 0 && !self.address
    }

    fn take(&mut self, character: char, run: usize, before: char, after: Option<char>) {
        if std::mem::take(&mut self.escaped) {
            return;
        }
        match character {
            '`' if self.code == Some(run) => self.code = None,
            '`' if self.code.is_none() => self.code = Some(run),
            _ if self.code.is_some() => {}
            '\\' => self.escaped = true,
            '*' | '_' | '~' => self.emphasis(character, run, before, after),
            '[' => self.brackets += 1,
            ']' => {
                self.brackets = self.brackets.saturating_sub(1);
                self.address = after == Some('(') || after.is_none();
            }
            ')' => self.address = false,
            _ => {}
        }
    }

    fn emphasis(&mut self, character: char, run: usize, before: char, after: Option<char>) {
        let inside_word = before.is_alphanumeric() && after.is_some_and(char::is_alphanumeric);
        if character == '_' && inside_word {
            return;
        }
        if !before.is_whitespace() && self.emphasis > 0 {
            self.emphasis = self.emphasis.saturating_sub(run);
        } else if after.is_none_or(|after| !after.is_whitespace()) {
            self.emphasis += run;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_taken_out_and_a_links_address_stays() {
        assert_eq!(plain("a **b** _c_ `d` ~~e~~"), "a b c d e");
        assert_eq!(
            plain("[here](https://a.example) <https://b.example>"),
            "here (https://a.example) https://b.example"
        );
        assert_eq!(plain("- 1. # no block within a line "), "- 1. # no block within a line ");
        assert_eq!(plain("my_bucket_name <b>x</b>"), "my_bucket_name <b>x</b>");
        assert_eq!(plain("**\"quoted\"** word"), "\"quoted\" word");
    }

    #[test]
    fn text_is_closed_up_to_the_last_blank_outside_of_markup() {
        let closed = |text: &str| closed_until(text);
        assert_eq!(closed("one two"), 4);
        assert_eq!(closed("one **two three"), 4);
        assert_eq!(closed("one **two** three "), 18);
        assert_eq!(closed("a `b c"), 2);
        assert_eq!(closed("a ``b ` c`` d "), 14);
        assert_eq!(closed("see [a b](http://x y"), 4);
        assert_eq!(closed("see [a b](http://x) y "), 22);
        assert_eq!(closed("my_bucket_name is "), 18);
        assert_eq!(closed("2 * 3 "), 6);
        assert_eq!(closed(r"a \* b "), 7);
    }
}
