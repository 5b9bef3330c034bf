//! The client against a loopback server that plays S3 from a script.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_read::{Budget, Call, Client, ReadError};
use aws_types::SdkConfig;
use aws_types::region::Region;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::Instant;

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// What the server saw of a request.
#[derive(Debug, Clone)]
struct Seen {
    target: String,
    authorization: String,
    has_body_hash: bool,
}

/// Status, region header, body.
type Reply = (u16, Option<&'static str>, String);

#[derive(Clone, Default)]
struct Script {
    replies: Arc<Mutex<VecDeque<Reply>>>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

struct Server {
    client: Client,
    script: Script,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    async fn start(replies: Vec<Reply>) -> Self {
        let script = Script::default();
        script.replies.lock().expect("unpoisoned").extend(replies);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let app = axum::Router::new().fallback(reply).with_state(script.clone());
        let task = tokio::spawn(async move { axum::serve(listener, app).await.expect("serve") });
        Self { client: client(&format!("http://{address}")), script, task }
    }

    fn seen(&self) -> Vec<Seen> {
        self.script.seen.lock().expect("unpoisoned").clone()
    }

    fn targets(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.target).collect()
    }

    async fn call(&self, operation: &str, parameters: Value) -> Result<aws_read::Answer, ReadError> {
        self.client.call(call(operation, parameters)).await
    }
}

fn call(operation: &str, parameters: Value) -> Call {
    Call::new("s3", operation, parameters, Budget::until(Instant::now() + Duration::from_secs(20)))
}

fn client(endpoint: &str) -> Client {
    // Other tests of this process may have installed it already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let credentials = Credentials::new("AKIDEXAMPLE", "secret", Some("token".into()), None, "test");
    let config = SdkConfig::builder()
        .region(Region::new("us-east-1"))
        .endpoint_url(endpoint)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build();
    Client::new(&config).expect("a client")
}

async fn reply(State(script): State<Script>, request: Request) -> Response {
    script.seen.lock().expect("unpoisoned").push(seen(&request));
    drop(request);
    let next = script.replies.lock().expect("unpoisoned").pop_front();
    let Some((status, region, body)) = next else {
        // The script is over: never answer.
        return std::future::pending().await;
    };
    let status = StatusCode::from_u16(status).expect("a status");
    match region {
        Some(region) => (status, [("x-amz-bucket-region", region)], body).into_response(),
        None => (status, body).into_response(),
    }
}

fn seen(request: &Request) -> Seen {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    Seen {
        target: request.uri().to_string(),
        authorization: header("authorization").unwrap_or_default(),
        has_body_hash: header("x-amz-content-sha256").is_some(),
    }
}

fn buckets(names: &[&str], token: Option<&str>) -> String {
    let buckets: String = names.iter().map(|name| format!("<Bucket><Name>{name}</Name></Bucket>")).collect();
    let token = token.map(|token| format!("<ContinuationToken>{token}</ContinuationToken>")).unwrap_or_default();
    format!(
        "<ListAllMyBucketsResult xmlns=\"{NAMESPACE}\"><Buckets>{buckets}</Buckets>{token}</ListAllMyBucketsResult>"
    )
}

fn error(code: &str, message: &str) -> String {
    format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>")
}

const TAGS: &str = "<Tagging><TagSet><Tag><Key>team</Key><Value>blue</Value></Tag></TagSet></Tagging>";

#[tokio::test]
async fn pages_are_fetched_until_the_last_and_joined() {
    let pages = vec![(200, None, buckets(&["a", "b"], Some("t+1"))), (200, None, buckets(&["c"], None))];
    let server = Server::start(pages).await;
    let answer = server.call("ListBuckets", json!({})).await.expect("an answer");
    assert_eq!(answer.value["Buckets"], json!([{"Name": "a"}, {"Name": "b"}, {"Name": "c"}]));
    assert_eq!((answer.items, answer.truncated), (3, false));
    assert_eq!(answer.calls, ["s3:ListBuckets", "s3:ListBuckets"]);
    assert_eq!(server.targets(), ["/?max-buckets=1000", "/?continuation-token=t%2B1&max-buckets=998"]);
}

#[tokio::test]
async fn a_request_is_signed_for_service_and_region_with_the_session_token() {
    let server = Server::start(vec![(200, None, buckets(&[], None))]).await;
    server.call("ListBuckets", json!({})).await.expect("an answer");
    let seen = &server.seen()[0];
    assert!(seen.has_body_hash);
    assert!(seen.authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"));
    assert!(seen.authorization.contains("/us-east-1/s3/aws4_request"));
    assert!(seen.authorization.contains("x-amz-security-token"));
}

#[tokio::test]
async fn a_bucket_is_followed_to_its_region_and_remembered() {
    let moved = error("PermanentRedirect", "use the bucket's endpoint");
    let replies = vec![(301, Some("eu-west-1"), moved), (200, None, TAGS.into()), (200, None, TAGS.into())];
    let server = Server::start(replies).await;
    let first = server.call("GetBucketTagging", json!({"Bucket": "my-bucket"})).await.expect("an answer");
    assert_eq!(first.region.as_str(), "eu-west-1");
    assert_eq!(first.value, json!({"TagSet": [{"Key": "team", "Value": "blue"}]}));
    server.call("GetBucketTagging", json!({"Bucket": "my-bucket"})).await.expect("an answer");
    let regions: Vec<_> = server.seen().iter().map(|seen| seen.authorization.contains("/eu-west-1/s3/")).collect();
    assert_eq!(regions, [false, true, true]);
    assert!(server.targets().iter().all(|target| target == "/my-bucket?tagging"));
}

#[tokio::test]
async fn endless_redirects_end_with_the_error_of_aws() {
    let moved = |region| (301, Some(region), error("PermanentRedirect", "elsewhere"));
    let replies = vec![moved("eu-west-1"), moved("eu-west-2"), moved("eu-west-3"), moved("eu-west-1")];
    let server = Server::start(replies).await;
    let error = server.call("GetBucketTagging", json!({"Bucket": "my-bucket"})).await.unwrap_err();
    assert_eq!(error.code(), "PermanentRedirect");
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn a_throttled_call_is_tried_again_and_given_up_after_three_attempts() {
    let slow = || (503, None, error("SlowDown", "reduce your request rate"));
    let server = Server::start(vec![slow(), slow(), (200, None, buckets(&["a"], None))]).await;
    assert_eq!(server.call("ListBuckets", json!({})).await.expect("an answer").items, 1);
    let server = Server::start(vec![slow(), slow(), slow(), slow()]).await;
    let error = server.call("ListBuckets", json!({})).await.unwrap_err();
    assert_eq!((error.code(), server.seen().len()), ("SlowDown", 3));
}

#[tokio::test]
async fn a_denied_call_is_not_repeated_and_names_the_permission() {
    let server = Server::start(vec![(403, None, error("AccessDenied", "not authorized"))]).await;
    let error = server.call("GetBucketEncryption", json!({"Bucket": "my-bucket"})).await.unwrap_err();
    assert_eq!(error.code(), "AccessDenied");
    assert!(error.to_string().contains("s3:GetEncryptionConfiguration"), "{error}");
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn what_is_refused_never_reaches_the_server() {
    let server = Server::start(Vec::new()).await;
    let bucket = json!({"Bucket": "my-bucket", "Key": "k"});
    for operation in ["GetObject", "DeleteBucket", "PutBucketTagging", "listbuckets", "ListBuckets?x", ""] {
        let error = server.call(operation, bucket.clone()).await.unwrap_err();
        assert_eq!(error.code(), "read/not-allowed", "{operation}");
    }
    for bucket in ["..", "a/../b", "evil.example/x", "a@evil", "x?acl"] {
        let error = server.call("GetBucketTagging", json!({"Bucket": bucket})).await.unwrap_err();
        assert_eq!(error.code(), "read/parameter", "{bucket}");
    }
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_silent_server_ends_in_the_deadline() {
    let server = Server::start(Vec::new()).await;
    let deadline = Budget::until(Instant::now() + Duration::from_millis(200));
    let error = server.client.call(Call::new("s3", "ListBuckets", json!({}), deadline)).await.unwrap_err();
    assert_eq!(error.code(), "read/deadline");
}

#[tokio::test]
async fn a_page_that_fails_after_others_is_reported_in_a_partial_answer() {
    let replies = vec![(200, None, buckets(&["a"], Some("t"))), (403, None, error("AccessDenied", "no"))];
    let server = Server::start(replies).await;
    let answer = server.call("ListBuckets", json!({})).await.expect("an answer");
    assert!(answer.truncated);
    assert_eq!(answer.interrupted.expect("a reason").code(), "AccessDenied");
    assert_eq!(answer.value["Buckets"], json!([{"Name": "a"}]));
}

#[tokio::test]
async fn an_unreachable_endpoint_is_named() {
    let free = TcpListener::bind("127.0.0.1:0").await.expect("a free port").local_addr().expect("an address");
    let error = client(&format!("http://{free}")).call(call("ListBuckets", json!({}))).await.unwrap_err();
    assert_eq!(error.code(), "read/unreachable");
    assert!(error.to_string().contains(&free.to_string()), "{error}");
}
