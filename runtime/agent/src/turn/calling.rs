//! One tool call: through the gateway, into an outcome that the model may read.

use std::time::Instant;

use super::data::as_data;
use super::drive::Subject;
use super::{ToolCall, ToolOutcome};
use crate::gateway::{ToolOutput, ToolSession};
use crate::telemetry::milliseconds;

/// What calls of one turn run against.
#[derive(Clone, Copy)]
pub struct Calling<'a> {
    pub session: Option<&'a dyn ToolSession>,
    /// Bytes of one result.
    pub limit: usize,
    pub subject: Subject<'a>,
}

impl Calling<'_> {
    /// Calls the tool. What goes wrong becomes an outcome too, for the model to read.
    pub async fn call(self, call: ToolCall) -> ToolOutcome {
        let start = Instant::now();
        let output = self.output_of(&call).await;
        let duration_ms = milliseconds(start.elapsed());
        let text = as_data(&output.text, self.limit);
        self.measure(&call, output.success, duration_ms, output.text.len());
        ToolOutcome { id: call.id, success: output.success, text, duration_ms }
    }

    async fn output_of(&self, call: &ToolCall) -> ToolOutput {
        let session = self.session.filter(|_| self.serves(&call.name));
        let (session, arguments) = match (session, &call.arguments) {
            (_, Err(fault)) => return failed(fault.clone()),
            (None, _) => return failed(format!("there is no tool {}", call.name)),
            (Some(session), Ok(arguments)) => (session, arguments.clone()),
        };
        session.call(&call.name, arguments).await.unwrap_or_else(|failure| {
            self.warn(call, failure.code.as_str());
            let hint = failure.hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
            failed(format!("{}{hint}", failure.message))
        })
    }

    fn serves(&self, name: &str) -> bool {
        self.session.is_some_and(|session| session.tools().iter().any(|tool| tool.name == name))
    }

    /// A name that the model made up is its words, and stays out of the log.
    fn logged_name<'b>(&self, call: &'b ToolCall) -> &'b str {
        if self.serves(&call.name) { call.name.as_str() } else { "unknown" }
    }

    fn warn(&self, call: &ToolCall, code: &str) {
        let Subject { request_id, conversation_id, .. } = self.subject;
        tracing::warn!(request_id, conversation_id, tool = self.logged_name(call), code, "the tool call failed");
    }

    fn measure(&self, call: &ToolCall, success: bool, duration_ms: u64, bytes: usize) {
        let Subject { request_id, conversation_id, log_content, metrics } = self.subject;
        let tool = self.logged_name(call);
        tracing::info!(request_id, conversation_id, tool, success, duration_ms, bytes, "tool called");
        if self.serves(&call.name) {
            metrics.tool(tool, success, duration_ms, bytes);
        }
        if log_content {
            let input = serde_json::to_string(call.arguments.as_ref().unwrap_or(&Default::default()));
            tracing::info!(request_id, conversation_id, tool, input = input.unwrap_or_default(), "tool input");
        }
    }
}

fn failed(text: String) -> ToolOutput {
    ToolOutput { success: false, text }
}
