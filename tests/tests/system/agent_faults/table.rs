//! The conversation table refuses a turn, is throttled or cannot be read.

use serde_json::json;
use system_tests::Answer;

use super::{Outcome, QUESTION, Scene, answered, outcome, status};
use crate::stage::exchange;

#[test]
fn a_turn_that_another_writer_was_faster_than_is_stored_or_said_not_to_be() {
    let scene = Scene::new("conflict");
    let cancelled = json!({"status": 400, "code": "TransactionCanceledException",
        "message": "Transaction cancelled, please refer cancellation reasons for specific reasons [ConditionalCheckFailed, None]",
        "members": {"CancellationReasons": [{"Code": "ConditionalCheckFailed"}, {"Code": "None"}]}});
    scene.fault("dynamodb", "TransactWriteItems", Some(1), cancelled);
    match scene.ask(QUESTION) {
        Outcome::Answered(text, _) => scene.goes_on_after(&exchange(QUESTION, &text)),
        Outcome::Cut(_, code) => {
            assert_eq!(code, "conversation/conflict");
            scene.goes_on_after(&[]);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_table_that_throttles_a_write_at_first_keeps_the_turn() {
    let scene = Scene::new("throttled-write");
    scene.fault("dynamodb", "TransactWriteItems", Some(2), status(400, "ThrottlingException"));
    let text = answered(&scene.ask(QUESTION), &[true]);
    assert_eq!(scene.stage.control.struck(), 2);
    scene.goes_on_after(&exchange(QUESTION, &text));
}

#[test]
fn a_turn_that_cannot_be_stored_is_said_so_and_is_not_there() {
    let scene = Scene::new("unstored");
    scene.fault("dynamodb", "TransactWriteItems", None, status(400, "ThrottlingException"));
    let Outcome::Cut(_, code) = scene.ask(QUESTION) else { panic!("the answer ends with an error") };
    assert_eq!(code, "conversation/store");
    scene.goes_on_after(&[]);
}

#[test]
fn a_read_that_fails_is_an_error_and_never_an_empty_history() {
    for operation in ["GetItem", "Query"] {
        let scene = Scene::new(&format!("unread-{}", operation.to_lowercase()));
        scene.fault("dynamodb", operation, None, status(400, "ProvisionedThroughputExceededException"));
        let asked = scene.ask(QUESTION);
        let read = scene.agent.get(&format!("api/conversations/{}", scene.conversation));
        let listed = scene.agent.get("api/conversations");
        let store = Outcome::Refused(503, "conversation/store".into());
        let failed: Vec<_> = [outcome_of(&read), outcome_of(&listed)].into_iter().filter(|it| *it == store).collect();
        assert!(!failed.is_empty(), "{operation}: {read:?} {listed:?}");
        assert!(read.status == 503 || read.json()["message_count"] == 2, "{operation}: {read:?}");
        match asked {
            Outcome::Refused(..) => {
                assert_eq!(asked, store, "{operation}");
                scene.goes_on_after(&[]);
            }
            Outcome::Answered(text, _) => scene.goes_on_after(&exchange(QUESTION, &text)),
            Outcome::Cut(..) => panic!("{operation}: {asked:?}"),
        }
    }
}

/// Of a call whose answer is JSON.
fn outcome_of(answer: &Answer) -> Outcome {
    match answer.status.as_u16() {
        200 => Outcome::Answered(answer.body.clone(), Vec::new()),
        _ => outcome(answer),
    }
}
