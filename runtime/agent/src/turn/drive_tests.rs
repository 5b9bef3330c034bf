//! The turn against a scripted model and a fixed gateway.

use std::sync::Arc;

use contract::agent_settings::Limits;

use super::*;
use crate::failure::{Code, Failure};
use crate::message::{Block, Message, ResultContent, ToolStatus};
use crate::scripted::{OneTool, Scripted, ScriptedModel, calls, says, spoken};
use crate::turn::{Ending, Opening, Rules};

/// A model, a gateway's session and everything else that a turn needs.
pub(super) struct Stage {
    pub model: Arc<ScriptedModel>,
    pub session: OneTool,
    pub limits: Limits,
    pub shutdown: CancellationToken,
    pub metrics: Metrics,
}

impl Stage {
    pub fn new(answers: impl IntoIterator<Item = Scripted>) -> Self {
        Self {
            model: ScriptedModel::new(answers),
            session: OneTool::answering("12:00"),
            limits: Limits::default(),
            shutdown: CancellationToken::new(),
            metrics: Metrics::writing_to("test", Arc::new(std::sync::Mutex::new(std::io::sink()))),
        }
    }

    async fn drive(&self, patience: Duration, events: &EventSender) -> Driven {
        let drive = Drive {
            model: self.model.as_ref(),
            session: Some(&self.session),
            request: request(),
            limits: &self.limits,
            stops: Stops { deadline: Instant::now() + patience, shutdown: &self.shutdown },
            events,
            subject: Subject { request_id: "r1", conversation_id: "c1", log_content: false, metrics: &self.metrics },
        };
        drive.run(turn()).await
    }

    pub async fn run(&self, patience: Duration) -> (Driven, Vec<TurnEvent>) {
        let (events, mut receiver) = mpsc::channel(64);
        let driven = self.drive(patience, &events).await;
        drop(events);
        let mut received = Vec::new();
        while let Some(event) = receiver.recv().await {
            received.push(event);
        }
        (driven, received)
    }
}

fn turn() -> Turn {
    let rules = Rules { rounds: 10, tools_offered: true, approval_needed: Default::default() };
    Turn::new(Opening { conversation_id: "c1".into(), history: earlier(), rules }, "what time is it?")
}

fn earlier() -> Vec<Vec<Message>> {
    ["one", "two", "three"].map(|text| vec![Message::user(text), Message::assistant("yes")]).into()
}

