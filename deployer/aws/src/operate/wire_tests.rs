//! Lists over the wire: each page is asked for.

use serde_json::json;

use super::{LogQuery, Ownership, list_gateways, list_targets, log_events};
use crate::fake_aws::{Answer, Call, FakeAws};

fn gateway(name: &str) -> serde_json::Value {
    json!({
        "gatewayId": format!("{name}-0123456789"), "name": name, "status": "READY",
        "gatewayArn": "arn:aws:bedrock-agentcore:us-east-1:111122223333:gateway/x",
        "createdAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-01T00:00:00Z",
        "authorizerType": "CUSTOM_JWT", "protocolType": "MCP",
    })
}

/// Gives these items, one a page.
fn pages(items: Vec<serde_json::Value>) -> impl FnMut(&Call) -> Answer {
    let mut left = items.into_iter();
    move |_| {
        let item = left.next().expect("no page after the last one");
        let mut page = json!({ "items": [item] });
        if left.len() > 0 {
            page["nextToken"] = json!(format!("more-{}", left.len()));
        }
        Answer::ok(page.to_string())
    }
}

#[tokio::test]
async fn every_page_of_gateways_is_read() {
    let aws = FakeAws::serve(pages(vec![gateway("b"), gateway("a"), gateway("c")])).await;
    let found = list_gateways(&aws.clients().await, &aws.settings()).await.unwrap();
    assert_eq!(found.iter().map(|gateway| gateway.name.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
}

#[tokio::test]
async fn every_page_of_targets_is_read() {
    let target = |name: &str| {
        json!({
            "targetId": "0123456789", "name": name, "status": "READY",
            "createdAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-01T00:00:00Z",
        })
    };
    let aws = FakeAws::serve(pages(vec![target("one"), target("two")])).await;
    assert_eq!(list_targets(&aws.clients().await, "gw").await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_gateway_whose_tags_cannot_be_read_is_still_listed() {
    let name = crate::samples::settings().names().gateway();
    let listed = name.clone();
    let aws = FakeAws::serve(move |call| match call.name.as_str() {
        "GET /gateways" => Answer::ok(json!({ "items": [gateway(&listed)] }).to_string()),
        path if path.starts_with("GET /tags") => Answer::refused(403, "AccessDeniedException", "no"),
        _ => Answer::ok(gateway(&listed).to_string()),
    })
    .await;
    let found = list_gateways(&aws.clients().await, &aws.settings()).await.unwrap();
    assert_eq!((found[0].name.as_str(), found[0].ownership), (name.as_str(), Ownership::Unknown));
}

#[tokio::test]
async fn every_page_of_events_is_read_and_a_missing_group_has_none() {
    let query = LogQuery { group: "g".into(), since_ms: 0, newest: 10 };
    let mut page = 0;
    let aws = FakeAws::serve(move |_| {
        page += 1;
        let event = json!({"eventId": page.to_string(), "timestamp": page, "message": "m"});
        let token = if page == 1 { json!("more") } else { json!(null) };
        Answer::ok(json!({"events": [event], "nextToken": token}).to_string())
    })
    .await;
    assert_eq!(log_events(&aws.clients().await, &query).await.unwrap().len(), 2);
    let none = FakeAws::serve(|_| Answer::refused(400, "ResourceNotFoundException", "none")).await;
    assert_eq!(log_events(&none.clients().await, &query).await.unwrap(), []);
}
