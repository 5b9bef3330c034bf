//! Gateways and targets that fail first.

use std::collections::VecDeque;

use deployer_core::Failure;
use deployer_core::desired::{DesiredGateway, DesiredTarget};
use serde_json::json;

use super::Surroundings;
use crate::execute::{gateway, target};
use crate::fake_aws::{Answer, Call, FakeAws};
use crate::samples;

const NOT_YET: &str = "Gateway service role is not authorized to perform: lambda:InvokeFunction";

/// One gateway or target, and how each of its makings and updates ends.
#[derive(Default)]
struct Thing {
    status: Option<&'static str>,
    /// Status and reason in which it comes to rest; used up in order.
    ends: VecDeque<(&'static str, &'static str)>,
    reason: &'static str,
    made: u32,
}

impl Thing {
    fn with(status: Option<&'static str>, ends: &[(&'static str, &'static str)]) -> Self {
        Self { status, ends: ends.iter().copied().collect(), ..Self::default() }
    }

    /// At the look after it was begun, it has come to its end.
    fn look(&mut self) -> Option<&'static str> {
        let now = self.status?;
        match now {
            "CREATING" | "UPDATING" => {
                let (end, reason) = self.ends.pop_front().expect("one end for each making");
                (self.status, self.reason) = (Some(end), reason);
            }
            "DELETING" => self.status = None,
            _ => {}
        }
        Some(now)
    }

    fn id(&self) -> String {
        format!("thing{:05}", self.made)
    }
}

fn gone() -> Answer {
    Answer::refused(404, "ResourceNotFoundException", "it does not exist")
}

fn target_answer(thing: &mut Thing, call: &Call) -> Answer {
    let targets = "/gateways/gw/targets";
    let (method, path) = call.name.split_once(' ').unwrap();
    match (method, path == targets) {
        ("GET", true) => {
            let (id, status) = (thing.id(), thing.status);
            let items: Vec<_> = status.iter().map(|status| target_body(&id, status, &[])).collect();
            Answer::ok(json!({ "items": items }).to_string())
        }
        ("POST", true) => {
            thing.made += 1;
            thing.status = Some("CREATING");
            Answer::ok(target_body(&thing.id(), "CREATING", &[]).to_string())
        }
        ("GET", false) => match thing.look() {
            Some(status) => Answer::ok(target_body(&thing.id(), status, &[thing.reason]).to_string()),
            None => gone(),
        },
        ("PUT", false) => {
            thing.status = Some("UPDATING");
            Answer::ok(target_body(&thing.id(), "UPDATING", &[]).to_string())
        }
        ("DELETE", false) => {
            thing.status = Some("DELETING");
            Answer::ok(json!({"gatewayArn": "arn", "targetId": thing.id(), "status": "DELETING"}).to_string())
        }
        other => panic!("unexpected call {other:?}"),
    }
}

fn target_body(id: &str, status: &str, reasons: &[&str]) -> serde_json::Value {
    json!({
        "gatewayArn": "arn:aws:bedrock-agentcore:us-east-1:111122223333:gateway/gw",
        "targetId": id, "name": samples::desired().target.name, "status": status, "statusReasons": reasons,
        "createdAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-01T00:00:00Z",
        "targetConfiguration": {"mcp": {"lambda": {"lambdaArn": "arn", "toolSchema": {"inlinePayload": []}}}},
        "credentialProviderConfigurations": [],
        "metadataConfiguration": {"allowedRequestHeaders": ["x-theirs"]},
    })
}

