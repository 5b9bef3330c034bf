//! `chat` without a question: a conversation at the prompt.

mod command;
mod completion;

use std::{future::Future, sync::Arc};

use contract::chat::{ChatRequest, PendingCall};
use tokio::task::block_in_place;

use super::{Outcome, approval};
use crate::{
    agent_client::AgentClient,
    answer::{self, Answer},
    failure::Failure,
    notices::Notices,
    prompt::{Command, Line, Lines, Read},
    session::{Session, decided, word},
    settings::Settings,
    view::{self, Rendering, TerminalView},
};

/// Reads lines until `/quit` or the end of the input. From a pipe every line
/// is a question or a command, and one that failed makes the outcome a failure.
///
/// # Errors
/// What goes wrong before the first line, or a terminal that breaks.
pub async fn converse(settings: &Settings, notices: Notices) -> Result<Outcome, Failure> {
    let client = Arc::new(settings.client(notices).await?);
    let lines = Lines::open(&settings.directories.line_history, completion::conversations(client.clone()))?;
    let session = Session::new(settings.conversation.clone());
    let begun = settings.conversation.is_some();
    let mut chat = Chat { settings, client, lines, session, begun, pending: Vec::new(), failed: false };
    if chat.lines.is_terminal() {
        greet(settings, &chat.session);
    }
    loop {
        match block_in_place(|| chat.lines.read())? {
            Read::Line(line) => {
                if chat.take(line).await == Next::End {
                    break;
                }
            }
            Read::Interrupted => view::notice("Ctrl-D or /quit ends"),
            Read::End => break,
        }
    }
    Ok(chat.outcome())
}

#[derive(PartialEq)]
enum Next {
    Line,
    End,
}

struct Chat<'s> {
    settings: &'s Settings,
    client: Arc<AgentClient>,
    lines: Lines,
    session: Session,
    /// Whether the agent may know the conversation: its id is another session's, or something was asked in it.
    begun: bool,
    /// Calls of the last answer that wait for the user's yes.
    pending: Vec<PendingCall>,
    failed: bool,
}

impl Chat<'_> {
    async fn take(&mut self, line: Line) -> Next {
        let done = match line {
            Line::Empty => Ok(()),
            Line::Invalid(problem) => {
                view::notice(&problem);
                self.failed = true;
                Ok(())
            }
            Line::Question(question) => self.ask(self.session.request(&question)).await,
            Line::Command(Command::Quit) => return Next::End,
            Line::Command(command) => self.command(command).await,
        };
        match done {
            Ok(()) => {}
            Err(failure) if failure.is_interrupt() => view::stopped(),
            Err(failure) => {
                view::error(&failure);
                self.failed = true;
            }
        }
        Next::Line
    }

    /// Asks, and goes on asking as long as the answer waits and a person decides.
    async fn ask(&mut self, mut request: ChatRequest) -> Result<(), Failure> {
        loop {
            let answer = self.answer(&request).await?;
            if !answer.awaits_approval() {
                return Ok(());
            }
            if !self.lines.is_terminal() {
                view::notice(&approval::how_to_go_on(self.settings, &answer));
                return Ok(());
            }
            request = self.decide()?;
        }
    }

    /// Ctrl-C drops the answer, which ends the turn at the agent; the session goes on.
    async fn answer(&mut self, request: &ChatRequest) -> Result<Answer, Failure> {
        self.pending.clear();
        self.begun = true;
        let mut view = TerminalView::standard(Rendering::of_standard_output(self.settings.plain));
        let answer = interruptible(async { Ok(answer::ask(&self.client, request, &mut view).await) }).await?;
        if let Some(id) = &answer.conversation_id {
            self.session.conversation_id.clone_from(id);
        }
        self.failed |= answer.failure.is_some();
        self.pending.clone_from(&answer.approvals_required);
        view.finish(&answer).map_err(super::closed)?;
        Ok(answer)
    }

    /// Asks the person about each call that waits.
    fn decide(&mut self) -> Result<ChatRequest, Failure> {
        let mut approvals = Vec::new();
        for call in &self.pending {
            let approved = block_in_place(|| self.lines.confirm(&approval::question(call)))?;
            approvals.push(word(call, approved));
        }
        Ok(self.session.approvals(approvals))
    }

    /// The same word on all calls that wait, also of a conversation that an earlier session left waiting.
    async fn decide_all(&mut self, approved: bool) -> Result<(), Failure> {
        if self.pending.is_empty() {
            self.pending = interruptible(self.client.history(&self.session.conversation_id)).await?.approvals_required;
        }
        if self.pending.is_empty() {
            view::notice("nothing waits for your yes");
            return Ok(());
        }
        self.ask(self.session.approvals(decided(&self.pending, approved))).await
    }

    fn outcome(&self) -> Outcome {
        match (self.lines.is_terminal(), self.failed, self.pending.is_empty()) {
            (true, _, _) | (false, false, true) => Outcome::Succeeded,
            (false, true, _) => Outcome::Failed,
            (false, false, false) => Outcome::AwaitsApproval,
        }
    }
}

fn greet(settings: &Settings, session: &Session) {
    let place = match settings.connection.environment.as_str() {
        "" => settings.connection.function_url.clone(),
        name => format!("environment {name}"),
    };
    view::notice(&format!("{place} · conversation {} · /help lists the commands", session.conversation_id));
}

async fn interruptible<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::select! {
        result = work => result,
        _ = tokio::signal::ctrl_c() => Err(Failure::interrupted()),
    }
}
