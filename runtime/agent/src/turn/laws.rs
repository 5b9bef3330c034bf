//! What holds of a turn after any sequence of inputs, in order or out of it.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::turn::broken_rule;

const NEEDS_A_YES: &str = "aws___stop";

fn ids() -> impl Strategy<Value = String> {
    prop_oneof![Just("a"), Just("b"), Just("a-2"), Just(""), Just("ä b")].prop_map(String::from)
}

fn model_event() -> impl Strategy<Value = ModelEvent> {
    let names = prop_oneof![Just("aws___get_time"), Just(NEEDS_A_YES), Just(""), Just("no such tool")];
    let inputs = prop_oneof![Just("{}"), Just(""), Just("{\"q\":"), Just("1}"), Just("[]")];
    let texts = prop_oneof![Just("It is"), Just(" "), Just(""), Just("noon.\n")];
    prop_oneof![
        3 => (0..3, texts).prop_map(|(block, text)| ModelEvent::Text { block, text: text.into() }),
        4 => (0..4, ids(), names).prop_map(|(block, id, name)| ModelEvent::ToolStarted { block, id, name: name.into() }),
        2 => (0..4, inputs).prop_map(|(block, text)| ModelEvent::ToolInput { block, fragment: text.into() }),
        1 => (0..3).prop_map(|block| ModelEvent::Reasoning { block, text: "hm".into() }),
        1 => (0..3).prop_map(|block| ModelEvent::Signature { block, signature: "s".into() }),
        1 => (0..3).prop_map(|block| ModelEvent::Redacted { block, bytes: vec![1] }),
        1 => Just(ModelEvent::Usage(Usage { input_tokens: 1, ..Usage::default() })),
        4 => reason().prop_map(ModelEvent::Stopped),
    ]
}

fn reason() -> impl Strategy<Value = StopReason> {
    prop_oneof![
        6 => Just(StopReason::ToolUse),
        1 => Just(StopReason::EndTurn),
        1 => Just(StopReason::MaxTokens),
        1 => Just(StopReason::ContextWindowExceeded),
        1 => Just(StopReason::Other("new".into())),
    ]
}

/// What happens next. Of the calls that run, `Answer` answers one.
#[derive(Debug, Clone)]
enum Happens {
    Input(Input),
    Answer(prop::sample::Index),
}

fn happens() -> impl Strategy<Value = Happens> {
    let outcome = ids().prop_map(|id| ToolOutcome { id, success: true, text: "x".into(), duration_ms: 0 });
    let code = prop_oneof![Just(Code::AnswerContextFull), Just(Code::ModelThrottled)];
    prop_oneof![
        20 => model_event().prop_map(|event| Happens::Input(Input::Model(event))),
        6 => Just(Happens::Input(Input::Ended)),
        10 => any::<prop::sample::Index>().prop_map(Happens::Answer),
        1 => outcome.prop_map(|outcome| Happens::Input(Input::ToolFinished(outcome))),
        1 => code.prop_map(|code| Happens::Input(Input::ModelFailed(Failure::new(code, "ask")))),
        1 => prop_oneof![Just(Input::DeadlineReached), Just(Input::ClientGone), Just(Input::ShuttingDown)]
            .prop_map(Happens::Input),
    ]
}

fn opening() -> Opening {
    let call = ToolUse { tool_use_id: "a".into(), name: "aws___get_time".into(), input: serde_json::json!({}) };
    let result = crate::message::ToolResult::new("a", crate::message::ToolStatus::Success, "12:00");
    let with_a_tool = vec![
        Message::user("time?"),
        Message { role: Role::Assistant, content: vec![Block::ToolUse(call)] },
        Message { role: Role::User, content: vec![Block::ToolResult(result)] },
        Message::assistant("Noon."),
    ];
    Opening {
        conversation_id: "c1".into(),
        history: vec![vec![Message::user("hi"), Message::assistant("hello")], with_a_tool],
        rules: Rules { rounds: 4, tools_offered: true, approval_needed: [NEEDS_A_YES.to_owned()].into() },
    }
}

fn pending() -> Vec<Message> {
    let call = |id: &str, name: &str| {
        Block::ToolUse(ToolUse { tool_use_id: id.into(), name: name.into(), input: serde_json::json!({}) })
    };
    let content = vec![call("p", NEEDS_A_YES), call("q", "aws___get_time"), call("r", NEEDS_A_YES)];
    vec![Message::user("stop it"), Message { role: Role::Assistant, content }]
}

/// Drives a turn and watches its effects.
struct Watched {
    turn: Turn,
    allowed: BTreeSet<String>,
    running: Vec<String>,
    started: Vec<String>,
    events: Vec<ChatEvent>,
    finished: usize,
}

