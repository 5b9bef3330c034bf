//! Markdown that arrives in pieces, for a terminal: words of a paragraph as
//! soon as their markup is closed, code by the line, a table when it is whole.
//!
//! Lines are told apart here, since no parser takes half a document; what is
//! within a line is left to pulldown-cmark. No piece of the text can carry a
//! control character through: see [`inline`].

mod flow;
mod inline;
mod line;
mod table;

use flow::Flow;
use line::Kind;
use owo_colors::{OwoColorize, Style};

/// Renders one answer.
pub(super) struct Markdown {
    width: usize,
    /// What has arrived and is not shown yet; at most one line.
    pending: String,
    state: State,
}

enum State {
    /// Nothing of the line in `pending` is shown.
    LineStart,
    /// The beginning of the line is shown.
    Within(Flow),
    /// Between the lines of a code block; its fence.
    Code(String),
    /// Rows so far.
    Table(Vec<String>),
}

impl Markdown {
    /// `width` in columns.
    pub fn new(width: usize) -> Self {
        Self { width: width.max(20), pending: String::new(), state: State::LineStart }
    }

    /// Takes the next piece; returns what can be shown now.
    pub fn push(&mut self, text: &str) -> String {
        let mut shown = String::new();
        for piece in text.split_inclusive('\n') {
            self.pending.push_str(piece);
            if self.pending.ends_with('\n') {
                self.pending.pop();
                let line = std::mem::take(&mut self.pending);
                self.end_line(&line, &mut shown);
            } else {
                self.show_early(&mut shown);
            }
        }
        shown
    }

    /// What is still held back, when no more comes for a while.
    pub fn flush(&mut self) -> String {
        let mut shown = String::new();
        if !self.pending.is_empty() {
            let line = std::mem::take(&mut self.pending);
            self.end_line(&line, &mut shown);
            if !matches!(self.state, State::Table(_)) {
                shown.pop();
            }
        }
        self.end_table(&mut shown);
        if let State::Within(_) = self.state {
            self.state = State::LineStart;
        }
        shown
    }

    fn end_line(&mut self, line: &str, shown: &mut String) {
        match std::mem::replace(&mut self.state, State::LineStart) {
            State::Within(mut flow) => {
                shown.push_str(&flow.add(line));
                shown.push('\n');
            }
            State::Code(fence) => {
                let ends = line::closes(line, &fence);
                let style = if ends { Style::new().dimmed() } else { Style::new().cyan() };
                styled_line(shown, &line.replace('\t', "    "), style);
                if !ends {
                    self.state = State::Code(fence);
                }
            }
            State::Table(mut rows) if line::is_row(line) => {
                rows.push(line.into());
                self.state = State::Table(rows);
            }
            State::Table(rows) => {
                shown.push_str(&table::render(&rows, self.width));
                self.whole_line(line, shown);
            }
            State::LineStart => self.whole_line(line, shown),
        }
    }

    fn whole_line(&mut self, line: &str, shown: &mut String) {
        match line::kind(line) {
            Kind::Blank => shown.push('\n'),
            Kind::Rule => styled_line(shown, &"─".repeat(self.width.min(40)), Style::new().dimmed()),
            Kind::Fence(fence) => {
                styled_line(shown, line.trim_end(), Style::new().dimmed());
                self.state = State::Code(fence);
            }
            Kind::Row => self.state = State::Table(vec![line.into()]),
            Kind::Text(prefix, rest) => {
                let (mut flow, start) = Flow::begin(&prefix, self.width);
                shown.push_str(&start);
                shown.push_str(&flow.add(rest));
                shown.push('\n');
            }
        }
    }

    /// Shows the words whose markup is closed, once it is sure what the line is.
    fn show_early(&mut self, shown: &mut String) {
        if let State::LineStart = self.state
            && let Some((prefix, rest)) = line::certain(&self.pending)
        {
            let (flow, start) = Flow::begin(&prefix, self.width);
            let rest = rest.to_owned();
            shown.push_str(&start);
            self.state = State::Within(flow);
            self.pending = rest;
        }
        if let State::Within(flow) = &mut self.state {
            let end = inline::closed_until(&self.pending);
            shown.push_str(&flow.add(&self.pending[..end]));
            self.pending.drain(..end);
        }
    }

