//! Questions from the first read to the stored turn, over a store in memory and a scripted model.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use contract::chat::{APPROVAL_REQUIRED, Approval, ChatEvent};
use futures::FutureExt;
use futures::future::{BoxFuture, ready};
use tokio::time::{Instant, timeout};

use super::*;
use crate::agent::{Agent, Ports};
use crate::conversations::{Access, ConversationId, Extent, Lookup, MemoryStore, StoredTurn};
use crate::failure::{Code, Failure};
use crate::identity::{Caller, Owner, TokenVerifier, Verification};
use crate::message::DECLINED;
use crate::scripted::{FixedGateway, Scripted, ScriptedModel, TOKEN, calls, configuration, says, spoken};
use crate::telemetry::TraceContext;
use crate::token::Token;
use crate::turn::{Ending, TurnEvent, broken_rule};

const TIME: &str = "aws___get_time";

/// Callers are made here, so no token is ever verified.
struct NoTokens;

impl TokenVerifier for NoTokens {
    fn verify<'a>(&'a self, _: &'a Token) -> BoxFuture<'a, Result<Verification, Failure>> {
        ready(Err(Failure::new(Code::TokenRefused, "no token is good here"))).boxed()
    }
}

struct Desk {
    agent: Arc<Agent>,
    model: Arc<ScriptedModel>,
    /// Names of the tools that ran.
    calls: Arc<Mutex<Vec<String>>>,
    owner: Owner,
    id: ConversationId,
}

impl Desk {
    fn new(settings: &str, answers: impl IntoIterator<Item = Scripted>) -> Self {
        let model = ScriptedModel::new(answers);
        let gateway = FixedGateway::default();
        let calls = gateway.calls.clone();
        let ports = Ports {
            store: Arc::new(MemoryStore::default()),
            model: model.clone(),
            gateway: Arc::new(gateway),
            tokens: Arc::new(NoTokens),
        };
        let agent = Agent::new(ports, configuration(settings));
        Self { agent, model, calls, owner: Owner::stored("user:ada"), id: ConversationId::random() }
    }

    fn question(&self, message: &str, approvals: &[(&str, bool)]) -> Question {
        let approval = |(id, approved): &(&str, bool)| Approval { id: (*id).into(), approved: *approved };
        Question {
            request_id: "r1".into(),
            caller: Caller { owner: self.owner.clone(), token: Token::parse(TOKEN).unwrap() },
            trace: TraceContext::default(),
            conversation_id: self.id.clone(),
            message: message.into(),
            approvals: approvals.iter().map(approval).collect(),
            temperature: 0.5,
            max_tokens: 100,
            use_tools: true,
            deadline: Instant::now() + Duration::from_secs(60),
        }
    }

    async fn ask(&self, message: &str, approvals: &[(&str, bool)]) -> Result<Vec<TurnEvent>, Failure> {
        let mut answer = ask(self.agent.clone(), self.question(message, approvals)).await?;
        let mut events = Vec::new();
        while let Some(event) = answer.events.recv().await {
            events.push(event);
        }
        Ok(events)
    }

    async fn stored(&self) -> Vec<StoredTurn> {
        let access = Access { owner: &self.owner, id: &self.id, now: self.agent.now() };
        match self.agent.ports.store.read(access, Extent::Latest(1_000)).await.unwrap() {
            Lookup::Found(conversation) => conversation.turns,
            _ => Vec::new(),
        }
    }
}

const ASKS_FIRST: &str = r#"{"approval_tools": ["get_time"]}"#;

/// Four messages at most, so that the third question is over the limit.
const SHORT_MEMORY: &str = r#"{"limits": {"history_messages": 4}}"#;

fn stop_reason(events: &[TurnEvent]) -> &str {
    match events.last() {
        Some(TurnEvent::Chat(ChatEvent::Done { stop_reason, .. })) => stop_reason,
        other => panic!("the answer must end with done, not {other:?}"),
    }
}

#[tokio::test]
async fn a_call_waits_for_a_yes_and_the_turn_takes_its_own_place() {
    let desk = Desk::new(ASKS_FIRST, [calls(&[TIME, "aws___broken"]), says("It is noon.")]);
    let events = desk.ask("what time is it?", &[]).await.unwrap();
    assert_eq!(stop_reason(&events), APPROVAL_REQUIRED);
    let pending = desk.stored().await;
    assert_eq!((pending.len(), pending[0].pending), (1, true));
    let events = desk.ask("", &[("t0", true)]).await.unwrap();
    assert_eq!(stop_reason(&events), "end_turn");
    let stored = desk.stored().await;
    assert_eq!((stored.len(), stored[0].pending, stored[0].messages.len()), (1, false, 4));
    assert_eq!(stored[0].asked_at, pending[0].asked_at);
    let requests = desk.model.requests.lock().unwrap();
    assert_eq!(broken_rule(&requests[1].messages), None);
}

#[tokio::test]
async fn a_message_instead_of_a_yes_declines_the_call() {
    let desk = Desk::new(ASKS_FIRST, [calls(&[TIME]), says("As you like.")]);
    desk.ask("what time is it?", &[]).await.unwrap();
    desk.ask("never mind", &[]).await.unwrap();
    let requests = desk.model.requests.lock().unwrap();
    assert_eq!(broken_rule(&requests[1].messages), None);
    assert!(serde_json::to_string(&requests[1].messages).unwrap().contains(DECLINED));
}

