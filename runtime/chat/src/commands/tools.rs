//! `chat tools`: what the agent can use, as the gateway lists it for this user.

use std::io::{self, Write};

use contract::chat::ToolList;

use super::{Outcome, closed};
use crate::{
    failure::Failure,
    notices::Notices,
    settings::Settings,
    view::{print_json, printable},
};

/// # Errors
/// The request's own.
pub async fn tools(settings: &Settings, notices: Notices) -> Result<Outcome, Failure> {
    let list = settings.client(notices).await?.tools().await?;
    if settings.json { print_json(&list) } else { show_tools(&list) }.map_err(closed)?;
    Ok(Outcome::Succeeded)
}

/// A line a tool: its name and the first line of its description.
///
/// # Errors
/// When the output is closed.
pub fn show_tools(list: &ToolList) -> io::Result<()> {
    let width = list.tools.iter().map(|tool| tool.name.chars().count()).max().unwrap_or(0);
    let mut output = anstream::stdout();
    for tool in &list.tools {
        let first_line = tool.description.lines().next().unwrap_or_default();
        writeln!(output, "{:width$}  {}", printable(&tool.name), printable(first_line))?;
    }
    writeln!(output, "{} tools", list.count)
}