fn gateway_answer(thing: &mut Thing, call: &Call) -> Answer {
    let (method, path) = call.name.split_once(' ').unwrap();
    match (method, path) {
        ("POST", "/gateways") => {
            thing.made += 1;
            thing.status = Some("CREATING");
            Answer::ok(gateway_body(&thing.id(), "CREATING", &[]).to_string())
        }
        ("GET", path) if path.ends_with("/targets") => Answer::ok(json!({"items": []}).to_string()),
        ("GET", _) => match thing.look() {
            Some(status) => Answer::ok(gateway_body(&thing.id(), status, &[thing.reason]).to_string()),
            None => gone(),
        },
        ("PUT", _) => {
            thing.status = Some("UPDATING");
            Answer::ok(gateway_body(&thing.id(), "UPDATING", &[]).to_string())
        }
        ("DELETE", _) => {
            thing.status = Some("DELETING");
            Answer::ok(json!({"gatewayId": thing.id(), "status": "DELETING"}).to_string())
        }
        ("POST", path) if path.starts_with("/tags/") => Answer::ok("{}"),
        other => panic!("unexpected call {other:?}"),
    }
}

fn gateway_body(id: &str, status: &str, reasons: &[&str]) -> serde_json::Value {
    json!({
        "gatewayArn": "arn:aws:bedrock-agentcore:us-east-1:111122223333:gateway/gw",
        "gatewayId": id, "gatewayUrl": format!("https://{id}.example.com/mcp"), "name": "gw", "status": status,
        "statusReasons": reasons, "createdAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-01T00:00:00Z",
        "protocolType": "MCP", "authorizerType": "CUSTOM_JWT", "exceptionLevel": "DEBUG", "kmsKeyArn": "key",
        "protocolConfiguration": {"mcp": {"instructions": "theirs"}},
    })
}

/// The method of each write, and the result.
async fn ensure_target(mut thing: Thing) -> (Vec<String>, Result<String, Failure>) {
    let aws = FakeAws::serve(move |call| target_answer(&mut thing, call)).await;
    let surroundings = Surroundings::of(&aws).await;
    let wanted: DesiredTarget = samples::desired().target;
    let result = target::ensure(&surroundings.context(), "gw", None, &wanted).await;
    (methods(&aws), result)
}

async fn ensure_gateway(
    mut thing: Thing,
    existing: Option<&str>,
    replace: bool,
) -> (Vec<String>, Result<String, Failure>) {
    let aws = FakeAws::serve(move |call| gateway_answer(&mut thing, call)).await;
    let surroundings = Surroundings::of(&aws).await;
    let wanted: DesiredGateway = samples::desired().gateway;
    let result = gateway::ensure(&surroundings.context(), existing, replace, &wanted).await;
    (methods(&aws), result.map(|made| format!("{} {}", made.summary, made.id)))
}

fn methods(aws: &FakeAws) -> Vec<String> {
    aws.writes().iter().filter_map(|name| name.split(' ').next().map(str::to_string)).collect()
}

#[tokio::test]
async fn a_target_that_iam_lets_fail_is_made_again_until_it_is_ready() {
    let ends = [("FAILED", NOT_YET), ("FAILED", NOT_YET), ("READY", "")];
    let (writes, result) = ensure_target(Thing::with(None, &ends)).await;
    assert_eq!(result.unwrap(), "created");
    assert_eq!(writes, ["POST", "DELETE", "POST", "DELETE", "POST"]);
}

#[tokio::test]
async fn a_target_that_fails_for_another_reason_fails_the_step() {
    let (writes, result) = ensure_target(Thing::with(None, &[("FAILED", "the schema is too large")])).await;
    assert_eq!(result.unwrap_err().cause, "FAILED: the schema is too large");
    assert_eq!(writes, ["POST"]);
}

#[tokio::test]
async fn a_target_whose_permission_never_comes_fails_when_iam_has_had_its_time() {
    let ends = vec![("FAILED", NOT_YET); 500];
    let (_, result) = ensure_target(Thing::with(None, &ends)).await;
    assert_eq!(result.unwrap_err().cause, format!("FAILED: {NOT_YET}"));
}

