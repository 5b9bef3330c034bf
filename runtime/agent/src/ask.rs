//! One question's way: read the conversation, open the user's tools, run the
//! turn, store it. What can be refused is refused before the answer starts.

use std::sync::Arc;
use std::time::Duration;

use contract::chat::{ChatEvent, ListedTool};
use time::OffsetDateTime;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use crate::agent::Agent;
use crate::caller::Owner;
use crate::conversations::{
    self, Access, Conversation, ConversationId, Extent, Lookup, Meta, NewTurn, Recording, StoredTurn,
};
use crate::failure::{Code, Failure};
use crate::gateway::ToolSession;
use crate::model::{ModelRequest, ToolDefinition, Tooling, system_prompt};
use crate::token::Token;
use crate::turn::{Drive, Ending, EventSender, Turn, TurnEvent, TurnRecord};

/// Turns that are read for the model; more messages than it gets.
const TURNS_READ: usize = 25;
/// Events that wait for a slow client before the turn waits too.
const EVENTS_WAITING: usize = 64;
/// Time to store a turn, and to hand over the last event. Both fit between a
/// turn's deadline and the end of a function that has half a minute or more.
const STORE_DEADLINE: Duration = Duration::from_secs(6);
const LAST_EVENT_DEADLINE: Duration = Duration::from_secs(2);

/// A question as it came, checked.
pub struct Question {
    pub request_id: String,
    pub owner: Owner,
    pub conversation_id: ConversationId,
    pub message: String,
    pub temperature: f32,
    pub max_tokens: i32,
    pub use_tools: bool,
    pub token: Option<Token>,
    /// When the turn must have ended; leaves time to store it.
    pub deadline: Instant,
}

/// An answer that has begun. The last event is `Done` or `Broken`; when it
/// arrives the turn is stored.
pub struct Answer {
    pub conversation_id: ConversationId,
    pub events: mpsc::Receiver<TurnEvent>,
}

/// Starts to answer. Fails for a conversation that is somebody else's or
/// cannot be read, and for a token that the gateway refuses.
pub async fn ask(agent: Arc<Agent>, question: Question) -> Result<Answer, Failure> {
    let asked_at = agent.now();
    let opened = async { tokio::try_join!(read(&agent, &question, asked_at), open_tools(&agent, &question)) };
    let (conversation, session) = timeout_at(question.deadline, opened).await.map_err(|_| too_late())??;
    let (events, receiver) = mpsc::channel(EVENTS_WAITING);
    let conversation_id = question.conversation_id.clone();
    let prepared = Prepared { agent, question, asked_at, conversation, session };
    tokio::spawn(prepared.answer(events));
    Ok(Answer { conversation_id, events: receiver })
}

async fn read(agent: &Agent, question: &Question, now: OffsetDateTime) -> Result<Option<Conversation>, Failure> {
    let access = Access { owner: &question.owner, id: &question.conversation_id, now };
    match agent.ports.store.read(access, Extent::Latest(TURNS_READ)).await? {
        Lookup::Found(conversation) => Ok(Some(conversation)),
        Lookup::Absent => Ok(None),
        Lookup::Foreign => Err(not_found(&question.conversation_id).hint("choose another conversation_id")),
    }
}

/// What somebody else's conversation looks like, and one that is not there.
pub fn not_found(id: &ConversationId) -> Failure {
    Failure::new(Code::ConversationNotFound, format!("there is no conversation {}", id.as_str()))
}

fn too_late() -> Failure {
    Failure::new(Code::AnswerDeadline, "read the conversation and connect to the gateway: the time is over")
        .hint("ask again")
}

async fn open_tools(agent: &Agent, question: &Question) -> Result<Option<Box<dyn ToolSession>>, Failure> {
    match question.token.as_ref().filter(|_| question.use_tools) {
        Some(token) => agent.connect(token).await.map(Some),
        None => Ok(None),
    }
}

struct Prepared {
    agent: Arc<Agent>,
    question: Question,
    asked_at: OffsetDateTime,
    conversation: Option<Conversation>,
    session: Option<Box<dyn ToolSession>>,
}

impl Prepared {
    async fn answer(self, events: EventSender) {
        let request = self.request();
        let turn = self.turn(!request.tools.is_empty());
        let drive = Drive {
            model: self.agent.ports.model.as_ref(),
            session: self.session.as_deref(),
            request,
            deadline: self.question.deadline,
            events: &events,
        };
        let record = drive.run(turn).await;
        self.log(&record);
        let last = match self.store(&record).await {
            Ok(()) => self.last_event(record),
            Err(failure) => {
                tracing::error!(code = failure.code.as_str(), "the turn was not stored: {failure}");
                TurnEvent::Broken(Ending::Failed(failure))
            }
        };
        if timeout(LAST_EVENT_DEADLINE, events.send(last)).await.is_err() {
            tracing::warn!(request_id = self.question.request_id, "the client did not take the last event");
        }
    }

