//! Budgets, and what happens when paging ends early.

use std::time::Duration;

use aws_read::{Budget, Call, ItemMap};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::s3::buckets;
use crate::server::{Reply, Server, call};

fn clusters(names: &[&str], token: Option<&str>) -> Reply {
    let mut page = json!({"clusterArns": names});
    if let Some(token) = token {
        page["nextToken"] = json!(token);
    }
    Reply::ok(page.to_string())
}

fn limited(operation: &str, max_items: usize, max_pages: usize) -> Call {
    let mut call = call(operation, json!({}));
    call.budget = Budget { max_items, max_pages, ..call.budget };
    call
}

#[tokio::test]
async fn no_more_is_asked_for_than_is_wanted_and_the_answer_says_how_to_go_on() {
    let replies = vec![clusters(&["a", "b"], Some("t1")), clusters(&["c"], Some("t2")), clusters(&["d"], None)];
    let server = Server::start(replies).await;
    let answer = server.client.call(limited("ecs:ListClusters", 3, 10)).await.expect("an answer");
    assert_eq!(answer.value, json!({"clusterArns": ["a", "b", "c"]}));
    assert_eq!((answer.items, answer.truncated), (3, true));
    let sizes: Vec<_> = server.seen().iter().map(|seen| asked(&seen.body)["maxResults"].clone()).collect();
    assert_eq!(sizes, [3, 1]);
    let next = answer.next.expect("a place to go on");
    assert_eq!(next, json!({"nextToken": "t2"}));
    let rest = server.call("ecs:ListClusters", next).await.expect("an answer");
    assert_eq!(asked(&server.seen()[2].body)["nextToken"], "t2");
    assert_eq!((rest.value, rest.truncated, rest.next), (json!({"clusterArns": ["d"]}), false, None));
}

fn asked(body: &str) -> Value {
    serde_json::from_str(body).expect("JSON")
}

#[tokio::test]
async fn the_page_budget_ends_paging() {
    let server = Server::start(vec![clusters(&["a"], Some("t1")), clusters(&["b"], Some("t2"))]).await;
    let answer = server.client.call(limited("ecs:ListClusters", 100, 2)).await.expect("an answer");
    assert_eq!((answer.items, answer.truncated, answer.calls.len()), (2, true, 2));
    assert_eq!(answer.next, Some(json!({"nextToken": "t2"})));
}

#[tokio::test]
async fn items_are_made_small_page_by_page_after_secrets_are_gone() {
    let page = |token: Option<&str>| Reply::ok(buckets(&["a", "b"], token));
    let server = Server::start(vec![page(Some("t")), page(None)]).await;
    let mut call = call("s3:ListBuckets", json!({}));
    call.each_item = Some(ItemMap::new(|item| item["Name"].clone()));
    let answer = server.client.call(call).await.expect("an answer");
    assert_eq!(answer.value["Buckets"], json!(["a", "b", "a", "b"]));
}

#[tokio::test]
async fn a_page_that_fails_after_others_is_reported_in_a_partial_answer() {
    let denied = r#"{"__type": "AccessDeniedException", "message": "no"}"#;
    let server = Server::start(vec![clusters(&["a"], Some("t")), Reply::new(400, denied)]).await;
    let answer = server.call("ecs:ListClusters", json!({})).await.expect("an answer");
    assert!(answer.truncated);
    assert_eq!(answer.interrupted.expect("a reason").code(), "AccessDeniedException");
    assert_eq!(answer.value["clusterArns"], json!(["a"]));
    assert_eq!(answer.next, Some(json!({"nextToken": "t"})));
}

#[tokio::test]
async fn the_deadline_in_the_middle_of_paging_keeps_the_pages_before_it() {
    let server = Server::start(vec![clusters(&["a"], Some("t")), Reply::Silent]).await;
    let mut call = call("ecs:ListClusters", json!({}));
    call.budget = Budget::until(Instant::now() + Duration::from_millis(500));
    let answer = server.client.call(call).await.expect("an answer");
    assert_eq!(answer.interrupted.expect("a reason").code(), "read/deadline");
    assert_eq!((answer.items, answer.next), (1, Some(json!({"nextToken": "t"}))));
}

#[tokio::test]
async fn no_page_is_begun_after_its_time() {
    let server = Server::start(vec![clusters(&["a"], Some("t")), clusters(&["b"], None)]).await;
    let mut late = call("ecs:ListClusters", json!({}));
    late.budget.begin_until = Instant::now();
    let error = server.client.call(late).await.expect_err("too late");
    assert_eq!((error.code(), error.was_sent(), server.seen().len()), ("read/deadline", false, 0));
}

#[tokio::test]
async fn explicit_ids_are_asked_for_without_a_page_size() {
    let page = "<DescribeInstancesResponse><reservationSet/></DescribeInstancesResponse>";
    let server = Server::start(vec![Reply::ok(page), Reply::ok(page)]).await;
    server.call("ec2:DescribeInstances", json!({"InstanceIds": ["i-1"]})).await.expect("an answer");
    server.call("ec2:DescribeInstances", json!({})).await.expect("an answer");
    let sizes: Vec<_> = server.seen().iter().map(|seen| seen.body.contains("MaxResults=1000")).collect();
    assert_eq!(sizes, [false, true]);
}
