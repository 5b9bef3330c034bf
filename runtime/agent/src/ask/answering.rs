//! From an opened question to a stored turn.

use std::sync::Arc;
use std::time::Duration;

use contract::chat::ChatEvent;
use time::OffsetDateTime;
use tokio::time::{Instant, timeout};

use super::Question;
use super::continuing::Continued;
use super::report::Report;
use super::summary::Summariser;
use super::tools::needing_approval;
use crate::agent::Agent;
use crate::conversations::window::noting;
use crate::conversations::{self, Access, Conversation, Meta, NewTurn, Recording, Summary, TurnId, Window};
use crate::failure::{Code, Failure};
use crate::gateway::ToolSession;
use crate::message::Message;
use crate::model::{ModelRequest, ToolDefinition, Tooling, Usage, system_prompt};
use crate::turn::{Drive, Driven, Ending, EventSender, Opening, Rules, Stops, Subject, Turn, TurnEvent, TurnRecord};

/// Time to store a turn, and to hand over the last event. Both fit between a
/// turn's deadline and the end of a function that has half a minute or more.
const STORE_DEADLINE: Duration = Duration::from_secs(6);
const LAST_EVENT_DEADLINE: Duration = Duration::from_secs(2);

/// A question with everything that is read and opened for it.
pub struct Prepared {
    pub agent: Arc<Agent>,
    pub question: Question,
    pub begun: Instant,
    pub asked_at: OffsetDateTime,
    /// Without the pending turn.
    pub conversation: Option<Conversation>,
    /// The turn that goes on after the user's word.
    pub pending: Option<Continued>,
    pub session: Option<Box<dyn ToolSession>>,
    pub tools: Vec<ToolDefinition>,
}

/// What the model is told of earlier turns.
#[derive(Default)]
struct Earlier {
    history: Vec<Vec<Message>>,
    summary: Option<String>,
    /// To be kept with the turn.
    new_summary: Option<Summary>,
    usage: Usage,
}

impl Prepared {
    /// Runs the turn, stores it and sends the last event.
    pub async fn answer(self, events: EventSender) {
        let earlier = self.earlier(&events).await;
        let new_summary = earlier.new_summary.clone();
        let driven = self.drive(earlier, &events).await;
        self.report().write(&driven);
        let last = match self.store(&driven.record, new_summary).await {
            Ok(()) => self.last_event(driven.record),
            Err(failure) => self.not_stored(failure),
        };
        if timeout(LAST_EVENT_DEADLINE, events.send(last)).await.is_err() {
            tracing::warn!(request_id = self.question.request_id, "the client did not take the last event");
        }
    }

    async fn earlier(&self, events: &EventSender) -> Earlier {
        let Some(Conversation { meta, turns }) = &self.conversation else { return Earlier::default() };
        let limits = &self.agent.configuration.settings.limits;
        let window = Window::of(meta, turns, limits, !self.tools.is_empty());
        let summariser = Summariser { model: self.agent.ports.model.as_ref(), stops: self.stops(), events };
        match summariser.summarise(&window).await {
            Some((new, usage)) => Earlier {
                history: window.history,
                summary: noting(Some(new.text.clone()), window.unread),
                new_summary: Some(new),
                usage,
            },
            None => Earlier { summary: window.plain_summary(), history: window.history, ..Earlier::default() },
        }
    }

    async fn drive(&self, earlier: Earlier, events: &EventSender) -> Driven {
        let drive = Drive {
            model: self.agent.ports.model.as_ref(),
            session: self.session.as_deref(),
            request: self.request(earlier.summary),
            limits: &self.agent.configuration.settings.limits,
            stops: self.stops(),
            events,
            subject: self.subject(),
        };
        let mut turn = self.turn(earlier.history);
        turn.spend(earlier.usage);
        drive.run(turn).await
    }

