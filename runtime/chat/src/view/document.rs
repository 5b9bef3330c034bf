//! The documents of `--json`: one per run, on standard output.

use std::io::{self, Write};

use contract::{
    chat::{ChatEvent, PendingCall},
    error::ErrorDetail,
};
use serde::Serialize;

use super::AnswerView;
use crate::answer::{Answer, ToolRun, Usage};

/// An answer as a script reads it.
#[derive(Debug, Serialize)]
pub struct Document<'a> {
    answer: &'a str,
    conversation_id: Option<&'a str>,
    stop_reason: Option<&'a str>,
    tools_used: &'a [String],
    tools: &'a [ToolRun],
    /// Present when the answer waits for the user's yes.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    approvals_required: &'a [PendingCall],
    usage: Usage,
    duration_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorDetail>,
}

impl<'a> From<&'a Answer> for Document<'a> {
    fn from(answer: &'a Answer) -> Self {
        Self {
            answer: &answer.text,
            conversation_id: answer.conversation_id.as_deref(),
            stop_reason: answer.stop_reason.as_deref(),
            tools_used: &answer.tools_used,
            tools: &answer.tools,
            approvals_required: &answer.approvals_required,
            usage: answer.usage,
            duration_ms: answer.duration_ms,
            error: answer.failure.as_ref().map(|failure| failure.detail()),
        }
    }
}

/// Waits in silence: the document comes at the end.
pub(crate) struct Silent;

impl AnswerView for Silent {
    fn event(&mut self, _: &ChatEvent) -> io::Result<()> {
        Ok(())
    }
}

/// # Errors
/// When the output is closed.
pub fn print_json(document: &impl Serialize) -> io::Result<()> {
    let mut output = io::stdout().lock();
    serde_json::to_writer_pretty(&mut output, document)?;
    writeln!(output)?;
    output.flush()
}