fn request() -> ModelRequest {
    ModelRequest {
        system: "s".into(),
        summary: Some("so far".into()),
        messages: Vec::new(),
        tools: Vec::new(),
        temperature: 0.5,
        max_tokens: 9,
    }
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
async fn tools_run_and_their_errors_go_back_to_the_model_in_frames() {
    let stage = Stage::new([calls(&["aws___read", "aws___unknown"]), says("It is noon.")]);
    let (driven, events) = stage.run(PATIENT).await;
    let requests = stage.model.requests.lock().unwrap();
    let results = results(requests[1].messages.last().unwrap());
    let framed = |tool, id, text| contract::tool_frame::frame(tool, id, text);
    assert_eq!(results[0], (ToolStatus::Success, framed("aws___read", "t0", "12:00")));
    assert_eq!(results[1], (ToolStatus::Error, framed("aws___unknown", "t1", "there is no tool aws___unknown")));
    let record = driven.record;
    assert_eq!(record.ending, Ending::Whole { stop_reason: "end_turn".into() });
    assert_eq!((record.usage.input_tokens, record.usage.output_tokens, record.tool_calls), (20, 10, 2));
    assert_eq!(results_stored(&record), ["12:00", "there is no tool aws___unknown"]);
    let finished = events.iter().filter(|event| matches!(event, TurnEvent::Chat(ChatEvent::ToolFinished { .. })));
    assert_eq!(finished.count(), 2);
    assert!(driven.first_token.is_some());
}

/// They are framed on the way to the model only, so that a stored turn can be cut and shown.
fn results_stored(record: &TurnRecord) -> Vec<String> {
    results(&record.messages[2]).into_iter().map(|(_, text)| text).collect()
}

#[tokio::test]
async fn a_result_is_cut_at_the_configured_size() {
    let limits = Limits { tool_result_bytes: 1_000, ..Limits::default() };
    let session = OneTool::answering(&"x".repeat(5_000));
    let stage = Stage { limits, session, ..Stage::new([calls(&["aws___read"]), says("ok")]) };
    let stored = results_stored(&stage.run(PATIENT).await.0.record);
    assert!(stored[0].ends_with("x\n[cut short: the first 1000 of 5000 bytes]"), "{}", stored[0]);
}

#[tokio::test]
async fn so_many_tools_run_at_once_and_no_more() {
    let limits = Limits { parallel_tools: 3, ..Limits::default() };
    let stage = Stage { limits, ..Stage::new([calls(&["aws___read"; 9]), says("ok")]) };
    assert_eq!(stage.run(PATIENT).await.0.record.tool_calls, 9);
    assert_eq!(stage.session.most_at_once(), 3);
}

#[tokio::test]
async fn a_full_context_window_is_told_to_the_model_as_turns_left_out() {
    let full = Failure::new(Code::AnswerContextFull, "ask model m");
    let stage = Stage::new([Scripted::FailsAtOnce(full), says("It is noon.")]);
    stage.run(PATIENT).await;
    let requests = stage.model.requests.lock().unwrap();
    assert_eq!((requests[0].messages.len(), requests[0].summary.as_deref()), (7, Some("so far")));
    assert_eq!(requests[1].messages.len(), 3);
    assert_eq!(requests[1].summary.as_deref(), Some("so far\n\n2 earlier turns are left out."));
}

#[tokio::test]
async fn a_model_that_hangs_is_ended_by_the_deadline() {
    let stage = Stage::new([Scripted::Hangs(vec![spoken("It is")])]);
    let (driven, _) = stage.run(Duration::from_millis(200)).await;
    assert_eq!(driven.record.ending, Ending::deadline());
    assert_eq!(driven.record.messages.len(), 2);
}

#[tokio::test]
async fn a_failure_in_mid_stream_keeps_what_was_said() {
    let failure = Failure::new(Code::ModelThrottled, "read the answer");
    let stage = Stage::new([Scripted::BreaksOff(vec![spoken("It is")], failure.clone())]);
    let record = stage.run(PATIENT).await.0.record;
    assert_eq!(record.ending, Ending::Failed(failure));
    assert_eq!(record.messages[1].text(), "It is\n\n[answer cut short: model/throttled]");
}

#[tokio::test]
async fn a_failure_at_once_emits_nothing() {
    let stage = Stage::new([Scripted::FailsAtOnce(Failure::new(Code::ModelDenied, "ask model m"))]);
    let (driven, events) = stage.run(PATIENT).await;
    assert_eq!((events, driven.first_token), (vec![], None));
}

#[tokio::test]
async fn a_receiver_that_is_gone_ends_the_turn() {
    let stage = Stage::new([says("nobody hears this")]);
    let (events, receiver) = mpsc::channel(1);
    drop(receiver);
    assert_eq!(stage.drive(PATIENT, &events).await.record.ending, Ending::Abandoned);
}

/// The turn's own deadline is far away: only the client's leaving can end it.
#[tokio::test]
async fn a_client_that_goes_away_during_a_tool_call_ends_the_turn() {
    let stage = Stage { session: OneTool::hanging(), ..Stage::new([calls(&["aws___read"])]) };
    let (events, mut receiver) = mpsc::channel(64);
    let client = async {
        while !matches!(receiver.recv().await, Some(TurnEvent::Chat(ChatEvent::ToolStarted { .. }))) {}
        drop(receiver);
    };
    let (driven, ()) = tokio::join!(stage.drive(Duration::from_secs(3_600), &events), client);
    assert_eq!(driven.record.ending, Ending::Abandoned);
    assert_eq!(driven.record.messages.len(), 4, "the call has a result, and the answer its label");
}

#[tokio::test]
async fn the_end_of_the_process_ends_a_turn_that_waits_for_the_model() {
    let stage = Stage::new([Scripted::Hangs(vec![spoken("It is")])]);
    let (events, mut receiver) = mpsc::channel(64);
    let process = async {
        while !matches!(receiver.recv().await, Some(TurnEvent::Chat(ChatEvent::Text { .. }))) {}
        stage.shutdown.cancel();
    };
    let (driven, ()) = tokio::join!(stage.drive(Duration::from_secs(3_600), &events), process);
    assert_eq!(driven.record.ending, Ending::shutdown());
}
