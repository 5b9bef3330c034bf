//! A conversation as a file: Markdown to read, JSON to work with.

use std::{
    fmt::Write,
    path::{Path, PathBuf},
};

use contract::chat::{ConversationHistory, HistoryMessage};

use crate::{
    failure::Failure,
    private_file,
    view::{counted, printable},
};

/// The file that is meant when none is named.
pub(super) fn usual_file(conversation_id: &str) -> PathBuf {
    format!("{conversation_id}.md").into()
}

/// Writes it so that only its owner can read it; `.json` at the end of the name makes it JSON.
///
/// # Errors
/// `chat/export` when the file cannot be written.
pub(super) fn write(history: &ConversationHistory, path: &Path) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::new("chat/export", format!("write {}", path.display()), error);
    let is_json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let text = if is_json {
        serde_json::to_string_pretty(history).map_err(|error| failed(error.into()))? + "\n"
    } else {
        markdown(history)
    };
    private_file::write(path, text.as_bytes()).map_err(failed)
}

fn markdown(history: &ConversationHistory) -> String {
    let mut text =
        format!("# Conversation {}\n\n{}\n", history.conversation_id, counted(history.message_count, "message"));
    history.history.iter().for_each(|message| text.push_str(&section(message)));
    for call in &history.approvals_required {
        let _ = write!(text, "\n- `{}` with `{}` waits for a yes\n", call.name, call.input);
    }
    printable(&text).into_owned()
}

fn section(message: &HistoryMessage) -> String {
    let speaker = if message.role == "user" { "You" } else { "Agent" };
    let mut text = format!("\n## {speaker}, {}\n\n", message.timestamp);
    for tool in &message.tools {
        let failed = if tool.success { "" } else { ", which failed" };
        let _ = writeln!(text, "- `{}` with `{}`{failed}", tool.name, tool.input);
    }
    if !message.tools.is_empty() {
        text.push('\n');
    }
    text + message.content.trim_end() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::chat::HistoryTool;
    use serde_json::json;

    fn history() -> ConversationHistory {
        let message = |role: &str, content: &str, tools| HistoryMessage {
            role: role.into(),
            content: content.into(),
            timestamp: "2026-01-02T03:04:05Z".into(),
            tools,
        };
        let tool = HistoryTool { name: "aws___s3".into(), input: json!({"query": "list"}), success: false };
        ConversationHistory {
            conversation_id: "c1".into(),
            history: vec![message("user", "Buckets?", vec![]), message("assistant", "None.\u{1b}[2J\n", vec![tool])],
            metadata: json!({}),
            message_count: 2,
            earlier: None,
            approvals_required: vec![],
        }
    }

    #[test]
    fn markdown_names_who_spoke_when_and_which_tools_ran() {
        assert_eq!(
            markdown(&history()),
            "# Conversation c1\n\n2 messages\n\n## You, 2026-01-02T03:04:05Z\n\nBuckets?\n\n\
             ## Agent, 2026-01-02T03:04:05Z\n\n- `aws___s3` with `{\"query\":\"list\"}`, which failed\n\nNone.[2J\n"
        );
    }

    #[test]
    fn a_json_file_holds_the_history_as_the_agent_gave_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c1.JSON");
        write(&history(), &path).unwrap();
        let read: ConversationHistory = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        assert_eq!(read, history());
    }
}
