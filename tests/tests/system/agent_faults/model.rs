//! The model is throttled, at the start and in mid-stream, or breaks off.

use serde_json::json;

use super::{Outcome, QUESTION, Scene, answered};
use crate::stage::{exchange, says};

#[test]
fn a_model_that_is_throttled_at_first_answers_after_some_attempts() {
    let scene = Scene::new("throttled-start");
    let mut turn = says("It is late.");
    turn["fail"] = json!({"code": "ThrottlingException", "times": 2});
    scene.script(turn);
    let text = answered(&scene.ask(QUESTION), &[true]);
    assert_eq!(text, "It is late.");
    scene.goes_on_after(&exchange(QUESTION, &text));
}

#[test]
fn a_model_that_stays_throttled_is_an_error_with_its_code() {
    let scene = Scene::new("throttled-always");
    scene.script_turns(json!([{"text": "Never.", "fail": {"code": "ThrottlingException"}}]));
    assert_eq!(scene.ask(QUESTION), Outcome::Refused(429, "model/throttled".into()));
    scene.goes_on_after(&[]);
}

#[test]
fn a_model_that_is_throttled_in_mid_stream_leaves_a_labelled_answer() {
    let scene = Scene::new("throttled-stream");
    let mut turn = says("It is late, and it is getting later.");
    turn["chunk_characters"] = 5.into();
    turn["fail"] = json!({"code": "ThrottlingException", "after_chunks": 3});
    scene.script(turn);
    let Outcome::Cut(said, code) = scene.ask(QUESTION) else { panic!("the answer is cut") };
    assert_eq!((said.as_str(), code.as_str()), ("It is late, and", "model/throttled"));
    scene.goes_on_after_a_cut(&said);
}

#[test]
fn a_model_whose_stream_breaks_off_leaves_a_labelled_answer() {
    let scene = Scene::new("broken-stream");
    let mut turn = says("It is late, and it is getting later.");
    turn["chunk_characters"] = 5.into();
    turn["fail"] = json!({"code": "ModelStreamErrorException", "after_chunks": 3});
    scene.script(turn);
    let Outcome::Cut(said, code) = scene.ask(QUESTION) else { panic!("the answer is cut") };
    assert_eq!((said.as_str(), code.as_str()), ("It is late, and", "model/broken-stream"));
    scene.goes_on_after_a_cut(&said);
}