    fn end_table(&mut self, shown: &mut String) {
        if let State::Table(rows) = &self.state {
            shown.push_str(&table::render(rows, self.width));
            self.state = State::LineStart;
        }
    }
}

fn styled_line(shown: &mut String, text: &str, style: Style) {
    if !text.is_empty() {
        shown.push_str(&text.style(style).to_string());
    }
    shown.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "# Buckets\n\nThere are **two** buckets, *one* public:\n\n- `logs` is private\n  - and small\n\
        - [`site`](https://example.com/a) is public\n1. first\n\n> quoted *words*\n\n```sh\naws s3 ls **x**\n```\n\n\
        | Name | Size |\n|---|---:|\n| logs | 1 KB |\n| 日本 | 20 KB |\n\n---\nThe end.";

    const SHOWN: &str = "Buckets\n\nThere are two buckets, one public:\n\n• logs is private\n  • and small\n\
        • site (https://example.com/a) is public\n1. first\n\n│ quoted words\n\n```sh\naws s3 ls **x**\n```\n\n\
        \u{20}Name    Size \n──────────────\n logs    1 KB \n 日本   20 KB \n\n────────────────────────────────────────\nThe end.";

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    fn rendered(pieces: &[&str], width: usize) -> String {
        let mut markdown = Markdown::new(width);
        let mut shown: String = pieces.iter().map(|piece| markdown.push(piece)).collect();
        shown.push_str(&markdown.flush());
        plain(&shown)
    }

    #[test]
    fn a_document_is_shown_the_same_however_it_is_cut() {
        assert_eq!(rendered(&[DOCUMENT], 80), SHOWN);
        for cut in (0..=DOCUMENT.len()).filter(|cut| DOCUMENT.is_char_boundary(*cut)) {
            assert_eq!(rendered(&[&DOCUMENT[..cut], &DOCUMENT[cut..]], 80), SHOWN, "cut at byte {cut}");
        }
        let characters: Vec<String> = DOCUMENT.chars().map(String::from).collect();
        let pieces: Vec<&str> = characters.iter().map(String::as_str).collect();
        assert_eq!(rendered(&pieces, 80), SHOWN);
    }

    #[test]
    fn words_are_shown_before_their_line_ends() {
        let mut markdown = Markdown::new(80);
        assert_eq!(markdown.push("There are "), "There are");
        assert_eq!(markdown.push("**two"), "");
        assert_eq!(plain(&markdown.push(" big** buckets")), " two big");
        assert_eq!(markdown.flush(), " buckets");
    }

    #[test]
    fn code_is_shown_line_by_line_and_a_table_when_it_is_whole() {
        let mut markdown = Markdown::new(80);
        markdown.push("```\n");
        assert_eq!(plain(&markdown.push("one\ntwo")), "one\n");
        assert_eq!(plain(&markdown.push("\n```\n")), "two\n```\n");
        assert_eq!(markdown.push("| a |\n|---|\n| b |\n"), "");
        assert!(plain(&markdown.push("\n")).contains(" b "));
    }

    #[test]
    fn styles_are_closed_and_text_stays_between_them() {
        let shown = Markdown::new(80).push("a **bold** `code`\n");
        assert_eq!(shown, "a \u{1b}[1mbold\u{1b}[0m \u{1b}[36mcode\u{1b}[0m\n");
    }

    #[test]
    fn a_character_reference_cannot_bring_an_escape_sequence() {
        for text in
            ["x &#27;]8;;https://evil.example&#7; y\n", "[a](https://b&#27;c)\n", "| a |\n|---|\n| &#27;[2J |\n\n"]
        {
            let mut markdown = Markdown::new(80);
            let shown = markdown.push(text);
            let unstyled = shown.replace("\u{1b}[0m", "").replace("\u{1b}[2m", "").replace("\u{1b}[1m", "");
            assert!(!unstyled.contains(['\u{1b}', '\u{7}']), "{shown:?}");
        }
    }

    #[test]
    fn a_narrow_terminal_wraps_at_words_and_under_the_item() {
        let shown = rendered(&["- one two three four five six\n"], 20);
        assert_eq!(shown, "• one two three four\n  five six\n");
        let table = "| Name | Description |\n|---|---|\n| a | some words that are long |\n";
        assert!(rendered(&[table], 24).lines().all(|line| unicode_width::UnicodeWidthStr::width(line) <= 24));
    }
}
