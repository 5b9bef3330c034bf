//! The agent's part of the smoke test: health, one streamed answer, its
//! conversation deleted again.

use chat::{AgentClient, Failure as ChatFailure};
use contract::chat::{APPROVAL_REQUIRED, ChatEvent, ChatRequest};
use deployer_core::Failure;

/// A question that needs a tool.
const QUESTION: &str = "What time is it?";

const LOGS: &str = "the agent function's log says more: `deployer sandbox logs agent`, or its log group on AWS";

/// `GET /health` over SigV4 alone. Says what the agent reports.
pub async fn is_healthy(client: &AgentClient) -> Result<String, Failure> {
    let health = client.health().await.map_err(|error| failure("smoke/health", "check the agent's health", &error))?;
    let broken = |what: &str| {
        Failure::new("smoke/health", "smoke test: check the agent's health", format!("{what} is not ready"))
            .with_hint(LOGS)
    };
    if !health.conversation_manager_ready {
        return Err(broken(&format!("table {}", health.dynamodb_table)));
    }
    if !health.mcp_ready {
        return Err(broken("the gateway connection"));
    }
    Ok(format!("{}, model {}", health.status, health.model))
}

/// Asks a question and reads its whole stream. Says which tools answered.
pub async fn answers(client: &AgentClient, conversation_id: &str) -> Result<String, Failure> {
    let request = ChatRequest {
        message: QUESTION.into(),
        conversation_id: Some(conversation_id.into()),
        ..ChatRequest::default()
    };
    let doing = "ask the agent a question";
    let failed = |error: ChatFailure| failure("smoke/chat", doing, &error);
    let mut answer = client.ask(&request).await.map_err(failed)?;
    let mut characters = 0;
    while let Some(event) = answer.next().await.map_err(failed)? {
        match event {
            ChatEvent::Text { text } => characters += text.chars().count(),
            ChatEvent::Error { error } => {
                let cause = format!("{} [{}]", error.message, error.code);
                return Err(Failure::new("smoke/chat", format!("smoke test: {doing}"), cause).with_hint(LOGS));
            }
            ChatEvent::Done { stop_reason, .. } if stop_reason == APPROVAL_REQUIRED => {
                return Ok(format!("{characters} characters, then a tool waits for a person's yes"));
            }
            ChatEvent::Done { tools_used, .. } if characters > 0 => {
                return Ok(format!("{characters} characters, tools used: {}", tools_used.join(", ")));
            }
            _ => {}
        }
    }
    Err(Failure::new("smoke/chat", format!("smoke test: {doing}"), "the answer was empty").with_hint(LOGS))
}

/// Deletes the conversation that the question made.
pub async fn forgets(client: &AgentClient, conversation_id: &str) -> Result<String, Failure> {
    let deleted = client.delete(conversation_id).await;
    deleted
        .map(|_| "its conversation is deleted".into())
        .map_err(|error| failure("smoke/conversation", "delete the test's conversation", &error))
}

fn failure(code: &'static str, doing: &str, error: &ChatFailure) -> Failure {
    let detail = error.detail();
    let failure = Failure::new(code, format!("smoke test: {doing}"), format!("{} [{}]", detail.message, detail.code));
    match detail.hint {
        Some(hint) => failure.with_hint(hint),
        None => failure,
    }
}
