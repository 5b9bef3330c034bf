//! The turn, input by input.

use super::*;
use crate::message::{ToolResult, ToolStatus};
use crate::turn::broken_rule;

const TIME: &str = "aws___get_time";
const STOP: &str = "aws___stop";
const ROUNDS: usize = 10;

/// Two earlier turns; `aws___stop` waits for a yes.
fn opening() -> Opening {
    let earlier = |text: &str| vec![Message::user(text), Message::assistant("then")];
    Opening {
        conversation_id: "c1".into(),
        history: vec![earlier("before"), earlier("and")],
        rules: Rules { rounds: ROUNDS, tools_offered: true, approval_needed: [STOP.to_owned()].into() },
    }
}

fn turn() -> Turn {
    let mut turn = Turn::new(opening(), "what time is it?");
    assert_eq!(turn.step(Input::Begin), [Effect::AskModel]);
    turn
}

fn text(text: &str) -> Input {
    Input::Model(ModelEvent::Text { block: 0, text: text.into() })
}

fn wants(turn: &mut Turn, id: &str, name: &str, input: &str) {
    let block = 1 + id.bytes().last().map_or(0, i32::from);
    turn.step(Input::Model(ModelEvent::ToolStarted { block, id: id.into(), name: name.into() }));
    turn.step(Input::Model(ModelEvent::ToolInput { block, fragment: input.into() }));
}

fn stops(turn: &mut Turn, reason: StopReason) -> Vec<Effect> {
    assert!(turn.step(Input::Model(ModelEvent::Stopped(reason))).is_empty(), "the turn has started before");
    turn.step(Input::Ended)
}

fn answers(id: &str, success: bool, text: &str) -> Input {
    Input::ToolFinished(ToolOutcome { id: id.into(), success, text: text.into(), duration_ms: 3 })
}

