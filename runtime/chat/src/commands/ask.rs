//! `chat QUESTION`: one question, one answer.

use contract::chat::ChatRequest;

use super::{Outcome, approval, closed};
use crate::{
    agent_client::AgentClient,
    answer::{self, Answer},
    failure::Failure,
    notices::Notices,
    prompt,
    session::{Session, word},
    settings::Settings,
    view::{Document, Rendering, Silent, TerminalView, print_json},
};

/// Where a person sits at the terminal, tool calls that wait for a yes are asked about.
///
/// # Errors
/// What goes wrong before the question is sent; the rest is part of the answer.
pub async fn ask(settings: &Settings, question: &str, notices: Notices) -> Result<Outcome, Failure> {
    let client = settings.client(notices.clone()).await?;
    let mut session = Session::new(settings.conversation.clone());
    let mut request = session.request(question);
    loop {
        let answer = shown(settings, &client, &request).await?;
        if !answer.awaits_approval() {
            return Ok(if answer.failure.is_some() { Outcome::Failed } else { Outcome::Succeeded });
        }
        if settings.json || !settings.attended {
            notices.show(&approval::how_to_go_on(settings, &answer));
            return Ok(Outcome::AwaitsApproval);
        }
        if let Some(id) = &answer.conversation_id {
            session.conversation_id.clone_from(id);
        }
        request = decided(&session, &answer).await?;
    }
}

async fn shown(settings: &Settings, client: &AgentClient, request: &ChatRequest) -> Result<Answer, Failure> {
    if settings.json {
        let answer = answer::ask(client, request, &mut Silent).await;
        print_json(&Document::from(&answer)).map_err(closed)?;
        return Ok(answer);
    }
    let mut view = TerminalView::standard(Rendering::of_standard_output(settings.plain));
    let answer = answer::ask(client, request, &mut view).await;
    view.finish(&answer).map_err(closed)?;
    Ok(answer)
}

async fn decided(session: &Session, answer: &Answer) -> Result<ChatRequest, Failure> {
    let mut approvals = Vec::new();
    for call in &answer.approvals_required {
        approvals.push(word(call, prompt::confirm(&approval::question(call)).await?));
    }
    Ok(session.approvals(approvals))
}
