//! What a user sees when something behind the agent goes wrong: an answer that
//! says so or an error with its code, a conversation that reads back whole,
//! and a next question that works.

mod function;
mod gateway;
mod model;
mod table;

use std::time::{Duration, Instant};

use contract::chat::ChatEvent;
use serde_json::{Value, json};
use system_tests::agent_url::{parse_events, text};
use system_tests::{AgentUrl, Answer};

use crate::stage::{Stage, calls, exchange, says, stage};

const TIME: &str = "aws___get_time";

const AGENT_FUNCTION: &str = "aws-operations-agent-local";

/// The question that meets the fault; one tool call, then the answer.
const QUESTION: &str = "fault: what time is it?";
const BEFORE: (&str, &str) = ("calm: before", "Calm.");
const AFTER: (&str, &str) = ("calm: after", "Calm.");

/// One conversation that began well.
struct Scene {
    stage: Stage,
    agent: AgentUrl,
    conversation: String,
}

/// How a question ended for its user.
#[derive(Debug, PartialEq)]
enum Outcome {
    /// A whole answer: its text, and whether each tool that ran succeeded.
    Answered(String, Vec<bool>),
    /// Cut short: the text before, and the error's code.
    Cut(String, String),
    /// No answer began.
    Refused(u16, String),
}

impl Scene {
    fn new(name: &str) -> Self {
        let stage = stage();
        let scene = Self { agent: stage.person(name), conversation: format!("{name}-talk"), stage };
        scene.script(json!({"text": "It is {{results}}."}));
        assert_eq!(scene.ask(BEFORE.0), Outcome::Answered(BEFORE.1.into(), vec![]));
        scene
    }

    /// The fault's question calls the tool and then takes this turn.
    fn script(&self, answer: Value) {
        self.script_turns(json!([calls(TIME, json!({})), answer]));
    }

    fn script_turns(&self, turns: Value) {
        let calm = json!({"when": "calm:", "turns": [says(BEFORE.1)]});
        self.stage.control.rules(json!([calm, {"when": "fault:", "turns": turns}]));
    }

    /// Makes this happen to whoever does `operation` of `service` next.
    fn fault(&self, service: &str, operation: &str, times: Option<u32>, what: Value) {
        let mut fault = json!({"service": service, "operation": operation, "do": what});
        if let Some(times) = times {
            fault["times"] = times.into();
        }
        self.stage.control.faults(json!([fault]));
    }

    fn ask(&self, question: &str) -> Outcome {
        outcome(&self.agent.stream(&json!({"message": question, "conversation_id": self.conversation})))
    }

    /// Changes the agent function, so that the next question meets a process that knows no tools yet.
    fn renew_the_function(&self) {
        let change = json!({"FunctionName": AGENT_FUNCTION, "Description": self.conversation});
        let aws = self.stage.place.aws();
        aws.call("lambda", "update_function_configuration", change);
        let deadline = Instant::now() + Duration::from_secs(30);
        let function = json!({"FunctionName": AGENT_FUNCTION});
        while aws.call("lambda", "get_function_configuration", function.clone())["State"] != "Active" {
            assert!(Instant::now() < deadline, "the changed function becomes active");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Nothing is at fault any more: the conversation holds what came before, then `stored`, and goes on.
    #[track_caller]
    fn goes_on_after(&self, stored: &[(String, String)]) {
        self.stage.control.faults(json!([]));
        let mut expected = exchange(BEFORE.0, BEFORE.1).to_vec();
        expected.extend_from_slice(stored);
        assert_eq!(self.agent.history(&self.conversation), expected);
        assert_eq!(self.ask(AFTER.0), Outcome::Answered(AFTER.1.into(), vec![]));
        expected.extend(exchange(AFTER.0, AFTER.1));
        assert_eq!(self.agent.history(&self.conversation), expected);
    }

    /// The same for an answer that was cut: what was said before the cut is stored, labelled.
    #[track_caller]
    fn goes_on_after_a_cut(&self, said: &str) {
        let history = self.agent.history(&self.conversation);
        let stored = history.get(2..).unwrap_or_default().to_vec();
        let [(user, question), (assistant, answer)] = stored.as_slice() else { panic!("a whole turn: {history:?}") };
        assert_eq!((user.as_str(), question.as_str(), assistant.as_str()), ("user", QUESTION, "assistant"));
        assert!(answer.starts_with(said.trim_end()) && answer.len() > said.len(), "labelled: `{answer}`");
        self.goes_on_after(&stored);
    }
}

#[track_caller]
fn outcome(answer: &Answer) -> Outcome {
    if answer.status != 200 {
        let code = answer.json()["error"]["code"].as_str().unwrap_or_else(|| panic!("no code: {answer:?}")).to_owned();
        return Outcome::Refused(answer.status.as_u16(), code);
    }
    let events = parse_events(&answer.body).unwrap_or_else(|problem| panic!("{problem}: {answer:?}"));
    let tools = events.iter().filter_map(|event| match event {
        ChatEvent::ToolFinished { success, .. } => Some(*success),
        _ => None,
    });
    match events.last() {
        Some(ChatEvent::Done { .. }) => Outcome::Answered(text(&events), tools.collect()),
        Some(ChatEvent::Error { error }) => Outcome::Cut(text(&events), error.code.clone()),
        _ => panic!("the answer has no end: {events:?}"),
    }
}

fn status(status: u16, code: &str) -> Value {
    json!({"status": status, "code": code, "message": "made for a test"})
}

#[track_caller]
fn answered(outcome: &Outcome, tools: &[bool]) -> String {
    match outcome {
        Outcome::Answered(text, ran) if ran == tools => text.clone(),
        other => panic!("an answer with tools {tools:?}: {other:?}"),
    }
}