    fn stops(&self) -> Stops<'_> {
        Stops { deadline: self.question.deadline, shutdown: &self.agent.shutdown }
    }

    fn subject(&self) -> Subject<'_> {
        Subject {
            request_id: &self.question.request_id,
            conversation_id: self.question.conversation_id.as_str(),
            log_content: self.agent.configuration.settings.log_content,
            metrics: &self.agent.metrics,
        }
    }

    fn report(&self) -> Report<'_> {
        let tools = self.session.as_deref().map_or(&[][..], |session| session.tools());
        Report { agent: &self.agent, question: &self.question, tools, begun: self.begun }
    }

    fn request(&self, summary: Option<String>) -> ModelRequest {
        ModelRequest {
            system: system_prompt(self.tooling()),
            summary,
            messages: Vec::new(),
            tools: self.tools.clone(),
            temperature: self.question.temperature,
            max_tokens: self.question.max_tokens,
        }
    }

    fn tooling(&self) -> Tooling {
        match (&self.session, self.question.wants_tools()) {
            (_, false) => Tooling::SwitchedOff,
            (None, true) => Tooling::LoginNeeded,
            (Some(_), true) if self.tools.is_empty() => Tooling::NoneServed,
            (Some(_), true) => Tooling::Available,
        }
    }

    fn turn(&self, history: Vec<Vec<Message>>) -> Turn {
        let settings = &self.agent.configuration.settings;
        let approval_needed = needing_approval(&self.tools, &settings.approval_tools);
        let opening = Opening {
            conversation_id: self.question.conversation_id.as_str().to_owned(),
            history,
            rules: Rules { rounds: settings.limits.rounds, tools_offered: !self.tools.is_empty(), approval_needed },
        };
        match &self.pending {
            Some(pending) => Turn::resume(opening, pending.turn.messages.clone(), self.question.approvals.clone()),
            None => Turn::new(opening, &self.question.message),
        }
    }

    async fn store(&self, record: &TurnRecord, summary: Option<Summary>) -> Result<(), Failure> {
        if record.messages.is_empty() {
            return Ok(());
        }
        let turn = self.new_turn(record, summary);
        let access =
            Access { owner: &self.question.caller.owner, id: &self.question.conversation_id, now: turn.answered_at };
        let recording = Recording { access, base: self.base(), turn };
        let stored = timeout(STORE_DEADLINE, conversations::record(self.agent.ports.store.as_ref(), recording)).await;
        stored.unwrap_or_else(|_| {
            Err(Failure::new(Code::ConversationStore, "store the turn: no answer in time").hint("ask again"))
        })
    }

    fn new_turn(&self, record: &TurnRecord, summary: Option<Summary>) -> NewTurn {
        let answered_at = self.agent.now();
        NewTurn {
            id: TurnId::random(),
            asked_at: self.pending.as_ref().map_or(self.asked_at, |pending| pending.turn.asked_at),
            answered_at,
            expires_at: answered_at + self.agent.configuration.conversation_lifetime,
            messages: conversations::for_storage(&record.messages),
            pending: record.ending == Ending::AwaitingApproval,
            replaces: self.pending.as_ref().map(|pending| pending.record.clone()),
            summary,
        }
    }

    fn base(&self) -> Option<Meta> {
        self.conversation.as_ref().map(|conversation| conversation.meta.clone())
    }

    fn not_stored(&self, failure: Failure) -> TurnEvent {
        tracing::error!(
            request_id = self.question.request_id,
            conversation_id = self.question.conversation_id.as_str(),
            code = failure.code.as_str(),
            "the turn was not stored: {failure}"
        );
        TurnEvent::Broken(Ending::Failed(failure))
    }

    fn last_event(&self, record: TurnRecord) -> TurnEvent {
        let stop_reason = match record.ending {
            Ending::Whole { .. } | Ending::AwaitingApproval => record.ending.name().to_owned(),
            ending => return TurnEvent::Broken(ending),
        };
        TurnEvent::Chat(ChatEvent::Done {
            conversation_id: self.question.conversation_id.as_str().to_owned(),
            stop_reason,
            tools_used: record.tools_used,
        })
    }
}