#[tokio::test]
async fn a_yes_to_what_does_not_wait_is_refused() {
    let desk = Desk::new(ASKS_FIRST, [calls(&[TIME]), says("Noon."), says("Hi.")]);
    let refused = async |approvals: &[(&str, bool)]| desk.ask("", approvals).await.unwrap_err().code;
    assert_eq!(refused(&[("t0", true)]).await, Code::ApprovalUnknown, "no conversation");
    desk.ask("what time is it?", &[]).await.unwrap();
    assert_eq!(refused(&[("t0", true), ("t7", true)]).await, Code::ApprovalUnknown, "another call");
    desk.ask("", &[("t0", true)]).await.unwrap();
    assert_eq!(refused(&[("t0", true)]).await, Code::ApprovalUnknown, "nothing waits any more");
}

#[tokio::test]
async fn of_two_yeses_at_once_one_lets_the_call_run() {
    let desk = Desk::new(ASKS_FIRST, [calls(&[TIME]), says("Noon.")]);
    desk.ask("what time is it?", &[]).await.unwrap();
    let yes = || desk.ask("", &[("t0", true)]);
    let (left, right) = tokio::join!(yes(), yes());
    let refused = match (left, right) {
        (Ok(_), Err(failure)) | (Err(failure), Ok(_)) => failure,
        both => panic!("one of them must be refused: {both:?}"),
    };
    assert!(matches!(refused.code, Code::ConversationConflict | Code::ApprovalUnknown), "{refused}");
    assert_eq!(desk.calls.lock().unwrap().len(), 1, "the tool runs once");
}

/// The call has run by then, and nothing of it is stored.
#[tokio::test]
async fn an_approved_call_does_not_run_again_after_the_process_was_killed() {
    let desk = Desk::new(ASKS_FIRST, [calls(&[TIME]), Scripted::Hangs(Vec::new()), says("I cannot know.")]);
    desk.ask("what time is it?", &[]).await.unwrap();
    let mut answer = ask(desk.agent.clone(), desk.question("", &[("t0", true)])).await.unwrap();
    let tool_ran =
        async { while !matches!(answer.events.recv().await, Some(TurnEvent::Chat(ChatEvent::ToolFinished { .. }))) {} };
    timeout(Duration::from_secs(20), tool_ran).await.expect("the tool runs");
    assert_eq!(desk.ask("", &[("t0", true)]).await.unwrap_err().code, Code::ApprovalUnknown);
    desk.ask("did it run?", &[]).await.unwrap();
    assert_eq!(desk.calls.lock().unwrap().len(), 1);
    let requests = desk.model.requests.lock().unwrap();
    let last = &requests.last().unwrap().messages;
    assert_eq!(broken_rule(last), None);
    assert!(serde_json::to_string(last).unwrap().contains("it is not known whether this call ran"), "{last:?}");
}

#[tokio::test]
async fn what_no_longer_fits_is_summarised_once_and_kept() {
    let answers = [says("1"), says("2"), says("3"), says("Three questions."), says("4"), says("5")];
    let desk = Desk::new(SHORT_MEMORY, answers);
    for text in ["one", "two", "three", "four", "five"] {
        desk.ask(text, &[]).await.unwrap();
    }
    assert_eq!(desk.stored().await.len(), 5);
    let requests = desk.model.requests.lock().unwrap();
    let summary = &requests[3];
    assert!(summary.tools.is_empty() && summary.system.starts_with("Write a summary"));
    assert!(summary.messages[0].text().contains("User: two") && !summary.messages[0].text().contains("three"));
    for (request, messages) in [(&requests[4], 3), (&requests[5], 5)] {
        assert_eq!((request.summary.as_deref(), request.messages.len()), (Some("Three questions."), messages));
    }
}

#[tokio::test]
async fn without_a_summary_the_model_is_told_what_is_left_out() {
    let failure = Failure::new(Code::ModelThrottled, "ask model m");
    let answers = [says("1"), says("2"), says("3"), Scripted::FailsAtOnce(failure), says("4")];
    let desk = Desk::new(SHORT_MEMORY, answers);
    for text in ["one", "two", "three", "four"] {
        desk.ask(text, &[]).await.unwrap();
    }
    let requests = desk.model.requests.lock().unwrap();
    assert_eq!(requests[4].summary.as_deref(), Some("2 earlier turns are left out."));
}

#[tokio::test]
async fn the_end_of_the_process_ends_an_answer_labelled_and_stored() {
    let desk = Desk::new("{}", [Scripted::Hangs(vec![spoken("It is")])]);
    let mut answer = ask(desk.agent.clone(), desk.question("what time is it?", &[])).await.unwrap();
    let mut last = None;
    while let Some(event) = answer.events.recv().await {
        if matches!(event, TurnEvent::Chat(ChatEvent::Text { .. })) {
            desk.agent.shutdown.cancel();
        }
        last = Some(event);
    }
    assert_eq!(last, Some(TurnEvent::Broken(Ending::shutdown())));
    let answer = desk.stored().await[0].messages[1].text();
    assert_eq!(answer, "It is\n\n[answer cut short: the agent is shutting down]");
}

/// What is killed between two answers of the model has written nothing yet: a turn is stored at its end,
/// with its conversation's record in one transaction.
#[tokio::test]
async fn a_turn_that_is_killed_between_model_answers_leaves_the_conversation_as_it_was() {
    let desk = Desk::new("{}", [says("Hello."), calls(&[TIME]), Scripted::Hangs(Vec::new())]);
    desk.ask("hi", &[]).await.unwrap();
    let before = desk.stored().await;
    let mut answer = ask(desk.agent.clone(), desk.question("what time is it?", &[])).await.unwrap();
    let tool_ran =
        async { while !matches!(answer.events.recv().await, Some(TurnEvent::Chat(ChatEvent::ToolFinished { .. }))) {} };
    timeout(Duration::from_secs(20), tool_ran).await.expect("the tool runs");
    assert_eq!(desk.stored().await, before);
}
