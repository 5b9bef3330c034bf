//! Tools that wait for the user's yes.

use contract::chat::{ChatEvent, PendingCall};
use serde_json::{Value, json};
use system_tests::AgentUrl;
use system_tests::agent_url::{events, names, text};

use crate::stage::{APPROVED_TOOL, Stage, exchange, stage};

const QUESTION: &str = "approval: which topics are there?";
const TIME: &str = "aws___get_time";

/// The model asks for two tools at once, one of which waits for the user; then it says what they said.
fn scripted() -> Stage {
    let stage = stage();
    let both = json!({"text": "Let me look. ", "stop_reason": "tool_use", "calls": [
        {"tool": APPROVED_TOOL, "input": {"query": "List all topics"}}, {"tool": TIME, "input": {}}]});
    stage.control.script("approval:", json!([both, {"text": "The tools said: {{results}}"}]));
    stage
}

/// Asks, and gives the call that waits.
#[track_caller]
fn waiting(agent: &AgentUrl, conversation: &str) -> PendingCall {
    let asked = agent.ask(conversation, QUESTION);
    assert_eq!(names(&asked), ["started", "text", "approval_required", "usage", "done"]);
    assert!(matches!(asked.last(), Some(ChatEvent::Done { stop_reason, .. }) if stop_reason == "approval_required"));
    let waits = asked.into_iter().filter_map(|event| match event {
        ChatEvent::ApprovalRequired { id, name, input } => Some(PendingCall { id, name, input }),
        _ => None,
    });
    let calls: Vec<_> = waits.collect();
    let [call] = calls.as_slice() else { panic!("one call waits: {calls:?}") };
    assert_eq!((call.name.as_str(), &call.input), (APPROVED_TOOL, &json!({"query": "List all topics"})));
    call.clone()
}

fn word(conversation: &str, id: &str, approved: bool) -> Value {
    json!({"conversation_id": conversation, "approvals": [{"id": id, "approved": approved}]})
}

/// Names and success of the tools that ran for the last answer.
fn tools_of_last(agent: &AgentUrl, conversation: &str) -> Vec<(String, bool)> {
    let read = agent.get(&format!("api/conversations/{conversation}")).json();
    let last = read["history"].as_array().and_then(|history| history.last()).expect("a message").clone();
    let tools = last["tools"].as_array().cloned().unwrap_or_default();
    let of = |tool: &Value| (tool["name"].as_str().unwrap_or_default().to_owned(), tool["success"] == true);
    tools.iter().map(of).collect()
}

#[test]
fn a_call_that_waits_reads_back_and_runs_after_the_yes() {
    let stage = scripted();
    let ada = stage.person("approver");
    let call = waiting(&ada, "approved-talk");
    let read = ada.get("api/conversations/approved-talk").json();
    assert_eq!(read["approvals_required"], json!([call]), "{read}");

    let events = events(&ada.stream(&word("approved-talk", &call.id, true)));
    let mut ran: Vec<_> = events.iter().filter_map(ran).collect();
    ran.sort();
    assert_eq!(ran, [(TIME, true), (APPROVED_TOOL, true)]);
    assert!(text(&events).contains("The tools said: "), "{events:?}");
    assert!(matches!(events.last(), Some(ChatEvent::Done { stop_reason, .. }) if stop_reason == "end_turn"));

    let mut tools = tools_of_last(&ada, "approved-talk");
    tools.sort();
    assert_eq!(tools, [(TIME.to_owned(), true), (APPROVED_TOOL.to_owned(), true)]);
    let read = ada.get("api/conversations/approved-talk").json();
    assert!(read.get("approvals_required").is_none() && read["message_count"] == 2, "{read}");
}

fn ran(event: &ChatEvent) -> Option<(&str, bool)> {
    match event {
        ChatEvent::ToolFinished { name, success, .. } => Some((name, *success)),
        _ => None,
    }
}

