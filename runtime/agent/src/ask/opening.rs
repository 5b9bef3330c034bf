//! Before an answer starts: whose conversation, which tools, whether what is
//! approved waits at all.

use std::sync::Arc;

use time::OffsetDateTime;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::answering::Prepared;
use super::continuing::{begin, unknown, waiting};
use super::tools::definitions;
use super::{Answer, Question};
use crate::agent::Agent;
use crate::conversations::{Access, Conversation, Extent, Lookup, not_found};
use crate::failure::{Code, Failure};
use crate::gateway::ToolSession;

/// Turns that are read beyond those that can fit the model's window: some may wait for a summary that failed.
const TURNS_TO_SUMMARISE: usize = 10;
/// Events that wait for a slow client before the turn waits too.
const EVENTS_WAITING: usize = 64;

/// Starts to answer. Fails for a conversation that is somebody else's or cannot be read, for a token that the
/// gateway refuses, and for approvals of what does not wait.
pub async fn ask(agent: Arc<Agent>, question: Question) -> Result<Answer, Failure> {
    let (begun, asked_at) = (Instant::now(), agent.now());
    let opened = async { tokio::try_join!(read(&agent, &question, asked_at), open_tools(&agent, &question)) };
    let (mut conversation, session) = timeout_at(question.deadline, opened).await.map_err(|_| too_late())??;
    let pending = match question.approvals.as_slice() {
        [] => None,
        approvals => Some(waiting(&question.conversation_id, conversation.as_mut(), approvals)?),
    };
    let tools = session.as_deref().map(|session| definitions(session.tools())).unwrap_or_default();
    if pending.is_some() && tools.is_empty() {
        return Err(unknown("the tools of the waiting calls are not served to you now"));
    }
    let pending = match (pending, conversation.as_mut()) {
        (Some(turn), Some(conversation)) => Some(begin(&agent, &question, &mut conversation.meta, turn).await?),
        _ => None,
    };
    let (events, receiver) = mpsc::channel(EVENTS_WAITING);
    let (conversation_id, turns) = (question.conversation_id.clone(), agent.turns.clone());
    let prepared = Prepared { agent, question, begun, asked_at, conversation, pending, session, tools };
    turns.spawn(prepared.answer(events));
    Ok(Answer { conversation_id, events: receiver })
}

async fn read(agent: &Agent, question: &Question, now: OffsetDateTime) -> Result<Option<Conversation>, Failure> {
    let access = Access { owner: &question.caller.owner, id: &question.conversation_id, now };
    // A turn has two messages at least.
    let turns = agent.configuration.settings.limits.history_messages / 2 + TURNS_TO_SUMMARISE;
    match agent.ports.store.read(access, Extent::Latest(turns)).await? {
        Lookup::Found(conversation) => Ok(Some(*conversation)),
        Lookup::Absent => Ok(None),
        Lookup::Foreign => Err(not_found(&question.conversation_id).hint("choose another conversation_id")),
    }
}

fn too_late() -> Failure {
    Failure::new(Code::AnswerDeadline, "read the conversation and connect to the gateway: the time is over")
        .hint("ask again")
}

async fn open_tools(agent: &Agent, question: &Question) -> Result<Option<Box<dyn ToolSession>>, Failure> {
    match question.caller.token.as_ref().filter(|_| question.wants_tools()) {
        Some(token) => agent.connect(token, &question.trace).await.map(Some),
        None => Ok(None),
    }
}
