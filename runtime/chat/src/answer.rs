//! What became of one question: the events of its answer, folded together.

use std::time::Instant;

use contract::chat::{ChatEvent, ChatRequest};
use serde::Serialize;

use crate::{agent_client::AgentClient, failure::Failure, view::AnswerView};

/// A whole answer, or as much of it as came.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    pub text: String,
    pub conversation_id: Option<String>,
    pub stop_reason: Option<String>,
    pub tools_used: Vec<String>,
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
        view.event(&event).map_err(|error| Failure::new("chat/output", "show the answer", error))?;
    }
    Ok(())
}

impl Answer {
    pub fn record(&mut self, event: &ChatEvent) {
        match event {
            ChatEvent::Started { conversation_id } => self.conversation_id = Some(conversation_id.clone()),
            ChatEvent::Text { text } => self.text.push_str(text),
            ChatEvent::ToolStarted { name, .. } => self.used(name),
            ChatEvent::ToolFinished { .. } => {}
            ChatEvent::Usage { input_tokens, output_tokens } => {
                self.usage.input_tokens += input_tokens;
                self.usage.output_tokens += output_tokens;
            }
            ChatEvent::Error { error } => self.failure = Some(Failure::reported("answer the question", error.clone())),
            ChatEvent::Done { conversation_id, stop_reason, tools_used } => {
                self.conversation_id = Some(conversation_id.clone());
                self.stop_reason = Some(stop_reason.clone());
                tools_used.iter().for_each(|name| self.used(name));
            }
        }
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
        let usage = || ChatEvent::Usage { input_tokens: 10, output_tokens: 2 };
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
        assert_eq!(answer.usage, Usage { input_tokens: 20, output_tokens: 4 });
        assert_eq!(answer.conversation_id.as_deref(), Some("c2"));
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