#[test]
fn a_call_that_was_declined_does_not_run_and_the_model_hears_it() {
    let stage = scripted();
    let ada = stage.person("decliner");
    let call = waiting(&ada, "declined-talk");
    let events = events(&ada.stream(&word("declined-talk", &call.id, false)));
    let started = |event: &&ChatEvent| matches!(event, ChatEvent::ToolStarted { name, .. } if name == APPROVED_TOOL);
    assert_eq!(events.iter().find(started), None);
    assert!(events.iter().filter_map(ran).any(|one| one == (TIME, true)), "the other call ran: {events:?}");
    assert!(text(&events).contains("the user declined this call"), "{events:?}");
    assert!(tools_of_last(&ada, "declined-talk").contains(&(APPROVED_TOOL.to_owned(), false)));
}

#[test]
fn a_message_in_place_of_the_word_declines() {
    let stage = scripted();
    let ada = stage.person("changer");
    waiting(&ada, "changed-talk");
    let events = ada.ask("changed-talk", "What can you do for me?");
    assert!(
        matches!(events.last(), Some(ChatEvent::Done { stop_reason, .. }) if stop_reason == "end_turn"),
        "{events:?}"
    );
    assert_eq!(events.iter().filter_map(ran).count(), 0, "nothing of the first question runs: {events:?}");
    let history = ada.history("changed-talk");
    assert_eq!(history.first(), exchange(QUESTION, "").first());
    assert_eq!(history.len(), 4, "{history:?}");
    let requests = stage.control.model_requests("What can you do");
    assert!(requests.iter().any(|request| request.to_string().contains("the user declined this call")), "{requests:?}");
}

#[test]
fn a_word_counts_once_and_for_its_own_call_only() {
    let stage = scripted();
    let ada = stage.person("repeater");
    let nothing = ada.stream(&word("repeated-talk", "never-asked", true));
    assert_eq!((nothing.status.as_u16(), &nothing.json()["error"]["code"]), (409, &json!("approval/unknown")));
    let call = waiting(&ada, "repeated-talk");
    let other = ada.stream(&word("repeated-talk", "never-asked", true));
    assert_eq!((other.status.as_u16(), &other.json()["error"]["code"]), (409, &json!("approval/unknown")));
    assert_eq!(ada.post("chat", &word("repeated-talk", &call.id, true)).status, 200);
    let again = ada.stream(&word("repeated-talk", &call.id, true));
    assert_eq!((again.status.as_u16(), &again.json()["error"]["code"]), (409, &json!("approval/unknown")));
    let both = json!({"conversation_id": "repeated-talk", "message": "and?", "approvals": [{"id": call.id, "approved": true}]});
    assert_eq!(ada.post("chat", &both).status, 400, "a word and a message at once");
}

#[test]
fn of_several_yeses_at_once_one_lets_the_call_run() {
    let stage = scripted();
    let ada = stage.person("hurrier");
    let call = waiting(&ada, "hurried-talk");
    let asked = || stage.control.model_requests("approval:").len();
    let before = asked();
    let yes = || ada.post("chat", &word("hurried-talk", &call.id, true));
    let answers: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(yes)).collect();
        threads.into_iter().map(|thread| thread.join().expect("an answer")).collect()
    });
    let (ran, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
    assert_eq!(ran.len(), 1, "one of them counts: {ran:?}");
    assert!(refused.iter().all(|answer| answer.status == 409), "{refused:?}");
    assert_eq!(asked(), before + 1, "the model hears the results once");
}

#[test]
fn an_answer_in_one_piece_names_the_calls_that_wait() {
    let stage = scripted();
    let answer = stage.person("collector").post("chat", &json!({"message": QUESTION}));
    assert_eq!(answer.status, 200, "{answer:?}");
    let answer = answer.json();
    assert_eq!(answer["stop_reason"], "approval_required", "{answer}");
    assert_eq!(answer["approvals_required"][0]["name"], APPROVED_TOOL, "{answer}");
}

#[test]
fn somebody_elses_word_does_not_count() {
    let stage = scripted();
    let call = waiting(&stage.person("owner"), "owned-talk");
    let answer = stage.person("stranger").stream(&word("owned-talk", &call.id, true));
    assert_eq!((answer.status.as_u16(), &answer.json()["error"]["code"]), (404, &json!("conversation/not-found")));
}