#[tokio::test]
async fn a_target_is_made_anew_or_updated_as_its_status_allows() {
    let cases: [(&'static str, &[&str]); 7] = [
        ("FAILED", &["DELETE", "POST"]),
        ("CREATE_PENDING_AUTH", &["DELETE", "POST"]),
        ("UPDATE_PENDING_AUTH", &["DELETE", "POST"]),
        ("DELETING", &["POST"]),
        ("SYNCHRONIZE_UNSUCCESSFUL", &["PUT"]),
        ("UPDATE_UNSUCCESSFUL", &["PUT"]),
        ("READY", &["PUT"]),
    ];
    for (status, expected) in cases {
        let (writes, result) = ensure_target(Thing::with(Some(status), &[("READY", "")])).await;
        assert!(result.is_ok(), "{status}: {result:?}");
        assert_eq!(writes, expected, "{status}");
    }
}

#[tokio::test]
async fn a_gateway_that_iam_lets_fail_is_made_again() {
    let ends = [("FAILED", "the role cannot be assumed"), ("READY", "")];
    let (writes, result) = ensure_gateway(Thing::with(None, &ends), None, false).await;
    assert_eq!(result.unwrap(), "created thing00002");
    assert_eq!(writes, ["POST", "DELETE", "POST"]);
}

#[tokio::test]
async fn a_failed_gateway_is_replaced() {
    let (writes, result) = ensure_gateway(Thing::with(Some("FAILED"), &[("READY", "")]), Some("gw"), true).await;
    assert_eq!(result.unwrap(), "replaced thing00001");
    assert_eq!(writes, ["DELETE", "POST"]);
}

#[tokio::test]
async fn an_unsuccessful_update_that_may_be_iam_is_sent_again() {
    let ends = [("UPDATE_UNSUCCESSFUL", "the role cannot be assumed"), ("READY", "")];
    let (writes, result) = ensure_gateway(Thing::with(Some("UPDATE_UNSUCCESSFUL"), &ends), Some("gw"), false).await;
    assert_eq!(result.unwrap(), "updated thing00000");
    assert_eq!(writes, ["PUT", "PUT", "POST"]);
}

/// The body of the one update.
fn update_body(aws: &FakeAws) -> serde_json::Value {
    let call = aws.calls().into_iter().find(|call| call.name.starts_with("PUT")).expect("it was updated");
    serde_json::from_str(&call.body).unwrap()
}

#[tokio::test]
async fn an_update_keeps_what_the_settings_do_not_speak_of() {
    let mut thing = Thing::with(Some("READY"), &[("READY", "")]);
    let aws = FakeAws::serve(move |call| gateway_answer(&mut thing, call)).await;
    let surroundings = Surroundings::of(&aws).await;
    gateway::ensure(&surroundings.context(), Some("gw"), false, &samples::desired().gateway).await.unwrap();
    let sent = update_body(&aws);
    assert_eq!((&sent["exceptionLevel"], &sent["kmsKeyArn"]), (&json!("DEBUG"), &json!("key")));
    assert_eq!(sent["protocolConfiguration"]["mcp"]["instructions"], "theirs");

    let mut thing = Thing::with(Some("READY"), &[("READY", "")]);
    let aws = FakeAws::serve(move |call| target_answer(&mut thing, call)).await;
    let surroundings = Surroundings::of(&aws).await;
    target::ensure(&surroundings.context(), "gw", None, &samples::desired().target).await.unwrap();
    assert_eq!(update_body(&aws)["metadataConfiguration"]["allowedRequestHeaders"], json!(["x-theirs"]));
}

#[tokio::test]
async fn a_gateway_that_fails_for_another_reason_is_left_to_the_next_plan() {
    let thing = Thing::with(None, &[("FAILED", "the discovery URL does not answer")]);
    let (writes, result) = ensure_gateway(thing, None, false).await;
    assert_eq!(result.unwrap_err().cause, "FAILED: the discovery URL does not answer");
    assert_eq!(writes, ["POST"]);
}
