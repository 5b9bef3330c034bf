//! An answer on the terminal: its text on standard output as it comes, tools
//! and figures on standard error, dimmed where there is colour.

use std::io::{self, IsTerminal, Write};

use anstream::AutoStream;
use contract::chat::{APPROVAL_REQUIRED, ChatEvent};
use owo_colors::OwoColorize;
use serde_json::Value;

use super::{
    AnswerView, Rendering,
    figures::{figures, size},
    markdown::Markdown,
    printable,
};
use crate::{answer::Answer, failure::Failure};

/// Stop reasons that need no word: the answer is whole, or the user is asked next.
const ORDINARY_ENDS: [&str; 2] = ["end_turn", APPROVAL_REQUIRED];

/// A tool's input is shown up to here.
const INPUT_LIMIT: usize = 160;

/// Standard output and standard error, plain without a terminal or with NO_COLOR.
pub type Styled<S> = AutoStream<S>;

/// Writes answers to `output` and what is said about them to `remarks`.
pub struct TerminalView<O, R> {
    output: O,
    remarks: R,
    /// Whether both end on the same screen, where a remark needs a line of its own.
    shared_screen: bool,
    /// Line feeds that the output ends with; its beginning counts as one.
    line_feeds: usize,
    /// Between two texts of the model, which must not be further apart than a blank line.
    after_tools: bool,
    /// `None` for text as the model writes it.
    markdown: Option<Markdown>,
}

impl TerminalView<Styled<io::Stdout>, Styled<io::Stderr>> {
    pub fn standard(rendering: Rendering) -> Self {
        let shared_screen = io::stdout().is_terminal() && io::stderr().is_terminal();
        Self::new(anstream::stdout(), anstream::stderr(), shared_screen, rendering)
    }
}

impl<O: Write, R: Write> TerminalView<O, R> {
    pub fn new(output: O, remarks: R, shared_screen: bool, rendering: Rendering) -> Self {
        let markdown = match rendering {
            Rendering::Markdown { width } => Some(Markdown::new(width)),
            Rendering::Plain => None,
        };
        Self { output, remarks, shared_screen, line_feeds: 1, after_tools: false, markdown }
    }

    /// Ends the answer's last line and adds time, length and conversation.
    ///
    /// # Errors
    /// When an output is closed.
    pub fn finish(&mut self, answer: &Answer) -> io::Result<()> {
        self.end_line()?;
        if let Some(failure) = &answer.failure {
            writeln!(self.remarks, "{}", printable(&failure.to_string()))?;
        }
        // Where nothing of an answer came there is nothing to count, and often no conversation.
        if answer.failure.is_some() && answer.text.is_empty() && answer.tools_used.is_empty() {
            return Ok(());
        }
        if let Some(reason) =
            answer.stop_reason.as_deref().filter(|reason| !ORDINARY_ENDS.contains(reason) && answer.failure.is_none())
        {
            writeln!(self.remarks, "{}", format!("the answer ended early: {}", printable(reason)).dimmed())?;
        }
        writeln!(self.remarks, "{}", figures(answer).dimmed())
    }

    fn end_line(&mut self) -> io::Result<()> {
        if let Some(held_back) = self.markdown.as_mut().map(Markdown::flush) {
            self.write(&held_back)?;
        }
        if self.line_feeds == 0 {
            writeln!(self.output)?;
            self.output.flush()?;
            self.line_feeds = 1;
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> io::Result<()> {
        let whole = printable(text);
        let text: &str = if self.after_tools { self.without_excess_lines(&whole) } else { &whole };
        self.after_tools &= text.trim_start_matches('\n').is_empty();
        match &mut self.markdown {
            Some(markdown) => {
                let shown = markdown.push(text);
                self.write(&shown)
            }
            None => self.write(text),
        }
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        self.line_feeds = match text.len() - text.trim_end_matches('\n').len() {
            all if all == text.len() => self.line_feeds + all,
            at_the_end => at_the_end,
        };
        self.output.write_all(text.as_bytes())?;
        self.output.flush()
    }

    /// The text with as many line feeds before it as a single blank line still takes.
    fn without_excess_lines<'t>(&self, text: &'t str) -> &'t str {
        let leading = text.len() - text.trim_start_matches('\n').len();
        let excess = leading.saturating_sub(2_usize.saturating_sub(self.line_feeds));
        &text[excess..]
    }

    fn remark(&mut self, text: &str) -> io::Result<()> {
        self.after_tools = true;
        if self.shared_screen || self.markdown.is_some() {
            self.end_line()?;
        }
        writeln!(self.remarks, "{}", printable(text).dimmed())
    }
}

impl<O: Write, R: Write> AnswerView for TerminalView<O, R> {
    fn event(&mut self, event: &ChatEvent) -> io::Result<()> {
        match event {
            ChatEvent::Text { text } => self.text(text),
            ChatEvent::ToolStarted { name, input, .. } => self.remark(&format!("→ {name} {}", shown_input(input))),
            ChatEvent::ToolFinished { name, success, duration_ms, bytes, .. } => {
                let mark = if *success { "✓" } else { "✗ failed:" };
                self.remark(&format!("{mark} {name} {duration_ms} ms · {}", size(*bytes)))
            }
            ChatEvent::ApprovalRequired { name, input, .. } => {
                self.remark(&format!("? {name} {} waits for your yes", shown_input(input)))
            }
            _ => Ok(()),
        }
    }
}

