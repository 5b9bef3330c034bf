//! Calls in flight.

use std::sync::Arc;
use std::time::Duration;

use aws_read::{ClientSettings, Region};
use serde_json::json;

use crate::s3::buckets;
use crate::server::{Reply, Server, call};

/// Begins calls in two regions and tells how many reach the server before it answers.
async fn reached(settings: ClientSettings, expected: usize) {
    let server = Arc::new(Server::gated(vec![Reply::ok(buckets(&[], None)); 12], settings).await);
    let calls: Vec<_> = (0..12)
        .map(|number| {
            let server = server.clone();
            let mut call = call("s3:ListBuckets", json!({}));
            call.region = Region::parse(if number % 2 == 0 { "eu-west-1" } else { "eu-west-2" });
            tokio::spawn(async move { server.client.call(call).await.map(|_| ()) })
        })
        .collect();
    server.wait_for(expected).await;
    // Long enough for one too many to come, which would fail the test.
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(server.seen().len(), expected);
    server.open_gate(12);
    for call in calls {
        call.await.expect("no panic").expect("an answer");
    }
    assert_eq!(server.seen().len(), 12);
}

#[tokio::test]
async fn calls_in_flight_are_bounded_in_all() {
    reached(ClientSettings { calls_in_flight: 3, ..ClientSettings::default() }, 3).await;
}

#[tokio::test]
async fn calls_in_flight_are_bounded_for_each_service_and_region() {
    reached(ClientSettings { calls_per_service_and_region: 2, ..ClientSettings::default() }, 4).await;
}
