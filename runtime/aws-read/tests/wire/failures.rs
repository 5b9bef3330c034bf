//! Servers that refuse, break, are slow or say too much.

use std::time::Duration;

use aws_read::{Budget, ClientSettings, ReadError, Region};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::s3::{buckets, error};
use crate::server::{Reply, Server, call, client};

fn slow() -> Reply {
    Reply::new(503, error("SlowDown", "reduce your request rate"))
}

fn done() -> Reply {
    Reply::ok(buckets(&["a"], None))
}

async fn listed(replies: Vec<Reply>) -> (Result<aws_read::Answer, ReadError>, usize) {
    let server = Server::start(replies).await;
    let answer = server.call("s3:ListBuckets", json!({})).await;
    (answer, server.seen().len())
}

#[tokio::test]
async fn throttles_server_errors_and_broken_connections_are_tried_again() {
    for failure in [slow(), Reply::new(500, ""), Reply::new(502, "<html>Bad gateway"), Reply::Broken] {
        let (answer, calls) = listed(vec![failure.clone(), failure.clone(), done()]).await;
        assert_eq!((answer.expect("an answer").items, calls), (1, 3), "{failure:?}");
    }
}

#[tokio::test]
async fn after_the_last_attempt_the_failure_is_reported() {
    let (answer, calls) = listed(vec![slow(), slow(), slow(), done()]).await;
    assert_eq!((answer.unwrap_err().code(), calls), ("SlowDown", 3));
    let (answer, calls) = listed(vec![Reply::Broken, Reply::Broken, Reply::Broken, done()]).await;
    assert_eq!((answer.unwrap_err().code(), calls), ("read/unreachable", 3));
}

