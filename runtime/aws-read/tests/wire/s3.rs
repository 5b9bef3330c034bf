//! Buckets and their regions.

use serde_json::json;

use crate::server::{Reply, Server};

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";
const TAGS: &str = "<Tagging><TagSet><Tag><Key>team</Key><Value>blue</Value></Tag></TagSet></Tagging>";

pub fn buckets(names: &[&str], token: Option<&str>) -> String {
    let buckets: String = names.iter().map(|name| format!("<Bucket><Name>{name}</Name></Bucket>")).collect();
    let token = token.map(|token| format!("<ContinuationToken>{token}</ContinuationToken>")).unwrap_or_default();
    format!(
        "<ListAllMyBucketsResult xmlns=\"{NAMESPACE}\"><Buckets>{buckets}</Buckets>{token}</ListAllMyBucketsResult>"
    )
}

pub fn error(code: &str, message: &str) -> String {
    format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>")
}

fn moved(region: &str) -> Reply {
    Reply::new(301, error("PermanentRedirect", "elsewhere")).with("x-amz-bucket-region", region)
}

#[tokio::test]
async fn pages_of_buckets_are_fetched_until_the_last_and_joined() {
    let pages = vec![Reply::ok(buckets(&["a", "b"], Some("t+1"))), Reply::ok(buckets(&["c"], None))];
    let server = Server::start(pages).await;
    let answer = server.call("s3:ListBuckets", json!({})).await.expect("an answer");
    assert_eq!(answer.value["Buckets"], json!([{"Name": "a"}, {"Name": "b"}, {"Name": "c"}]));
    assert_eq!((answer.items, answer.truncated), (3, false));
    let targets = server.targets();
    assert!(targets[0].contains("max-buckets=1000") && !targets[0].contains("token"), "{targets:?}");
    assert!(targets[1].contains("continuation-token=t%2B1") && targets[1].contains("max-buckets=998"), "{targets:?}");
}

#[tokio::test]
async fn a_bucket_is_followed_to_its_region_and_remembered() {
    let server = Server::start(vec![moved("eu-central-1"), Reply::ok(TAGS), Reply::ok(TAGS)]).await;
    let first = server.call("s3:GetBucketTagging", json!({"Bucket": "my-bucket"})).await.expect("an answer");
    assert_eq!(first.region.as_str(), "eu-central-1");
    assert_eq!(first.value, json!({"TagSet": [{"Key": "team", "Value": "blue"}]}));
    server.call("s3:GetBucketTagging", json!({"Bucket": "my-bucket"})).await.expect("an answer");
    let scopes: Vec<_> = server.seen().iter().map(|seen| seen.scope()).collect();
    assert_eq!(scopes, ["eu-west-1/s3", "eu-central-1/s3", "eu-central-1/s3"]);
    assert!(server.targets().iter().all(|target| target == "/my-bucket?tagging"), "{:?}", server.targets());
}

#[tokio::test]
async fn a_wrong_region_in_the_signature_leads_to_the_right_one() {
    let malformed = "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-north-1</Region></Error>";
    let server = Server::start(vec![Reply::new(400, malformed), Reply::ok(TAGS)]).await;
    let answer = server.call("s3:GetBucketTagging", json!({"Bucket": "my-bucket"})).await.expect("an answer");
    assert_eq!(answer.region.as_str(), "eu-north-1");
}

#[tokio::test]
async fn endless_redirects_end_with_the_error_of_aws() {
    let replies = ["eu-west-2", "eu-west-3", "eu-west-2", "eu-west-3"].map(moved);
    let server = Server::start(replies.to_vec()).await;
    let error = server.call("s3:GetBucketTagging", json!({"Bucket": "my-bucket"})).await.unwrap_err();
    assert_eq!((error.code(), server.seen().len()), ("PermanentRedirect", 3));
}

#[tokio::test]
async fn a_filter_by_region_is_asked_in_that_region() {
    let server = Server::start(vec![Reply::ok(buckets(&[], None))]).await;
    server.call("s3:ListBuckets", json!({"BucketRegion": "eu-south-1"})).await.expect("an answer");
    assert_eq!(server.seen()[0].scope(), "eu-south-1/s3");
}