fn spoken(effects: &[Effect]) -> String {
    let texts = effects.iter().filter_map(|effect| match effect {
        Effect::Emit(ChatEvent::Text { text }) => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

/// What must hold of every record that is stored: with the next question after it Bedrock takes it.
fn assert_whole(messages: &[Message]) {
    let with_a_question: Vec<_> = messages.iter().cloned().chain([Message::user("next?")]).collect();
    assert_eq!(broken_rule(&with_a_question), None);
}

fn used(input_tokens: u64, output_tokens: u64) -> Usage {
    Usage { input_tokens, output_tokens, ..Usage::default() }
}

#[test]
fn an_answer_without_tools_is_whole() {
    let mut turn = turn();
    let effects = turn.step(text("It is noon."));
    assert_eq!(effects[0], Effect::Emit(ChatEvent::Started { conversation_id: "c1".into() }));
    assert_eq!(spoken(&effects), "It is noon.");
    turn.spend(used(100, 10));
    turn.step(Input::Model(ModelEvent::Usage(used(7, 3))));
    let end = stops(&mut turn, StopReason::EndTurn);
    assert_eq!(end, [Effect::Emit(super::used(used(107, 13))), Effect::Finish]);
    let record = turn.into_record();
    assert_eq!(record.ending, Ending::Whole { stop_reason: "end_turn".into() });
    assert_eq!(record.messages, [Message::user("what time is it?"), Message::assistant("It is noon.")]);
}

#[test]
fn several_tools_of_a_round_go_back_in_the_order_of_their_calls() {
    let mut turn = turn();
    turn.step(text("Let me look."));
    wants(&mut turn, "a", TIME, "");
    wants(&mut turn, "b", "aws___s3", "{\"query\":\"x\"}");
    let effects = stops(&mut turn, StopReason::ToolUse);
    assert_eq!(effects.len(), 3);
    let Effect::CallTools(calls) = &effects[2] else { panic!("tools are called") };
    assert_eq!(calls.iter().map(|call| call.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(turn.step(answers("b", false, "denied")).len(), 1);
    let effects = turn.step(answers("a", true, "12:00"));
    assert_eq!(effects[1], Effect::AskModel);
    let messages = turn.messages();
    let results = &messages.last().unwrap().content;
    assert_eq!(results[0], Block::ToolResult(ToolResult::new("a", ToolStatus::Success, "12:00")));
    assert_eq!(results[1], Block::ToolResult(ToolResult::new("b", ToolStatus::Error, "denied")));
    assert_eq!(spoken(&turn.step(text("Noon."))), "\n\nNoon.");
    stops(&mut turn, StopReason::EndTurn);
    let record = turn.into_record();
    assert_eq!((record.rounds, record.tools_used.as_slice()), (2, &[TIME.to_owned(), "aws___s3".to_owned()][..]));
    assert_whole(&record.messages);
}

#[test]
fn a_tool_that_nobody_offered_is_malformed_and_not_kept() {
    let rules = Rules { tools_offered: false, ..opening().rules };
    let mut turn = Turn::new(Opening { rules, ..opening() }, "what time is it?");
    turn.step(Input::Begin);
    turn.step(text("Let me see."));
    wants(&mut turn, "t1", TIME, "{}");
    stops(&mut turn, StopReason::ToolUse);
    let record = turn.into_record();
    assert_eq!(record.ending.failure().unwrap().code, Code::AnswerMalformed);
    assert!(record.messages.iter().all(|message| message.tool_uses().next().is_none()));
    assert_whole(&record.messages);
}

#[test]
fn malformed_tool_input_is_handed_on_as_a_fault() {
    let mut turn = turn();
    turn.step(text("."));
    wants(&mut turn, "a", TIME, "{\"broken");
    let effects = stops(&mut turn, StopReason::ToolUse);
    let Some(Effect::CallTools(calls)) = effects.last() else { panic!("tools are called") };
    assert!(calls[0].arguments.is_err());
}

#[test]
fn an_outcome_that_nobody_waits_for_changes_nothing() {
    let mut turn = turn();
    turn.step(text("."));
    wants(&mut turn, "a", TIME, "");
    stops(&mut turn, StopReason::ToolUse);
    assert!(turn.step(answers("z", true, "?")).is_empty());
}

#[test]
fn every_other_stop_reason_cuts_the_answer_and_labels_it() {
    let reasons = [
        (StopReason::MaxTokens, Code::AnswerTokenLimit),
        (StopReason::ContextWindowExceeded, Code::AnswerContextFull),
        (StopReason::GuardrailIntervened, Code::AnswerFiltered),
        (StopReason::ContentFiltered, Code::AnswerFiltered),
        (StopReason::MalformedModelOutput, Code::AnswerMalformed),
        (StopReason::MalformedToolUse, Code::AnswerMalformed),
        (StopReason::ToolUse, Code::AnswerMalformed),
        (StopReason::Other("new_reason".into()), Code::AnswerMalformed),
    ];
    for (reason, code) in reasons {
        let mut turn = turn();
        turn.step(text("It is"));
        assert_eq!(stops(&mut turn, reason.clone()).last(), Some(&Effect::Finish));
        let record = turn.into_record();
        let Ending::Cut { stop_reason, why } = &record.ending else { panic!("{reason:?} cuts the answer") };
        assert_eq!((stop_reason.as_str(), why.code), (reason.as_str(), code));
        assert!(record.messages[1].text().starts_with("It is\n\n[answer cut short: "));
        assert_whole(&record.messages);
    }
}

#[test]
fn a_stop_sequence_is_a_whole_answer() {
    let mut turn = turn();
    turn.step(text("Done."));
    stops(&mut turn, StopReason::StopSequence);
    assert_eq!(turn.into_record().ending, Ending::Whole { stop_reason: "stop_sequence".into() });
}

#[test]
fn a_silent_model_is_said_to_be_silent() {
    let mut turn = turn();
    turn.step(Input::Model(ModelEvent::Stopped(StopReason::EndTurn)));
    let effects = turn.step(Input::Ended);
    assert_eq!(spoken(&effects), NO_WORDS);
    let record = turn.into_record();
    assert_eq!(record.messages[1], Message::assistant(NO_WORDS));
}

#[test]
fn tool_calls_in_an_answer_that_was_cut_are_dropped() {
    let mut turn = turn();
    turn.step(text("Let me"));
    wants(&mut turn, "a", TIME, "{\"que");
    stops(&mut turn, StopReason::MaxTokens);
    assert_whole(&turn.into_record().messages);
}

#[test]
fn rounds_are_limited() {
    let mut turn = turn();
    turn.step(text("."));
    for round in 1..=ROUNDS {
        let id = format!("a{round}");
        wants(&mut turn, &id, TIME, "");
        stops(&mut turn, StopReason::ToolUse);
        let effects = turn.step(answers(&id, true, "12:00"));
        assert_eq!(effects.contains(&Effect::AskModel), round < ROUNDS, "round {round}");
    }
    let record = turn.into_record();
    assert_eq!(record.ending, Ending::round_limit());
    assert_whole(&record.messages);
}

#[test]
fn a_deadline_while_tools_run_keeps_what_came_back() {
    let mut turn = turn();
    turn.step(text("."));
    wants(&mut turn, "a", TIME, "");
    wants(&mut turn, "b", TIME, "");
    stops(&mut turn, StopReason::ToolUse);
    turn.step(answers("a", true, "12:00"));
    assert_eq!(turn.step(Input::DeadlineReached).last(), Some(&Effect::Finish));
    let record = turn.into_record();
    assert_eq!(record.ending, Ending::deadline());
    assert_whole(&record.messages);
    let Block::ToolResult(unfinished) = &record.messages[2].content[1] else { panic!("a result for every call") };
    assert_eq!(unfinished.status, ToolStatus::Error);
}

#[test]
fn a_failure_before_the_first_word_starts_no_answer_and_keeps_no_question() {
    let mut turn = turn();
    let failure = Failure::new(Code::ModelThrottled, "ask model m");
    assert_eq!(turn.step(Input::ModelFailed(failure.clone())), [Effect::Finish]);
    let record = turn.into_record();
    assert_eq!(record.ending, Ending::Failed(failure));
    assert!(record.messages.is_empty());
}

#[test]
fn a_stream_that_breaks_off_keeps_what_was_said() {
    let mut turn = turn();
    turn.step(text("It is"));
    assert_eq!(turn.step(Input::Ended).last(), Some(&Effect::Finish));
    let record = turn.into_record();
    assert!(matches!(&record.ending, Ending::Failed(failure) if failure.code == Code::ModelBroken));
    assert_eq!(record.messages[1].text(), "It is\n\n[answer cut short: model/broken-stream]");
}

#[test]
fn a_client_that_goes_away_ends_the_turn() {
    let mut turn = turn();
    turn.step(text("It is"));
    turn.step(Input::ClientGone);
    assert!(turn.step(text(" noon")).is_empty());
    let record = turn.into_record();
    assert_eq!(record.ending, Ending::Abandoned);
    assert_whole(&record.messages);
}

#[test]
fn a_thought_goes_back_with_its_signature_while_tools_run() {
    let mut turn = turn();
    turn.step(Input::Model(ModelEvent::Reasoning { block: 0, text: "hm".into() }));
    turn.step(Input::Model(ModelEvent::Signature { block: 0, signature: "s".into() }));
    wants(&mut turn, "a", TIME, "");
    stops(&mut turn, StopReason::ToolUse);
    let thought = crate::message::Reasoning::ReasoningText { text: "hm".into(), signature: Some("s".into()) };
    assert_eq!(turn.messages().last().unwrap().content[0], Block::ReasoningContent(thought));
}

fn called(effects: &[Effect]) -> Vec<&str> {
    let calls = effects.iter().filter_map(|effect| match effect {
        Effect::CallTools(calls) => Some(calls),
        _ => None,
    });
    calls.flatten().map(|call| call.id.as_str()).collect()
}

#[test]
fn a_full_context_window_drops_the_older_half_of_the_history_once() {
    let full = || Input::ModelFailed(Failure::new(Code::AnswerContextFull, "ask model m"));
    let mut turn = turn();
    assert_eq!(turn.messages().len(), 5);
    assert_eq!(turn.step(full()), [Effect::AskModel]);
    assert_eq!((turn.messages().len(), turn.left_out()), (3, 1));
    assert_eq!(turn.step(full()), [Effect::Finish]);
    assert!(matches!(turn.into_record().ending, Ending::Failed(failure) if failure.code == Code::AnswerContextFull));
}

#[test]
fn a_full_context_window_as_a_stop_reason_is_asked_again_only_while_nothing_was_said() {
    let exceeded = || Input::Model(ModelEvent::Stopped(StopReason::ContextWindowExceeded));
    let mut silent = turn();
    silent.step(exceeded());
    assert_eq!(silent.step(Input::Ended), [Effect::AskModel]);
    silent.step(exceeded());
    assert_eq!(silent.step(Input::Ended).last(), Some(&Effect::Finish));
    let record = silent.into_record();
    assert!(record.messages[1].text().starts_with("[answer cut short: the conversation no longer fits"));
    let mut spoken = turn();
    spoken.step(text("It is"));
    assert_eq!(stops(&mut spoken, StopReason::ContextWindowExceeded).last(), Some(&Effect::Finish));
}

#[test]
fn the_end_of_the_process_cuts_the_answer_and_labels_it() {
    let mut turn = turn();
    turn.step(text("It is"));
    assert_eq!(turn.step(Input::ShuttingDown).last(), Some(&Effect::Finish));
    let record = turn.into_record();
    assert_eq!(record.ending.failure().unwrap().code, Code::AnswerShutdown);
    assert_eq!(record.messages[1].text(), "It is\n\n[answer cut short: the agent is shutting down]");
}

#[test]
fn a_model_that_wants_to_call_and_names_nothing_is_malformed() {
    let mut turn = turn();
    turn.step(text("."));
    stops(&mut turn, StopReason::ToolUse);
    assert_eq!(turn.into_record().ending.failure().unwrap().code, Code::AnswerMalformed);
}

#[test]
fn ids_that_an_earlier_round_used_are_replaced() {
    let mut turn = turn();
    turn.step(text("."));
    for expected in ["a", "a-2", "a-3"] {
        wants(&mut turn, "a", TIME, "");
        assert_eq!(called(&stops(&mut turn, StopReason::ToolUse)), [expected]);
        turn.step(answers(expected, true, "12:00"));
        assert_eq!(broken_rule(&turn.messages()), None);
    }
}

#[path = "approval_tests.rs"]
mod approval;
