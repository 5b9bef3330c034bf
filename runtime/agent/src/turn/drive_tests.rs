//! The turn against a scripted model and a fixed gateway.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::failure::{Code, Failure};
use crate::gateway::Gateway;
use crate::message::{Block, Message, ResultContent, ToolStatus};
use crate::scripted::{FixedGateway, Scripted, ScriptedModel, TOKEN, calls, says, spoken};
use crate::token::Token;
use crate::turn::Ending;

struct Run {
    record: TurnRecord,
    events: Vec<TurnEvent>,
    model: Arc<ScriptedModel>,
}

async fn run(answers: Vec<Scripted>, patience: Duration) -> Run {
    let model = ScriptedModel::new(answers);
    let token = Token::parse(TOKEN).unwrap().unwrap();
    let session = FixedGateway::default().connect(&token).await.unwrap();
    let (events, mut receiver) = mpsc::channel(64);
    let drive = Drive {
        model: model.as_ref(),
        session: Some(session.as_ref()),
        request: request(),
        deadline: Deadline::now() + patience,
        events: &events,
    };
    let record = drive.run(Turn::new("c1", Vec::new(), "what time is it?")).await;
    drop(events);
    let mut received = Vec::new();
    while let Some(event) = receiver.recv().await {
        received.push(event);
    }
    Run { record, events: received, model }
}

fn request() -> ModelRequest {
    ModelRequest { system: "s".into(), messages: Vec::new(), tools: Vec::new(), temperature: 0.5, max_tokens: 9 }
}

fn results(message: &Message) -> Vec<(ToolStatus, String)> {
    let results = message.content.iter().filter_map(|block| match block {
        Block::ToolResult(result) => {
            let ResultContent::Text(text) = &result.content[0];
            Some((result.status, text.clone()))
        }
        _ => None,
    });
    results.collect()
}

const PATIENT: Duration = Duration::from_secs(60);

#[tokio::test]
async fn tools_run_and_their_errors_go_back_to_the_model() {
    let answers = vec![calls(&["aws___get_time", "aws___broken", "aws___unknown"]), says("It is noon.")];
    let run = run(answers, PATIENT).await;
    let requests = run.model.requests.lock().unwrap();
    let results = results(requests[1].messages.last().unwrap());
    assert_eq!(results[0], (ToolStatus::Success, "12:00".into()));
    assert_eq!(results[1], (ToolStatus::Error, "call tool aws___broken: HTTP 500".into()));
    assert_eq!(results[2], (ToolStatus::Error, "there is no tool aws___unknown".into()));
    assert_eq!(run.record.ending, Ending::Whole { stop_reason: "end_turn".into() });
    assert_eq!((run.record.usage.input_tokens, run.record.usage.output_tokens), (20, 10));
    let finished = run.events.iter().filter(|event| matches!(event, TurnEvent::Chat(ChatEvent::ToolFinished { .. })));
    assert_eq!(finished.count(), 3);
}

/// What is ready is taken even at the deadline, so that no time need pass here.
#[tokio::test]
async fn a_model_that_hangs_is_ended_by_the_deadline() {
    let run = run(vec![Scripted::Hangs(vec![spoken("It is")])], Duration::ZERO).await;
    assert_eq!(run.record.ending, Ending::deadline());
    assert_eq!(run.record.messages.len(), 2);
}

#[tokio::test]
async fn a_failure_in_mid_stream_keeps_what_was_said() {
    let failure = Failure::new(Code::ModelThrottled, "read the answer");
    let run = run(vec![Scripted::BreaksOff(vec![spoken("It is")], failure.clone())], PATIENT).await;
    assert_eq!(run.record.ending, Ending::Failed(failure));
    assert_eq!(run.record.messages[1].text(), "It is\n\n[answer cut short: model/throttled]");
}

#[tokio::test]
async fn a_failure_at_once_emits_nothing() {
    let run = run(vec![Scripted::FailsAtOnce(Failure::new(Code::ModelDenied, "ask model m"))], PATIENT).await;
    assert_eq!(run.events, []);
}

#[tokio::test]
async fn a_receiver_that_is_gone_ends_the_turn() {
    let model = ScriptedModel::new([says("nobody hears this")]);
    let (events, receiver) = mpsc::channel(1);
    drop(receiver);
    let deadline = Deadline::now() + PATIENT;
    let drive = Drive { model: model.as_ref(), session: None, request: request(), deadline, events: &events };
    let record = drive.run(Turn::new("c1", Vec::new(), "hello?")).await;
    assert_eq!(record.ending, Ending::Abandoned);
}

#[test]
fn tool_texts_lose_control_characters_and_excess() {
    assert_eq!(as_data("a\u{1b}[31mb\r\n\tc\u{0}"), "a[31mb\n\tc");
    assert_eq!(as_data(" "), "(the tool answered nothing)");
    let long = as_data(&"ä".repeat(RESULT_LIMIT));
    assert!(long.len() < RESULT_LIMIT + 64 && long.ends_with("bytes]"));
}
