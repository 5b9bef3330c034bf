//! One line of input: a question, or a command that starts with a slash. Pure.

use std::path::PathBuf;

use contract::chat::{MAX_TOKENS, TEMPERATURE, is_conversation_id};

/// What `/help` shows.
pub const HELP: &str = "\
/help                  this list
/tools                 the tools that the agent can use
/conv [ID]             show the conversation's id, or continue another one
/history               what was said in this conversation
/export [FILE]         write the whole conversation to a file: Markdown, or JSON where its name ends in .json
/clear                 start a new conversation
/clear-history         remove this conversation's messages from the agent
/temp 0.0-1.0          how freely the model answers
/max-tokens 1-8192     longest answer
/token TOKEN           use this access token (not kept in the line history)
/token-file PATH       use the access token in this file
/approve, /decline     yes or no to the tool calls that the last answer waits for
/quit, /exit           end; Ctrl-D does the same
A line that ends in \\ goes on in the next one; text may be pasted with its lines. Tab completes commands,
conversations and files. Ctrl-C stops an answer and keeps the session.";

/// The commands, for completion.
pub(super) const NAMES: [&str; 15] = [
    "/approve",
    "/clear",
    "/clear-history",
    "/conv",
    "/decline",
    "/exit",
    "/export",
    "/help",
    "/history",
    "/max-tokens",
    "/quit",
    "/temp",
    "/token",
    "/token-file",
    "/tools",
];

/// A line, understood.
#[derive(Debug, Clone, PartialEq)]
pub enum Line {
    Empty,
    Question(String),
    Command(Command),
    /// Looks like a command and is none: what to say about it.
    Invalid(String),
}

/// What is done at the prompt, besides asking.
#[derive(Clone, PartialEq)]
pub enum Command {
    Help,
    Quit,
    Tools,
    /// Without an id it only shows the current one.
    Conversation(Option<String>),
    History,
    /// To this file, or to one named after the conversation.
    Export(Option<PathBuf>),
    Clear,
    ClearHistory,
    /// Yes or no to the calls that wait.
    Decide(bool),
    Temperature(f32),
    MaxTokens(i32),
    /// As typed.
    Token(String),
    TokenFile(PathBuf),
}

/// Leaves the token out.
impl std::fmt::Debug for Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = match self {
            Self::Help => "Help",
            Self::Quit => "Quit",
            Self::Tools => "Tools",
            Self::Conversation(id) => return f.debug_tuple("Conversation").field(id).finish(),
            Self::History => "History",
            Self::Export(path) => return f.debug_tuple("Export").field(path).finish(),
            Self::Decide(yes) => return f.debug_tuple("Decide").field(yes).finish(),
            Self::Clear => "Clear",
            Self::ClearHistory => "ClearHistory",
            Self::Temperature(value) => return f.debug_tuple("Temperature").field(value).finish(),
            Self::MaxTokens(value) => return f.debug_tuple("MaxTokens").field(value).finish(),
            Self::Token(_) => "Token(<redacted>)",
            Self::TokenFile(path) => return f.debug_tuple("TokenFile").field(path).finish(),
        };
        f.write_str(name)
    }
}

impl Line {
    pub fn parse(text: &str) -> Self {
        let text = text.trim();
        let Some(rest) = text.strip_prefix('/') else {
            return if text.is_empty() { Self::Empty } else { Self::Question(text.into()) };
        };
        let (name, argument) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        match command(name, argument.trim()) {
            Ok(command) => Self::Command(command),
            Err(problem) => Self::Invalid(problem),
        }
    }

    /// A line with a token must not reach the history file; one that is no command may be a mistyped `/token`.
    pub fn is_secret(&self) -> bool {
        matches!(self, Self::Command(Command::Token(_)) | Self::Invalid(_))
    }
}