/// Shows a message on standard error: one line as an aside, several (a login's instructions, the help) to be read.
pub fn notice(text: &str) {
    let text = printable(text);
    // Nobody is left to tell when standard error is closed.
    let _ = match text.contains('\n') {
        true => writeln!(anstream::stderr(), "{text}"),
        false => writeln!(anstream::stderr(), "{}", text.dimmed()),
    };
}

/// Says that Ctrl-C ended what was going on, on a line of its own: it leaves the cursor anywhere.
pub fn stopped() {
    let _ = writeln!(io::stderr());
    notice("stopped; the session goes on");
}

/// Shows a failure on standard error, on a line of its own: Ctrl-C leaves the cursor anywhere.
pub fn error(failure: &Failure) {
    if failure.is_interrupt() && io::stderr().is_terminal() {
        let _ = writeln!(io::stderr());
    }
    let _ = writeln!(anstream::stderr(), "{}", printable(&failure.to_string()));
}

/// A tool's input in one line, cut where it is long.
pub fn shown_input(input: &Value) -> String {
    let text = input.to_string();
    if text.chars().count() <= INPUT_LIMIT {
        return text;
    }
    text.chars().take(INPUT_LIMIT).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn started() -> ChatEvent {
        ChatEvent::ToolStarted { id: "1".into(), name: "aws___get_time".into(), input: json!({}) }
    }

    fn finished(success: bool) -> ChatEvent {
        ChatEvent::ToolFinished { id: "1".into(), name: "aws___get_time".into(), success, duration_ms: 120, bytes: 9 }
    }

    fn shown_by(events: &[ChatEvent], shared_screen: bool) -> (String, String) {
        let (mut output, mut remarks) = (Vec::new(), Vec::new());
        let mut view = TerminalView::new(
            anstream::StripStream::new(&mut output),
            anstream::StripStream::new(&mut remarks),
            shared_screen,
            Rendering::Plain,
        );
        let mut answer = Answer { conversation_id: Some("c1".into()), duration_ms: 2345, ..Answer::default() };
        for event in events {
            answer.record(event);
            view.event(event).unwrap();
        }
        view.finish(&answer).unwrap();
        (String::from_utf8(output).unwrap(), String::from_utf8(remarks).unwrap())
    }

    #[test]
    fn text_and_remarks_go_different_ways() {
        let text = ChatEvent::Text { text: "It is noon.".into() };
        let (output, remarks) = shown_by(&[started(), finished(true), text], false);
        assert_eq!(output, "It is noon.\n");
        assert_eq!(
            remarks,
            "→ aws___get_time {}\n✓ aws___get_time 120 ms · 9 bytes\n2.3 s · 11 characters · conversation c1\n"
        );
    }

    #[test]
    fn on_one_screen_a_remark_starts_a_line() {
        let text = |text: &str| ChatEvent::Text { text: text.into() };
        let events = [text("Let me see."), started(), finished(false), text("Noon.")];
        assert_eq!(shown_by(&events, true).0, "Let me see.\nNoon.\n");
        let (output, remarks) = shown_by(&events, false);
        assert_eq!(output, "Let me see.Noon.\n");
        assert!(remarks.contains("✗ failed: aws___get_time"));
    }

    #[test]
    fn rounds_are_at_most_a_blank_line_apart() {
        let text = |text: &str| ChatEvent::Text { text: text.into() };
        for before in ["Let me see.", "Let me see.\n", "Let me see.\n\n"] {
            for after in [&["\n\n", "Noon.\n\n\nBye."][..], &["\n\n", "\n", "Noon.\n\n\nBye."]] {
                let events: Vec<_> = [text(before), started(), finished(true)]
                    .into_iter()
                    .chain(after.iter().map(|a| text(a)))
                    .collect();
                for shared_screen in [true, false] {
                    let output = shown_by(&events, shared_screen).0;
                    assert_eq!(output, "Let me see.\n\nNoon.\n\n\nBye.\n", "{before:?} {after:?} {shared_screen}");
                }
            }
        }
    }

    #[test]
    fn markdown_that_is_held_back_comes_before_a_remark() {
        let mut output = Vec::new();
        let rendering = Rendering::Markdown { width: 80 };
        let mut view = TerminalView::new(&mut output, Vec::new(), true, rendering);
        view.event(&ChatEvent::Text { text: "Let **me see".into() }).unwrap();
        view.event(&started()).unwrap();
        view.event(&ChatEvent::Text { text: "\n\nIt is **noon**.".into() }).unwrap();
        view.finish(&Answer::default()).unwrap();
        let output = anstream::adapter::strip_str(std::str::from_utf8(&output).unwrap()).to_string();
        assert_eq!(output, "Let **me see\n\nIt is noon.\n");
    }

    #[test]
    fn long_input_is_cut() {
        assert!(shown_input(&json!({"query": "x".repeat(1000)})).chars().count() <= INPUT_LIMIT + 1);
    }
}
