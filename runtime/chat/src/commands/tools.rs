//! `chat tools`: what the agent can use, as the gateway lists it for this user.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use contract::chat::ToolList;

use super::{Outcome, closed};
use crate::{
    failure::Failure,
    notices::Notices,
    settings::Settings,
    view::{counted, print_json, printable, screen_columns},
};

/// # Errors
/// The request's own.
pub async fn tools(settings: &Settings, notices: Notices) -> Result<Outcome, Failure> {
    let list = settings.client(notices).await?.tools().await?;
    if settings.json { print_json(&list) } else { show_tools(&list) }.map_err(closed)?;
    Ok(Outcome::Succeeded)
}

/// A line a tool: its name and the first line of its description, on a screen as much of it as fits.
///
/// # Errors
/// When the output is closed.
pub fn show_tools(list: &ToolList) -> io::Result<()> {
    let width = list.tools.iter().map(|tool| tool.name.chars().count()).max().unwrap_or(0);
    let mut output = anstream::stdout();
    for tool in &list.tools {
        let first_line = tool.description.lines().next().unwrap_or_default();
        let line = format!("{:width$}  {}", printable(&tool.name), printable(first_line));
        writeln!(output, "{}", fitted(&line, screen_columns()))?;
    }
    writeln!(output, "{}", counted(list.count, "tool"))
}

/// Cut where the screen ends.
fn fitted(line: &str, columns: Option<usize>) -> Cow<'_, str> {
    match columns {
        Some(columns) if line.chars().count() > columns => {
            Cow::Owned(line.chars().take(columns.saturating_sub(1)).chain(['…']).collect())
        }
        _ => Cow::Borrowed(line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_only_where_a_screen_ends() {
        assert_eq!(fitted("get_time  Tells", Some(9)), "get_time…");
        assert_eq!(fitted("get_time  Tells", Some(15)), "get_time  Tells");
        assert_eq!(fitted("get_time  Tells", None), "get_time  Tells");
    }
}