#[tokio::test]
async fn the_number_of_attempts_is_a_setting() {
    let settings = ClientSettings { attempts: 1, ..ClientSettings::default() };
    let server = Server::with_settings(vec![slow(), done()], settings).await;
    assert_eq!(server.call("s3:ListBuckets", json!({})).await.unwrap_err().code(), "SlowDown");
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_wait_beyond_the_deadline_is_not_begun() {
    let server = Server::start(vec![slow().with("retry-after", "3600"), done()]).await;
    assert_eq!(server.call("s3:ListBuckets", json!({})).await.unwrap_err().code(), "SlowDown");
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_denied_call_is_not_repeated_and_names_the_permission() {
    let server = Server::start(vec![Reply::new(403, error("AccessDenied", "not authorized"))]).await;
    let error = server.call("s3:GetBucketEncryption", json!({"Bucket": "my-bucket"})).await.unwrap_err();
    assert_eq!(error.code(), "AccessDenied");
    assert!(error.to_string().contains("s3:GetEncryptionConfiguration"), "{error}");
    assert_eq!(error.missing_permissions(), ["s3:GetEncryptionConfiguration"]);
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn what_a_stand_in_does_not_implement_is_said_at_once() {
    let html = Reply::new(500, "<!doctype html><title>500 Internal Server Error</title>");
    for reply in [Reply::new(501, ""), html.with("content-type", "text/html; charset=utf-8")] {
        let (answer, calls) = listed(vec![reply, done()]).await;
        assert_eq!((answer.unwrap_err().code(), calls), ("read/not-implemented", 1));
    }
}

#[tokio::test]
async fn a_wrong_clock_is_corrected_once() {
    let skewed = || {
        let refusal = Reply::new(403, error("RequestTimeTooSkewed", "the difference is too large"));
        refusal.with("date", "Tue, 01 Jan 2030 00:00:00 GMT")
    };
    let server = Server::start(vec![skewed(), done(), skewed(), done()]).await;
    assert!(server.call("s3:ListBuckets", json!({})).await.is_ok());
    let dates: Vec<_> = server.seen().iter().map(|seen| seen.header("x-amz-date")[..4].to_owned()).collect();
    assert_ne!(dates[0], dates[1]);
    assert!(dates[1].starts_with("2029") || dates[1].starts_with("2030"), "{dates:?}");
    let error = server.call("s3:ListBuckets", json!({})).await.unwrap_err();
    assert_eq!((error.code(), server.seen().len()), ("RequestTimeTooSkewed", 3));
}

#[tokio::test]
async fn a_silent_server_ends_in_the_deadline() {
    let server = Server::start(vec![Reply::Silent]).await;
    let mut call = call("s3:ListBuckets", json!({}));
    call.budget = Budget::until(Instant::now() + Duration::from_millis(300));
    let error = server.client.call(call).await.unwrap_err();
    assert_eq!((error.code(), error.was_sent()), ("read/deadline", true));
}

#[tokio::test]
async fn an_oversized_answer_is_not_read_and_not_asked_for_again() {
    let (answer, calls) = listed(vec![Reply::ok(vec![b' '; 33 * 1024 * 1024]), done()]).await;
    assert_eq!((answer.unwrap_err().code(), calls), ("read/too-large", 1));
}

#[tokio::test]
async fn an_answer_that_the_model_does_not_describe_is_an_error() {
    let (answer, calls) = listed(vec![Reply::ok("not XML")]).await;
    assert_eq!((answer.unwrap_err().code(), calls), ("read/answer", 1));
}

#[tokio::test]
async fn an_unreachable_endpoint_is_named() {
    let free = TcpListener::bind("127.0.0.1:0").await.expect("a free port").local_addr().expect("an address");
    let client = client(&format!("http://{free}"), ClientSettings::default());
    let error = client.call(call("s3:ListBuckets", json!({}))).await.unwrap_err();
    assert_eq!(error.code(), "read/unreachable");
    assert!(error.to_string().contains(&free.to_string()), "{error}");
}

#[tokio::test]
async fn an_unknown_region_is_refused_with_its_neighbours() {
    let server = Server::start(Vec::new()).await;
    let mut call = call("ec2:DescribeVolumes", json!({}));
    call.region = Region::parse("eu-west-9");
    let error = server.client.call(call).await.unwrap_err();
    let ReadError::UnknownRegion { nearest, .. } = &error else { panic!("{error}") };
    assert!(nearest.iter().any(|name| name.starts_with("eu-west-")), "{nearest:?}");
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn what_is_refused_never_reaches_the_server() {
    let server = Server::start(Vec::new()).await;
    let bucket = json!({"Bucket": "my-bucket", "Key": "k"});
    for operation in [
        "s3:GetObject",
        "s3:DeleteBucket",
        "s3:PutBucketTagging",
        "s3:listbuckets",
        "s3:ListBuckets?x",
        "s3:",
        "ec2:TerminateInstances",
        "sts:AssumeRole",
        "ec2:GetPasswordData",
        "logs:StartQuery",
        "kms:ListKeys",
    ] {
        let error = server.call(operation, bucket.clone()).await.unwrap_err();
        assert_eq!(error.code(), "read/not-allowed", "{operation}");
    }
    for bucket in ["..", "a/../b", "evil.example/x", "a@evil", "x?acl"] {
        let error = server.call("s3:GetBucketTagging", json!({"Bucket": bucket})).await.unwrap_err();
        assert_eq!(error.code(), "read/parameter", "{bucket}");
    }
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn no_error_holds_a_credential_or_a_signature() {
    let replies = vec![Reply::new(403, error("AccessDenied", "no")), Reply::new(400, "?"), Reply::ok("not XML")];
    let server = Server::start(replies).await;
    for _ in 0..3 {
        let error = server.call("s3:ListBuckets", json!({})).await.unwrap_err();
        let texts = format!("{error} {error:?} {:?}", server.client);
        for secret in ["wJalrEXAMPLEKEY", "FwoGEXAMPLETOKEN", "Signature=", "AWS4-HMAC", "X-Amz-Signature"] {
            assert!(!texts.contains(secret), "{secret} in {texts}");
        }
    }
}