fn command(name: &str, argument: &str) -> Result<Command, String> {
    match (name, argument) {
        ("help", "") => Ok(Command::Help),
        ("quit" | "exit", "") => Ok(Command::Quit),
        ("tools", "") => Ok(Command::Tools),
        ("history", "") => Ok(Command::History),
        ("clear", "") => Ok(Command::Clear),
        ("clear-history", "") => Ok(Command::ClearHistory),
        ("approve", "") => Ok(Command::Decide(true)),
        ("decline", "") => Ok(Command::Decide(false)),
        ("help" | "quit" | "exit" | "tools" | "history" | "clear" | "clear-history" | "approve" | "decline", _) => {
            Err(format!("/{name} takes nothing after it"))
        }
        ("conv", "") => Ok(Command::Conversation(None)),
        ("conv", id) => conversation_id(id).map(|id| Command::Conversation(Some(id))),
        ("export", "") => Ok(Command::Export(None)),
        ("export", path) => Ok(Command::Export(Some(typed_path(path)))),
        ("temp", value) => temperature(value).map(Command::Temperature),
        ("max-tokens", value) => max_tokens(value).map(Command::MaxTokens),
        ("token" | "token-file", "") => Err(format!("/{name} needs a value")),
        ("token", value) => Ok(Command::Token(value.into())),
        ("token-file", path) => Ok(Command::TokenFile(typed_path(path))),
        _ => Err(format!("there is no command /{name}; /help lists them")),
    }
}

/// Ids go into a path of the agent's API, where a dot at the beginning may be taken for a step up.
///
/// # Errors
/// What an id looks like.
pub fn conversation_id(id: &str) -> Result<String, String> {
    match is_conversation_id(id) && !id.starts_with('.') {
        true => Ok(id.into()),
        false => Err("a conversation id has 1 to 128 letters, digits, and - _ . :".into()),
    }
}

/// No shell has seen the path: a `~/` at its beginning is still there.
fn typed_path(text: &str) -> PathBuf {
    match (text.strip_prefix("~/"), etcetera::home_dir()) {
        (Some(rest), Ok(home)) => home.join(rest),
        _ => text.into(),
    }
}

fn temperature(value: &str) -> Result<f32, String> {
    let parsed = value.parse::<f32>().ok().filter(|value| TEMPERATURE.contains(value));
    parsed.ok_or_else(|| "/temp needs a number from 0.0 to 1.0".into())
}

fn max_tokens(value: &str) -> Result<i32, String> {
    let parsed = value.parse::<i32>().ok().filter(|value| MAX_TOKENS.contains(value));
    parsed.ok_or_else(|| "/max-tokens needs a number from 1 to 8192".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invalid(text: &str) -> bool {
        matches!(Line::parse(text), Line::Invalid(_))
    }

    #[test]
    fn a_line_without_slash_is_a_question() {
        assert_eq!(Line::parse("  List my S3 buckets "), Line::Question("List my S3 buckets".into()));
        assert_eq!(Line::parse("   "), Line::Empty);
    }

    #[test]
    fn every_command_of_the_help_is_understood() {
        for line in HELP.lines().filter(|line| line.starts_with('/')) {
            for name in line.split("  ").next().unwrap().split(", ") {
                let name = name.split(' ').next().unwrap();
                let understood = ["", " 1", " x"].iter().any(|argument| !invalid(&format!("{name}{argument}")));
                assert!(understood, "{name}");
            }
        }
        assert!(invalid("/frobnicate"));
    }

    #[test]
    fn what_is_completed_is_what_the_help_lists() {
        let listed = HELP.lines().filter(|line| line.starts_with('/')).flat_map(|line| line.split("  ").next());
        let names = listed.flat_map(|names| names.split(", ")).filter_map(|name| name.split(' ').next());
        let mut names: Vec<&str> = names.collect();
        names.sort_unstable();
        assert_eq!(names, NAMES);
    }

    #[test]
    fn values_out_of_range_are_refused() {
        assert_eq!(Line::parse("/temp 0.3"), Line::Command(Command::Temperature(0.3)));
        assert_eq!(Line::parse("/max-tokens 8192"), Line::Command(Command::MaxTokens(8192)));
        for text in ["/temp 1.1", "/temp -0.1", "/temp NaN", "/temp", "/max-tokens 0", "/max-tokens 8193", "/quit now"]
        {
            assert!(invalid(text), "{text}");
        }
    }

    #[test]
    fn a_conversation_id_cannot_change_the_path() {
        assert_eq!(Line::parse("/conv chat_1"), Line::Command(Command::Conversation(Some("chat_1".into()))));
        assert!(invalid("/conv ../health") && invalid("/conv a/b") && invalid("/conv ..") && invalid("/conv a?b"));
    }

    #[test]
    fn a_typed_token_is_secret() {
        let line = Line::parse("/token eyJsecret");
        assert!(line.is_secret());
        assert!(!format!("{line:?}").contains("eyJsecret"));
        assert!(Line::parse("/tokne eyJsecret").is_secret());
        assert!(!Line::parse("/token-file x").is_secret());
    }
}
