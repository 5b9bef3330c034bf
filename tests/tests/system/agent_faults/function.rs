//! A function hangs or dies, and a client goes away.

use std::time::{Duration, Instant};

use contract::chat::EVENT_STREAM;
use serde_json::json;

use super::{QUESTION, Scene, answered};
use crate::stage::exchange;

const TOOL_FUNCTION: &str = "local-bedrock-agentcore-mcp-tool";

#[test]
fn a_tool_function_that_hangs_costs_the_call_and_not_the_answer() {
    let scene = Scene::new("hanging-tool");
    scene.fault("lambda", TOOL_FUNCTION, None, json!("hang"));
    let text = answered(&scene.ask(QUESTION), &[false]);
    scene.goes_on_after(&exchange(QUESTION, &text));
}

#[test]
fn a_tool_function_that_dies_is_a_failed_call() {
    let scene = Scene::new("dying-tool");
    scene.fault("lambda", TOOL_FUNCTION, None, json!("kill"));
    let text = answered(&scene.ask(QUESTION), &[false]);
    scene.goes_on_after(&exchange(QUESTION, &text));
}

#[test]
fn a_function_that_is_killed_between_two_answers_of_the_model_leaves_no_half_turn() {
    let scene = Scene::new("killed");
    // Of the question's two requests to the model the second ends the function that makes it.
    let fault = json!({"service": "bedrock", "operation": "converse-stream", "after": 1, "times": 1, "do": "kill"});
    scene.stage.control.faults(json!([fault]));
    let body = json!({"message": QUESTION, "conversation_id": scene.conversation});
    let received = scene.agent.receive(EVENT_STREAM, &body, |_| false);
    assert!(!received.body.contains("event: done"), "{received:?}");
    assert!(!received.whole || received.status.as_u16() >= 500, "the client is told: {received:?}");
    assert_eq!(scene.stage.control.struck(), 1);
    scene.goes_on_after(&[]);
}

#[test]
fn a_client_that_goes_away_leaves_a_whole_conversation() {
    let scene = Scene::new("gone");
    let long = "Words and words. ".repeat(20);
    scene.script(json!({"text": long, "chunk_characters": 20, "delay_ms": 50}));
    let body = json!({"message": QUESTION, "conversation_id": scene.conversation});
    let received = scene.agent.receive(EVENT_STREAM, &body, |body| body.contains("event: text"));
    assert!(!received.whole, "{received:?}");
    let deadline = Instant::now() + Duration::from_secs(60);
    let history = loop {
        let history = scene.agent.history(&scene.conversation);
        if history.len() > 2 || Instant::now() > deadline {
            break history;
        }
        std::thread::sleep(Duration::from_millis(100));
    };
    let stored = history.get(2..).unwrap_or_default().to_vec();
    let [(_, question), (_, answer)] = stored.as_slice() else { panic!("a whole turn: {history:?}") };
    assert_eq!(question, QUESTION);
    assert!(answer == &long || answer.contains("[answer cut short"), "whole or labelled: `{answer}`");
    scene.goes_on_after(&stored);
}
