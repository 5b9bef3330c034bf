//! Credentials that a session policy narrows.

use aws_read::ClientSettings;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::s3::buckets;
use crate::server::{Reply, Seen, Server};

const ROLE: &str = "arn:aws:iam::123456789012:role/service/tools";

fn session(id: &str) -> Reply {
    Reply::ok(format!(
        "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>{id}</AccessKeyId><SecretAccessKey>s</\
         SecretAccessKey><SessionToken>t</SessionToken><Expiration>2035-01-01T00:00:00Z</Expiration></Credentials>\
         </AssumeRoleResult></AssumeRoleResponse>"
    ))
}

fn settings(role: Option<&str>) -> ClientSettings {
    ClientSettings { session_policy: true, role: role.map(str::to_owned), ..ClientSettings::default() }
}

fn form(seen: &Seen, name: &str) -> String {
    let mut pairs = seen.body.split('&').filter_map(|pair| pair.split_once('='));
    let value = pairs.find(|(found, _)| *found == name).map(|(_, value)| value).unwrap_or_default();
    percent_decode_str(value).decode_utf8_lossy().into_owned()
}

fn signed_by(seen: &Seen, id: &str) -> bool {
    seen.header("authorization").contains(&format!("Credential={id}/"))
}

#[tokio::test]
async fn calls_are_made_with_a_session_that_allows_the_called_service_alone() {
    let done = || Reply::ok(buckets(&["a"], None));
    let server = Server::with_settings(vec![session("ASIDONE"), done(), done()], settings(Some(ROLE))).await;
    server.call("sts:GetCallerIdentity", json!({})).await.expect_err("the server answers with buckets");
    let seen = server.seen();
    assert!(signed_by(&seen[0], "AKIDEXAMPLE") && signed_by(&seen[1], "ASIDONE"), "{seen:?}");
    assert_eq!((form(&seen[0], "Action").as_str(), form(&seen[0], "RoleArn").as_str()), ("AssumeRole", ROLE));
    assert_eq!((form(&seen[0], "DurationSeconds").as_str(), seen[0].scope().as_str()), ("900", "eu-west-1/sts"));
    let policy: Value = serde_json::from_str(&form(&seen[0], "Policy")).expect("a policy");
    assert_eq!(policy["Statement"][0]["Effect"], "Allow");
    let actions = policy["Statement"][0]["Action"].as_array().expect("actions");
    assert!(actions.iter().all(|action| action.as_str().is_some_and(|action| action.starts_with("sts:"))), "{policy}");
}

#[tokio::test]
async fn a_session_is_kept_for_its_service() {
    let done = || Reply::ok(buckets(&["a"], None));
    let server = Server::with_settings(vec![session("ASIDONE"), done(), done()], settings(Some(ROLE))).await;
    for _ in 0..2 {
        server.call("s3:ListBuckets", json!({})).await.expect("an answer");
    }
    assert_eq!(server.seen().iter().filter(|seen| form(seen, "Action") == "AssumeRole").count(), 1);
}

#[tokio::test]
async fn without_a_configured_role_the_credentials_are_asked_whose_they_are() {
    let identity = "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:sts::123456789012:assumed-role/\
                    tools/function</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>";
    let replies = vec![Reply::ok(identity), session("ASIDONE"), Reply::ok(buckets(&[], None))];
    let server = Server::with_settings(replies, settings(None)).await;
    server.call("s3:ListBuckets", json!({})).await.expect("an answer");
    assert_eq!(form(&server.seen()[1], "RoleArn"), "arn:aws:iam::123456789012:role/tools");
}

#[tokio::test]
async fn a_throttled_session_is_asked_for_again() {
    let slow = "<ErrorResponse><Error><Code>Throttling</Code><Message>slow down</Message></Error></ErrorResponse>";
    let replies = vec![Reply::new(400, slow), session("ASIDONE"), Reply::ok(buckets(&["a"], None))];
    let server = Server::with_settings(replies, settings(Some(ROLE))).await;
    assert_eq!(server.call("s3:ListBuckets", json!({})).await.expect("an answer").items, 1);
}

#[tokio::test]
async fn without_a_session_nothing_is_called() {
    let denied = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not authorized to perform: sts:AssumeRole\
                  </Message></Error></ErrorResponse>";
    let server = Server::with_settings(vec![Reply::new(403, denied)], settings(Some(ROLE))).await;
    let error = server.call("s3:ListBuckets", json!({})).await.unwrap_err();
    assert_eq!((error.code(), error.was_sent()), ("read/credentials", false));
    assert!(error.to_string().contains("sts:AssumeRole: AccessDenied"), "{error}");
    assert_eq!(server.seen().len(), 1);
}
