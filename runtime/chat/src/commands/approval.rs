//! The user's word on tool calls that wait for it.

use contract::chat::PendingCall;

use crate::{answer::Answer, settings::Settings, view::shown_input};

/// What a person is asked about one call.
pub(super) fn question(call: &PendingCall) -> String {
    format!("run {} {}?", call.name, shown_input(&call.input))
}

/// How to go on where nobody can be asked.
pub(super) fn how_to_go_on(settings: &Settings, answer: &Answer) -> String {
    let calls = match answer.approvals_required.len() {
        1 => "a tool call".to_owned(),
        count => format!("{count} tool calls"),
    };
    let conversation = answer.conversation_id.as_deref().unwrap_or_default();
    format!(
        "the answer waits for your yes to {calls}. It goes on with\n  echo /approve | {} --conversation {conversation}\n\
         and without them with /decline instead",
        settings.command
    )
}