impl Watched {
    fn new(turn: Turn, approvals: &[Approval]) -> Self {
        let allowed = approvals.iter().filter(|approval| approval.approved).map(|approval| approval.id.clone());
        Self { turn, allowed: allowed.collect(), running: vec![], started: vec![], events: vec![], finished: 0 }
    }

    fn take(&mut self, what: &Happens) {
        match what {
            Happens::Input(input) => self.step(input.clone()),
            Happens::Answer(index) if !self.running.is_empty() => {
                let id = index.get(&self.running).clone();
                self.step(Input::ToolFinished(ToolOutcome { id, success: true, text: "x".into(), duration_ms: 0 }));
            }
            Happens::Answer(_) => {}
        }
    }

    fn step(&mut self, input: Input) {
        let effects = self.turn.step(input);
        assert!(self.finished == 0 || effects.is_empty(), "nothing follows the end");
        for effect in effects {
            assert_eq!(self.finished, 0, "the end comes last");
            self.watch(effect);
        }
    }

    fn watch(&mut self, effect: Effect) {
        match effect {
            Effect::AskModel => assert_eq!(broken_rule(&self.turn.messages()), None),
            Effect::CallTools(calls) => self.running = calls.iter().map(|call| self.called(call)).collect(),
            Effect::Emit(event) => self.emitted(event),
            Effect::Finish => self.finished += 1,
        }
    }

    fn called(&self, call: &ToolCall) -> String {
        assert!(self.started.contains(&call.id), "a call is announced");
        assert!(call.name != NEEDS_A_YES || self.allowed.contains(&call.id), "only what was allowed runs");
        call.id.clone()
    }

    fn emitted(&mut self, event: ChatEvent) {
        match &event {
            ChatEvent::Started { .. } => assert!(self.events.is_empty(), "started comes first and once"),
            ChatEvent::ToolStarted { id, .. } => self.started.push(id.clone()),
            ChatEvent::ToolFinished { id, .. } => {
                let running = self.running.len();
                self.running.retain(|other| other != id);
                assert_eq!(self.running.len() + 1, running, "a call that runs finishes once");
            }
            _ => {}
        }
        self.events.push(event);
    }

    /// The turn's end, whether or not it came by itself.
    fn end(mut self) {
        self.step(Input::DeadlineReached);
        assert_eq!(self.finished, 1, "the turn ends once");
        let usage = self.events.iter().filter(|event| matches!(event, ChatEvent::Usage { .. })).count();
        assert_eq!(usage, usize::from(!self.events.is_empty()), "an answer that started tells its tokens once");
        let started = matches!(self.events.first(), None | Some(ChatEvent::Started { .. }));
        assert!(started, "nothing comes before the start");
        let asks = self.events.iter().any(|event| matches!(event, ChatEvent::ApprovalRequired { .. }));
        let record = self.turn.into_record();
        assert_eq!(asks, record.ending == Ending::AwaitingApproval);
        assert_stored(record, asks);
    }
}

/// With what follows it, the next question or the results of calls that wait, a stored turn is good for Bedrock.
fn assert_stored(record: TurnRecord, waits: bool) {
    let mut messages = record.messages;
    assert!(!messages.is_empty() || matches!(record.ending, Ending::Failed(_) | Ending::Abandoned));
    if waits {
        let open = Transcript::new(Vec::new(), messages.clone()).open_calls();
        let calls = open.into_iter().map(received).collect();
        let content = Calls::decided(calls, |_| false).into_results();
        messages.push(Message { role: Role::User, content });
    } else {
        messages.push(Message::user("next?"));
    }
    assert_eq!(broken_rule(&messages), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn a_question_holds_to_the_rules_whatever_happens(all in prop::collection::vec(happens(), 0..60)) {
        let mut watched = Watched::new(Turn::new(opening(), "what time is it?"), &[]);
        watched.step(Input::Begin);
        all.iter().for_each(|what| watched.take(what));
        watched.end();
    }

    #[test]
    fn a_continued_turn_holds_to_the_rules_whatever_happens(
        words in prop::collection::vec((prop_oneof![Just("p"), Just("q"), Just("r")], any::<bool>()), 0..4),
        all in prop::collection::vec(happens(), 0..40),
    ) {
        let approvals: Vec<_> = words.iter().map(|(id, approved)| Approval { id: (*id).into(), approved: *approved }).collect();
        let mut watched = Watched::new(Turn::resume(opening(), pending(), approvals.clone()), &approvals);
        watched.step(Input::Begin);
        all.iter().for_each(|what| watched.take(what));
        watched.end();
    }
}
