//! What became of one question: the events of its answer, folded together.

use std::time::Instant;

use contract::chat::{APPROVAL_REQUIRED, ChatEvent, ChatRequest, PendingCall};
use serde::Serialize;

use crate::{agent_client::AgentClient, failure::Failure, view::AnswerView};

/// A whole answer, or as much of it as came.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    pub text: String,
    pub conversation_id: Option<String>,
    pub stop_reason: Option<String>,
    pub tools_used: Vec<String>,
    /// The calls that ran, in the order of their ends.
    pub tools: Vec<ToolRun>,
    /// The calls that wait for the user's yes.
    pub approvals_required: Vec<PendingCall>,
    pub usage: Usage,
    pub duration_ms: u64,
    /// Why it is not whole.
    pub failure: Option<Failure>,
}

/// Tokens of all model turns of the answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Usage {
    pub input_tokens: u64,
    pub output_tokens: u64,
    /// Input tokens that the model's cache had, and those that it keeps now; not among `input_tokens`.
    pub cache_read_tokens: u64,
    pub cache_write_tokens: u64,
}

/// One tool call that ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ToolRun {
    pub name: String,
    pub success: bool,
    pub duration_ms: u64,
    /// Of its result.
    pub bytes: usize,
}

/// Asks and shows the answer as it comes. Failures end up in the answer, so
/// that what came before them is not lost.
pub async fn ask(client: &AgentClient, request: &ChatRequest, view: &mut dyn AnswerView) -> Answer {
    let start = Instant::now();
    let mut answer = Answer { conversation_id: request.conversation_id.clone(), ..Answer::default() };
    if let Err(failure) = receive(client, request, view, &mut answer).await {
        answer.failure = Some(failure);
    }
    answer.duration_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    answer
}

async fn receive(
    client: &AgentClient,
    request: &ChatRequest,
    view: &mut dyn AnswerView,
    answer: &mut Answer,
) -> Result<(), Failure> {
    let mut stream = client.ask(request).await?;
    while let Some(event) = stream.next().await? {
        answer.record(&event);
        answer.failure = answer.failure.take().map(|failure| client.with_login_hint(failure));
        view.event(&event).map_err(|error| Failure::output("show the answer", error))?;
    }
    Ok(())
}

impl Answer {
    /// Adds an event to what came before it.
    pub fn record(&mut self, event: &ChatEvent) {
        match event {
            ChatEvent::Started { conversation_id } => self.conversation_id = Some(conversation_id.clone()),
            ChatEvent::Text { text } => self.text.push_str(text),
            ChatEvent::ToolStarted { name, .. } => self.used(name),
            ChatEvent::ToolFinished { name, success, duration_ms, bytes, .. } => {
                let (name, success) = (name.clone(), *success);
                self.tools.push(ToolRun { name, success, duration_ms: *duration_ms, bytes: *bytes });
            }
            ChatEvent::ApprovalRequired { id, name, input } => {
                let (id, name) = (id.clone(), name.clone());
                self.approvals_required.push(PendingCall { id, name, input: input.clone() });
            }
            ChatEvent::Usage { input_tokens, output_tokens, cache_read_tokens, cache_write_tokens } => {
                self.usage.input_tokens += input_tokens;
                self.usage.output_tokens += output_tokens;
                self.usage.cache_read_tokens += cache_read_tokens;
                self.usage.cache_write_tokens += cache_write_tokens;
            }
            ChatEvent::Error { error } => self.failure = Some(Failure::reported("answer the question", error.clone())),
            ChatEvent::Done { conversation_id, stop_reason, tools_used } => {
                self.conversation_id = Some(conversation_id.clone());
                self.stop_reason = Some(stop_reason.clone());
                tools_used.iter().for_each(|name| self.used(name));
            }
        }
    }

    /// Whether it goes on only after the user's word.
    pub fn awaits_approval(&self) -> bool {
        self.failure.is_none() && self.stop_reason.as_deref() == Some(APPROVAL_REQUIRED)
    }

    fn used(&mut self, tool: &str) {
        if !self.tools_used.iter().any(|name| name == tool) {
            self.tools_used.push(tool.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::error::ErrorBody;
    use serde_json::Value;

    fn text(piece: &str) -> ChatEvent {
        ChatEvent::Text { text: piece.into() }
    }

    #[test]
    fn pieces_and_usage_add_up_and_tools_are_named_once() {
        let tool = || ChatEvent::ToolStarted { id: "1".into(), name: "aws___get_time".into(), input: Value::Null };
        let usage =
            || ChatEvent::Usage { input_tokens: 10, output_tokens: 2, cache_read_tokens: 7, cache_write_tokens: 1 };
        let done = ChatEvent::Done {
            conversation_id: "c2".into(),
            stop_reason: "end_turn".into(),
            tools_used: vec!["aws___get_time".into()],
        };
        let mut answer = Answer::default();
        for event in [tool(), usage(), tool(), text("It is "), text("noon."), usage(), done] {
            answer.record(&event);
        }
        assert_eq!(answer.text, "It is noon.");
        assert_eq!(answer.tools_used, ["aws___get_time"]);
        let usage = Usage { input_tokens: 20, output_tokens: 4, cache_read_tokens: 14, cache_write_tokens: 2 };
        assert_eq!(answer.usage, usage);
        assert_eq!(answer.conversation_id.as_deref(), Some("c2"));
    }

    #[test]
    fn calls_that_wait_and_calls_that_ran_are_kept_apart() {
        let (id, name) = (String::from("1"), String::from("aws___stop"));
        let waits = ChatEvent::ApprovalRequired { id: id.clone(), name: name.clone(), input: Value::Null };
        let ran = ChatEvent::ToolFinished { id, name, success: true, duration_ms: 5, bytes: 9 };
        let stop_reason = APPROVAL_REQUIRED.to_owned();
        let done = ChatEvent::Done { conversation_id: "c".into(), stop_reason, tools_used: vec![] };
        let mut answer = Answer::default();
        [ran, waits, done].iter().for_each(|event| answer.record(event));
        assert_eq!((answer.tools.len(), answer.approvals_required.len()), (1, 1));
        assert!(answer.awaits_approval() && !Answer::default().awaits_approval());
    }

    #[test]
    fn an_error_event_keeps_the_text_before_it() {
        let mut answer = Answer::default();
        answer.record(&text("It is"));
        answer.record(&ChatEvent::Error { error: ErrorBody::new("model/throttled", "too many requests").error });
        assert_eq!(answer.text, "It is");
        assert_eq!(answer.failure.unwrap().code(), "model/throttled");
    }
}
