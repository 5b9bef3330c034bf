//! `chat` without a question: a conversation at the prompt.

use std::{future::Future, path::Path};

use contract::chat::ConversationHistory;

use super::{Outcome, show_tools};
use crate::{
    agent_client::AgentClient,
    answer,
    failure::Failure,
    notices::Notices,
    prompt::{Command, HELP, Line, Lines, Read},
    session::Session,
    settings::Settings,
    token::Token,
    view::{self, TerminalView, printable},
};

/// Reads lines until `/quit` or the end of the input. From a pipe every line
/// is a question or a command, and one that failed makes the outcome a failure.
///
/// # Errors
/// What goes wrong before the first line, or a terminal that breaks.
pub async fn converse(settings: &Settings, notices: Notices) -> Result<Outcome, Failure> {
    let mut lines = Lines::open(&settings.directories.line_history)?;
    let attended = lines.is_terminal();
    let mut chat = Chat {
        client: settings.client(notices).await?,
        session: Session::new(settings.conversation.clone()),
        failed: false,
    };
    if attended {
        greet(settings, &chat.session);
    }
    loop {
        match tokio::task::block_in_place(|| lines.read())? {
            Read::Line(line) => {
                if chat.take(line).await == Next::End {
                    break;
                }
            }
            Read::Interrupted => view::notice("Ctrl-D or /quit ends"),
            Read::End => break,
        }
    }
    Ok(if chat.failed && !attended { Outcome::Failed } else { Outcome::Succeeded })
}

#[derive(PartialEq)]
enum Next {
    Line,
    End,
}

struct Chat {
    client: AgentClient,
    session: Session,
    failed: bool,
}

impl Chat {
    async fn take(&mut self, line: Line) -> Next {
        let done = match line {
            Line::Empty => Ok(()),
            Line::Invalid(problem) => {
                view::notice(&problem);
                Ok(())
            }
            Line::Question(question) => self.ask(&question).await,
            Line::Command(Command::Quit) => return Next::End,
            Line::Command(command) => self.command(command).await,
        };
        if let Err(failure) = done {
            view::error(&failure);
            self.failed = true;
        }
        Next::Line
    }

    /// Ctrl-C drops the answer, which ends the turn at the agent; the session goes on.
    async fn ask(&mut self, question: &str) -> Result<(), Failure> {
        let mut view = TerminalView::standard();
        let request = self.session.request(question);
        let answer = interruptible(async { Ok(answer::ask(&self.client, &request, &mut view).await) }).await?;
        if let Some(id) = &answer.conversation_id {
            self.session.conversation_id.clone_from(id);
        }
        self.failed |= answer.failure.is_some();
        view.finish(&answer).map_err(super::closed)
    }

    async fn command(&mut self, command: Command) -> Result<(), Failure> {
        match command {
            Command::Help => view::notice(HELP),
            Command::Tools => show_tools(&interruptible(self.client.tools()).await?).map_err(super::closed)?,
            Command::Conversation(id) => {
                self.session.conversation_id = id.unwrap_or(self.session.conversation_id.clone());
                view::notice(&format!("conversation {}", self.session.conversation_id));
            }
            Command::History => {
                let history = interruptible(self.client.history(&self.session.conversation_id)).await?;
                show_history(&history).map_err(super::closed)?;
            }
            Command::Clear => {
                self.session.start_over();
                view::notice(&format!("new conversation {}", self.session.conversation_id));
            }
            Command::ClearHistory => {
                let cleared = interruptible(self.client.clear(&self.session.conversation_id)).await?;
                view::notice(&cleared.message);
            }
            other => self.set(other)?,
        }
        Ok(())
    }

    fn set(&mut self, command: Command) -> Result<(), Failure> {
        match command {
            Command::Temperature(value) => {
                self.session.temperature = Some(value);
                view::notice(&format!("temperature {value}"));
            }
            Command::MaxTokens(value) => {
                self.session.max_tokens = Some(value);
                view::notice(&format!("at most {value} tokens an answer"));
            }
            Command::Token(text) => self.use_token(Token::parse(&text, "/token")?),
            Command::TokenFile(path) => self.use_token(Token::from_file(Path::new(&path))?),
            _ => {}
        }
        Ok(())
    }

    fn use_token(&mut self, token: Token) {
        self.client.tokens.give(token);
        view::notice("the token is used from now on");
    }
}

fn greet(settings: &Settings, session: &Session) {
    let place = match settings.connection.environment.as_str() {
        "" => settings.connection.function_url.clone(),
        name => format!("environment {name}"),
    };
    view::notice(&format!("{place} · conversation {} · /help lists the commands", session.conversation_id));
}

fn show_history(history: &ConversationHistory) -> std::io::Result<()> {
    use std::io::Write;
    let mut output = anstream::stdout();
    for message in &history.history {
        writeln!(output, "[{}] {}", printable(&message.timestamp), printable(&message.role))?;
        writeln!(output, "{}\n", printable(&message.content))?;
    }
    writeln!(output, "{} messages", history.message_count)
}

async fn interruptible<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::select! {
        result = work => result,
        _ = tokio::signal::ctrl_c() => Err(Failure::interrupted()),
    }
}
