//! Tools that wait for the user's yes.

use super::*;
use crate::scripted::{calls, says};

fn api_that_asks(answers: impl IntoIterator<Item = Scripted>) -> Api {
    api_with_settings(answers, json!({"approval_tools": ["get_time"]}))
}

fn asked() -> Value {
    json!({"message": "time?", "conversation_id": "c1", "okta_token": TOKEN})
}

fn yes() -> Value {
    json!({"conversation_id": "c1", "okta_token": TOKEN, "approvals": [{"id": "t0", "approved": true}]})
}

#[tokio::test]
async fn a_call_waits_in_every_form_of_answer() {
    let api = api_that_asks([calls(&["aws___get_time"]), calls(&["aws___get_time"])]);
    let waiting = json!([{"id": "t0", "name": "aws___get_time", "input": {}}]);
    let answer = api.post("/chat", asked()).await.json();
    assert_eq!((&answer["stop_reason"], &answer["approvals_required"]), (&json!("approval_required"), &waiting));
    assert_eq!(answer["tools_used"], json!([]));
    let with_token = [("x-okta-token", TOKEN)];
    let history = api.send(request(ADA, "GET", "/api/conversations/c1", &with_token, String::new())).await.json();
    assert_eq!(history["approvals_required"], waiting);
    let streamed = api.stream(json!({"message": "time?", "conversation_id": "c2"})).await;
    assert_eq!(event_names(&streamed.text), ["started", "approval_required", "usage", "done"]);
}

#[tokio::test]
async fn a_call_that_was_passed_over_does_not_read_back_as_waiting() {
    let api = api_that_asks([calls(&["aws___get_time"]), says("As you like.")]);
    api.post("/chat", asked()).await;
    api.post("/chat", json!({"message": "never mind", "conversation_id": "c1", "okta_token": TOKEN})).await;
    let page = "/api/conversations/c1?before=2";
    let earlier = api.send(request(ADA, "GET", page, &[("x-okta-token", TOKEN)], String::new())).await.json();
    assert_eq!((&earlier["history"][0]["content"], earlier.get("approvals_required")), (&json!("time?"), None));
}

#[tokio::test]
async fn a_yes_lets_it_run() {
    let api = api_that_asks([calls(&["aws___get_time"]), says("It is noon.")]);
    api.post("/chat", asked()).await;
    let answer = api.post("/chat", yes()).await.json();
    assert_eq!((answer["response"].as_str(), &answer["tools_used"]), (Some("It is noon."), &json!(["aws___get_time"])));
    api.post("/chat", yes()).await.assert_error(409, "approval/unknown");
}

#[tokio::test]
async fn approvals_are_checked_before_anything_is_asked() {
    let api = api_that_asks([]);
    let cases = [
        json!({"approvals": [{"id": "t0", "approved": true}]}),
        json!({"conversation_id": "c1", "message": "hi", "approvals": [{"id": "t0", "approved": true}]}),
        json!({"conversation_id": "c1", "approvals": []}),
        json!({"conversation_id": "c1", "approvals": [{"id": "", "approved": true}]}),
        json!({"conversation_id": "c1", "approvals": [{"id": "x".repeat(65), "approved": true}]}),
        json!({"conversation_id": "c1", "approvals": [{"id": "a", "approved": true}, {"id": "a", "approved": false}]}),
        json!({"conversation_id": "c1", "approvals": (0..65).map(|id| json!({"id": id.to_string(), "approved": true})).collect::<Vec<_>>()}),
    ];
    for body in cases {
        api.post("/chat", body).await.assert_error(400, "request/invalid");
    }
    api.post("/chat", yes()).await.assert_error(409, "approval/unknown");
}
