//! `chat conversations`: list, show and delete the caller's own.

use std::io::{self, Write};

use contract::chat::{ConversationHistory, Conversations};
use serde_json::json;

use super::{Outcome, closed};
use crate::{
    agent_client::AgentClient,
    arguments::{ConversationsAction, ConversationsArguments, DeleteArguments},
    failure::Failure,
    notices::Notices,
    prompt,
    settings::Settings,
    view::{Rendering, counted, print_json, printable, shown_input},
};

/// # Errors
/// The requests' own; `usage/not-confirmed` for a deletion that nobody can be asked about.
pub async fn conversations(
    settings: &Settings,
    arguments: ConversationsArguments,
    notices: Notices,
) -> Result<Outcome, Failure> {
    let client = settings.client(notices.clone()).await?;
    match arguments.action {
        None => list(settings, &client, arguments.list.all).await,
        Some(ConversationsAction::List(which)) => list(settings, &client, which.all).await,
        Some(ConversationsAction::Show { id }) => show(settings, &client, &id).await,
        Some(ConversationsAction::Delete(which)) => delete(settings, &client, &which, &notices).await,
    }
}

async fn list(settings: &Settings, client: &AgentClient, all: bool) -> Result<Outcome, Failure> {
    let mut list = client.conversations().await?;
    while let Some(cursor) = list.next_cursor.take_if(|_| all) {
        let page = client.conversations_after(Some(&cursor)).await?;
        list.conversations.extend(page.conversations);
        list.next_cursor = page.next_cursor.filter(|next| *next != cursor);
        list.count = list.conversations.len();
    }
    if settings.json { print_json(&list) } else { print_list(&list) }.map_err(closed)?;
    Ok(Outcome::Succeeded)
}

async fn show(settings: &Settings, client: &AgentClient, id: &str) -> Result<Outcome, Failure> {
    let history = client.whole_history(id).await?;
    if settings.json { print_json(&history) } else { print_history(&history, settings.plain) }.map_err(closed)?;
    Ok(Outcome::Succeeded)
}

async fn delete(
    settings: &Settings,
    client: &AgentClient,
    which: &DeleteArguments,
    notices: &Notices,
) -> Result<Outcome, Failure> {
    if !which.yes && !confirmed(settings, which).await? {
        notices.show("nothing is deleted");
        return Ok(Outcome::Failed);
    }
    let mut deleted = Vec::new();
    if which.all {
        deleted.push(client.delete_all().await?);
        notices.show(&deleted[0].message);
    }
    for id in &which.ids {
        let one = client.delete(id).await?;
        notices.show(&one.message);
        deleted.push(one);
    }
    if settings.json {
        print_json(&json!({"deleted": deleted})).map_err(closed)?;
    }
    Ok(Outcome::Succeeded)
}

async fn confirmed(settings: &Settings, which: &DeleteArguments) -> Result<bool, Failure> {
    let what = match which.ids.as_slice() {
        [] => "all your conversations".to_owned(),
        ids => format!("conversation {}", ids.join(", ")),
    };
    if !settings.attended {
        return Err(Failure::new("usage/not-confirmed", format!("delete {what}"), "there is no terminal to ask at")
            .hint("add --yes"));
    }
    prompt::confirm(&format!("delete {what} for good?")).await
}

fn print_list(list: &Conversations) -> io::Result<()> {
    let mut output = anstream::stdout();
    for conversation in &list.conversations {
        let (id, updated) = (printable(&conversation.conversation_id), printable(&conversation.updated_at));
        let title = conversation.title.as_deref().map(printable).unwrap_or_default();
        let line = format!("{updated}  {:>4} messages  {id}  {title}", conversation.message_count);
        writeln!(output, "{}", line.trim_end())?;
    }
    let more = if list.next_cursor.is_some() { ", and more with --all" } else { "" };
    writeln!(output, "{}{more}", counted(list.count, "conversation"))
}

/// Also what `/history` shows. The agent's words are formatted as when they came.
///
/// # Errors
/// When the output is closed.
pub(super) fn print_history(history: &ConversationHistory, plain: bool) -> io::Result<()> {
    let rendering = Rendering::of_standard_output(plain);
    let mut output = anstream::stdout();
    for message in &history.history {
        writeln!(output, "[{}] {}", printable(&message.timestamp), printable(&message.role))?;
        for tool in &message.tools {
            let mark = if tool.success { "✓" } else { "✗ failed:" };
            writeln!(output, "{mark} {} {}", printable(&tool.name), printable(&shown_input(&tool.input)))?;
        }
        let rendering = if message.role == "assistant" { rendering } else { Rendering::Plain };
        writeln!(output, "{}\n", rendering.of_text(&message.content))?;
    }
    for call in &history.approvals_required {
        writeln!(output, "? {} {} waits for your yes", printable(&call.name), printable(&shown_input(&call.input)))?;
    }
    let earlier = if history.earlier.is_some() { ", the latest shown" } else { "" };
    writeln!(output, "{}{earlier}", counted(history.message_count, "message"))
}
