//! `chat conversations`: the caller's own, newest first.

use std::io::{self, Write};

use contract::chat::Conversations;

use super::{Outcome, closed};
use crate::{
    failure::Failure,
    notices::Notices,
    settings::Settings,
    view::{print_json, printable},
};

/// # Errors
/// The request's own.
pub async fn conversations(settings: &Settings, notices: Notices) -> Result<Outcome, Failure> {
    let list = settings.client(notices).await?.conversations().await?;
    if settings.json { print_json(&list) } else { show(&list) }.map_err(closed)?;
    Ok(Outcome::Succeeded)
}

fn show(list: &Conversations) -> io::Result<()> {
    let mut output = anstream::stdout();
    for conversation in &list.conversations {
        let (id, updated) = (printable(&conversation.conversation_id), printable(&conversation.updated_at));
        writeln!(output, "{updated}  {:>4} messages  {id}", conversation.message_count)?;
    }
    writeln!(output, "{} conversations", list.count)
}
