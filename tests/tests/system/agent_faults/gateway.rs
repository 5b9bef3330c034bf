//! The gateway refuses, is busy, fails, hangs or drops the connection.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{Outcome, QUESTION, Scene, answered, status};
use crate::stage::{TOOL_SECONDS, exchange};

#[test]
fn a_gateway_that_refuses_the_token_in_mid_turn_is_said_so() {
    let scene = Scene::new("unauthorized-call");
    scene.fault("gateway", "tools/call", None, status(401, ""));
    let text = answered(&scene.ask(QUESTION), &[false]);
    assert!(text.contains("the access token expired") && text.contains("chat login"), "{text}");
    scene.goes_on_after(&exchange(QUESTION, &text));
}

#[test]
fn a_gateway_that_refuses_the_token_at_the_start_is_an_error_before_the_answer() {
    let scene = Scene::new("unauthorized-start");
    scene.renew_the_function();
    scene.fault("gateway", "*", None, status(401, ""));
    assert_eq!(scene.ask(QUESTION), Outcome::Refused(401, "gateway/unauthorized".into()));
    scene.goes_on_after(&[]);
}

#[test]
fn a_gateway_that_is_busy_or_fails_once_is_asked_again() {
    for code in [429, 500, 503] {
        let scene = Scene::new(&format!("once-{code}"));
        scene.fault("gateway", "tools/call", Some(1), status(code, ""));
        let text = answered(&scene.ask(QUESTION), &[true]);
        assert_eq!(scene.stage.control.struck(), 1, "{code}");
        scene.goes_on_after(&exchange(QUESTION, &text));
    }
}

#[test]
fn a_gateway_that_stays_busy_or_broken_is_a_failed_call_that_the_model_hears_of() {
    for code in [429, 500] {
        let scene = Scene::new(&format!("always-{code}"));
        scene.fault("gateway", "tools/call", None, status(code, ""));
        let text = answered(&scene.ask(QUESTION), &[false]);
        scene.goes_on_after(&exchange(QUESTION, &text));
    }
}

#[test]
fn a_gateway_that_hangs_costs_the_call_and_not_the_answer() {
    let scene = Scene::new("hanging-gateway");
    scene.fault("gateway", "tools/call", None, json!("hang"));
    let started = Instant::now();
    let text = answered(&scene.ask(QUESTION), &[false]);
    assert!(started.elapsed() >= Duration::from_secs(TOOL_SECONDS), "it was waited for");
    scene.goes_on_after(&exchange(QUESTION, &text));
}

#[test]
fn a_connection_to_the_gateway_that_drops_is_made_again() {
    let scene = Scene::new("dropping-gateway");
    scene.fault("gateway", "tools/call", Some(1), json!("drop"));
    let text = answered(&scene.ask(QUESTION), &[true]);
    scene.goes_on_after(&exchange(QUESTION, &text));
}
