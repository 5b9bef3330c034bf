//! What the commands of the prompt do.

use std::path::{Path, PathBuf};

use tokio::task::block_in_place;

use super::{Chat, interruptible};
use crate::{
    commands::{closed, conversations::print_history, export, show_tools},
    failure::Failure,
    prompt::{Command, HELP},
    token::Token,
    view,
};

impl Chat<'_> {
    pub(super) async fn command(&mut self, command: Command) -> Result<(), Failure> {
        match command {
            _ if !self.begun && needs_messages(&command) => {
                view::notice("nothing has been said in this conversation yet")
            }
            Command::Help => view::notice(HELP),
            Command::Tools => show_tools(&interruptible(self.client.tools()).await?).map_err(closed)?,
            Command::Conversation(id) => self.switch(id),
            Command::History => {
                let history = interruptible(self.client.history(&self.session.conversation_id)).await?;
                print_history(&history, self.settings.plain).map_err(closed)?;
            }
            Command::Export(path) => self.export(path).await?,
            Command::Clear => {
                self.session.start_over();
                self.begun = false;
                self.pending.clear();
                view::notice(&format!("new conversation {}", self.session.conversation_id));
            }
            Command::ClearHistory => {
                let cleared = interruptible(self.client.clear(&self.session.conversation_id)).await?;
                self.pending.clear();
                view::notice(&cleared.message);
            }
            Command::Decide(approved) => self.decide_all(approved).await?,
            other => self.set(other)?,
        }
        Ok(())
    }

    fn switch(&mut self, id: Option<String>) {
        if let Some(id) = id {
            self.session.conversation_id = id;
            self.begun = true;
            self.pending.clear();
        }
        view::notice(&format!("conversation {}", self.session.conversation_id));
    }

    async fn export(&mut self, path: Option<PathBuf>) -> Result<(), Failure> {
        let path = path.unwrap_or_else(|| export::usual_file(&self.session.conversation_id));
        if !self.may_write(&path)? {
            return Ok(());
        }
        let history = interruptible(self.client.whole_history(&self.session.conversation_id)).await?;
        export::write(&history, &path)?;
        let messages = view::counted(history.history.len(), "message");
        view::notice(&format!("{messages} in {}, which only you can read", path.display()));
        Ok(())
    }

    /// A file that is there already is only replaced by the person's word.
    fn may_write(&mut self, path: &Path) -> Result<bool, Failure> {
        if !path.exists() {
            return Ok(true);
        }
        if !self.lines.is_terminal() {
            let doing = format!("write {}", path.display());
            return Err(Failure::new("chat/export", doing, "the file exists").hint("name another, or remove it first"));
        }
        block_in_place(|| self.lines.confirm(&format!("replace {}?", path.display())))
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
            Command::TokenFile(path) => self.use_token(Token::from_file(&path)?),
            _ => {}
        }
        Ok(())
    }

    fn use_token(&mut self, token: Token) {
        self.client.tokens.give(token);
        view::notice("the token is used from now on");
    }
}

/// The agent knows a conversation from its first question on.
fn needs_messages(command: &Command) -> bool {
    matches!(command, Command::History | Command::Export(_) | Command::ClearHistory | Command::Decide(_))
}
