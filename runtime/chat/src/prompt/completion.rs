//! What the line editor knows of the chat: completion by Tab, and lines that go on.

use std::sync::Arc;

use rustyline::{
    Context, Helper, Result,
    completion::{Completer, FilenameCompleter, Pair},
    highlight::Highlighter,
    hint::Hinter,
    validate::{ValidationContext, ValidationResult, Validator},
};

use super::line::NAMES;

/// Ids of the user's conversations, asked for when somebody wants one completed.
pub type Conversations = Arc<dyn Fn() -> Vec<String> + Send + Sync>;

/// The line editor's helper.
pub struct Assistant {
    conversations: Conversations,
    files: FilenameCompleter,
}

impl Assistant {
    pub fn new(conversations: Conversations) -> Self {
        Self { conversations, files: FilenameCompleter::new() }
    }
}

impl Completer for Assistant {
    type Candidate = Pair;

    fn complete(&self, line: &str, position: usize, _: &Context<'_>) -> Result<(usize, Vec<Pair>)> {
        match subject(&line[..position]) {
            Subject::Command => Ok((0, starting_with(&line[..position], NAMES))),
            Subject::Conversation(start) => Ok((start, starting_with(&line[start..position], (self.conversations)()))),
            Subject::File => self.files.complete_path(line, position),
            Subject::Nothing => Ok((position, Vec::new())),
        }
    }
}

impl Validator for Assistant {
    fn validate(&self, context: &mut ValidationContext<'_>) -> Result<ValidationResult> {
        Ok(if goes_on(context.input()) { ValidationResult::Incomplete } else { ValidationResult::Valid(None) })
    }
}

impl Hinter for Assistant {
    type Hint = String;
}

impl Highlighter for Assistant {}
impl Helper for Assistant {}

/// What the text before the cursor asks to be completed.
#[derive(Debug, PartialEq, Eq)]
enum Subject {
    Command,
    /// With the byte at which it begins.
    Conversation(usize),
    File,
    Nothing,
}

fn subject(before: &str) -> Subject {
    let Some((name, argument)) = before.split_once(' ') else {
        return if before.starts_with('/') { Subject::Command } else { Subject::Nothing };
    };
    match name {
        "/conv" if !argument.contains(' ') => Subject::Conversation(name.len() + 1),
        "/token-file" | "/export" => Subject::File,
        _ => Subject::Nothing,
    }
}

fn starting_with<T: AsRef<str>>(typed: &str, words: impl IntoIterator<Item = T>) -> Vec<Pair> {
    let words = words.into_iter().map(|word| word.as_ref().to_owned());
    words.filter(|word| word.starts_with(typed)).map(|word| Pair { display: word.clone(), replacement: word }).collect()
}

/// Whether a line is continued in the next one: it ends in a backslash that no other escapes.
pub(super) fn goes_on(text: &str) -> bool {
    (text.len() - text.trim_end_matches('\\').len()) % 2 == 1
}

/// The text of lines that were continued.
pub(super) fn joined(text: &str) -> String {
    text.replace("\\\n", "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_conversations_and_files_are_completed() {
        assert_eq!(subject("/hi"), Subject::Command);
        assert_eq!(subject("/conv chat_"), Subject::Conversation(6));
        assert_eq!(subject("/export notes"), Subject::File);
        assert_eq!(subject("what is /tmp"), Subject::Nothing);
        let found: Vec<String> = starting_with("/h", NAMES).into_iter().map(|pair| pair.replacement).collect();
        assert_eq!(found, ["/help", "/history"]);
    }

    #[test]
    fn a_backslash_at_the_end_continues_the_line() {
        assert!(goes_on("one \\") && !goes_on("one") && !goes_on(r"C:\\"));
        assert_eq!(joined("one \\\ntwo"), "one \ntwo");
    }
}
