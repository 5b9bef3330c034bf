//! Calls that wait for the user's yes.

use super::super::used as used_event;
use super::*;

fn said(id: &str, approved: bool) -> Approval {
    Approval { id: id.into(), approved }
}

/// A turn that asked for `s`, which needs a yes, and `t`, which does not.
fn waiting() -> TurnRecord {
    let mut turn = turn();
    turn.step(text("Let me."));
    wants(&mut turn, "s", STOP, "{\"id\":\"i-1\"}");
    wants(&mut turn, "t", TIME, "");
    let effects = stops(&mut turn, StopReason::ToolUse);
    let input = serde_json::json!({"id": "i-1"});
    let required = ChatEvent::ApprovalRequired { id: "s".into(), name: STOP.into(), input };
    assert_eq!(effects, [Effect::Emit(required), Effect::Emit(used_event(Usage::default())), Effect::Finish]);
    turn.into_record()
}

fn resumed(approvals: &[Approval]) -> (Turn, Vec<Effect>) {
    let mut turn = Turn::resume(opening(), waiting().messages, approvals.to_vec());
    let effects = turn.step(Input::Begin);
    (turn, effects)
}

fn statuses(turn: &Turn) -> Vec<(String, ToolStatus)> {
    let messages = turn.messages();
    let results = messages.last().unwrap().tool_results();
    results.map(|result| (result.tool_use_id.clone(), result.status)).collect()
}

#[test]
fn a_message_with_a_call_that_needs_a_yes_runs_none_of_its_calls() {
    let record = waiting();
    assert_eq!(record.ending, Ending::AwaitingApproval);
    assert_eq!((record.tools_used.len(), record.tool_calls), (0, 0));
    assert_eq!(record.messages.len(), 2);
    assert_eq!(record.messages[1].tool_uses().count(), 2);
}

#[test]
fn a_yes_runs_the_call_and_those_that_need_none() {
    let (mut turn, effects) = resumed(&[said("s", true)]);
    assert_eq!(effects[0], Effect::Emit(ChatEvent::Started { conversation_id: "c1".into() }));
    assert_eq!(called(&effects), ["s", "t"]);
    turn.step(answers("s", true, "stopped"));
    assert_eq!(turn.step(answers("t", true, "12:00")).last(), Some(&Effect::AskModel));
    assert_eq!(broken_rule(&turn.messages()), None);
    turn.step(text("Done."));
    stops(&mut turn, StopReason::EndTurn);
    let record = turn.into_record();
    assert_eq!((record.messages.len(), record.tools_used.len()), (4, 2));
    assert_whole(&record.messages);
}

#[test]
fn a_no_and_silence_decline_and_the_model_is_told() {
    for approvals in [&[said("s", false)][..], &[], &[said("s", true), said("s", false)]] {
        let (mut turn, effects) = resumed(approvals);
        assert_eq!(called(&effects), ["t"]);
        turn.step(answers("t", true, "12:00"));
        assert_eq!(statuses(&turn), [("s".into(), ToolStatus::Error), ("t".into(), ToolStatus::Success)]);
        assert_eq!(broken_rule(&turn.messages()), None);
    }
}

#[test]
fn when_everything_is_declined_the_model_goes_on_at_once() {
    let (turn, effects) = resumed(&[said("s", false), said("t", false)]);
    assert_eq!(effects, [Effect::AskModel]);
    assert_eq!(broken_rule(&turn.messages()), None);
}

#[test]
fn a_decision_outlives_a_model_that_fails_after_it() {
    let (mut turn, _) = resumed(&[said("s", false), said("t", false)]);
    turn.step(Input::ModelFailed(Failure::new(Code::ModelThrottled, "ask model m")));
    let record = turn.into_record();
    assert_eq!(record.messages.len(), 4);
    assert_whole(&record.messages);
}

#[test]
fn nobody_is_asked_for_a_yes_beside_a_malformed_call() {
    let mut turn = turn();
    turn.step(text("."));
    wants(&mut turn, "s", STOP, "{}");
    wants(&mut turn, "t", TIME, "{\"broken");
    assert_eq!(stops(&mut turn, StopReason::ToolUse), [Effect::AskModel]);
    assert_eq!(statuses(&turn), [("s".into(), ToolStatus::Error), ("t".into(), ToolStatus::Error)]);
}