    fn request(&self) -> ModelRequest {
        let tools = self.session.as_deref().map(|session| definitions(session.tools())).unwrap_or_default();
        ModelRequest {
            system: system_prompt(self.tooling(&tools)),
            messages: Vec::new(),
            tools,
            temperature: self.question.temperature,
            max_tokens: self.question.max_tokens,
        }
    }

    fn tooling(&self, tools: &[ToolDefinition]) -> Tooling {
        match (&self.session, self.question.use_tools) {
            (_, false) => Tooling::SwitchedOff,
            (None, true) => Tooling::LoginNeeded,
            (Some(_), true) if tools.is_empty() => Tooling::NoneServed,
            (Some(_), true) => Tooling::Available,
        }
    }

    fn turn(&self, with_tools: bool) -> Turn {
        let turns: &[StoredTurn] = self.conversation.as_ref().map_or(&[], |conversation| &conversation.turns);
        let history = match with_tools {
            true => conversations::for_model(turns),
            false => conversations::for_model_without_tools(turns),
        };
        Turn::new(self.question.conversation_id.as_str(), history, &self.question.message)
    }

    async fn store(&self, record: &TurnRecord) -> Result<(), Failure> {
        if record.messages.is_empty() {
            return Ok(());
        }
        let answered_at = self.agent.now();
        let turn = NewTurn {
            asked_at: self.asked_at,
            answered_at,
            expires_at: answered_at + self.agent.configuration.conversation_lifetime,
            messages: conversations::for_storage(&record.messages),
        };
        let access = Access { owner: &self.question.owner, id: &self.question.conversation_id, now: answered_at };
        let recording = Recording { access, base: self.base(), turn };
        let stored = timeout(STORE_DEADLINE, conversations::record(self.agent.ports.store.as_ref(), recording)).await;
        stored.unwrap_or_else(|_| {
            Err(Failure::new(Code::ConversationStore, "store the turn: no answer in time").hint("ask again"))
        })
    }

    fn base(&self) -> Option<Meta> {
        self.conversation.as_ref().map(|conversation| conversation.meta.clone())
    }

    fn last_event(&self, record: TurnRecord) -> TurnEvent {
        match record.ending {
            Ending::Whole { stop_reason } => TurnEvent::Chat(ChatEvent::Done {
                conversation_id: self.question.conversation_id.as_str().to_owned(),
                stop_reason,
                tools_used: record.tools_used,
            }),
            ending => TurnEvent::Broken(ending),
        }
    }

    /// The names that the gateway serves. A model can make up others: its words, so they stay out of the log.
    fn served<'a>(&self, names: &'a [String]) -> Vec<&'a str> {
        let tools = self.session.as_deref().map_or(&[][..], |session| session.tools());
        let is_served = |name: &&'a str| tools.iter().any(|tool| tool.name == **name);
        names.iter().map(String::as_str).filter(is_served).collect()
    }

    fn log(&self, record: &TurnRecord) {
        let duration_ms = (self.agent.now() - self.asked_at).whole_milliseconds() as i64;
        tracing::info!(
            request_id = self.question.request_id,
            conversation_id = self.question.conversation_id.as_str(),
            ending = record.ending.name(),
            rounds = record.rounds,
            tools = self.served(&record.tools_used).join(","),
            input_tokens = record.usage.input_tokens,
            output_tokens = record.usage.output_tokens,
            duration_ms,
            "turn ended"
        );
    }
}

/// The tools that Bedrock accepts by name; one with another name is left out.
fn definitions(tools: &[ListedTool]) -> Vec<ToolDefinition> {
    let (usable, unusable): (Vec<_>, Vec<_>) = tools.iter().partition(|tool| has_usable_name(tool));
    for tool in unusable {
        tracing::warn!(tool = tool.name, "the tool is left out: Bedrock refuses its name");
    }
    usable.into_iter().map(definition).collect()
}

/// Bedrock's pattern, `[a-zA-Z0-9_-]{1,64}`.
fn has_usable_name(tool: &ListedTool) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    (1..=64).contains(&tool.name.len()) && tool.name.bytes().all(allowed)
}

fn definition(tool: &ListedTool) -> ToolDefinition {
    let description = if tool.description.is_empty() { &tool.name } else { &tool.description };
    ToolDefinition {
        name: tool.name.clone(),
        description: description.clone(),
        input_schema: tool.input_schema.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn tool(name: &str, description: &str) -> ListedTool {
        ListedTool { name: name.into(), description: description.into(), input_schema: json!({"type": "object"}) }
    }

    #[test]
    fn tools_that_bedrock_refuses_are_left_out() {
        let tools = [tool("aws___get_time", ""), tool("a.b", "x"), tool(&"x".repeat(65), "x"), tool("", "x")];
        let definitions = definitions(&tools);
        assert_eq!(definitions.len(), 1);
        assert_eq!(definitions[0].description, "aws___get_time");
    }
}
