//! Whose conversations are whose, and which tokens open nothing.

use std::fs;
use std::path::Path;

use aws_credential_types::Credentials;
use serde_json::{Value, json};
use system_tests::{AgentUrl, AwsClient};

use crate::stage::{Stage, says, stage};

const QUESTION: &str = "private: remember this.";

fn scripted() -> Stage {
    let stage = stage();
    stage.control.script("private:", json!([says("Noted.")]));
    stage
}

/// Asks in the conversation and finds it alone in its own list.
#[track_caller]
fn begins(agent: &AgentUrl, conversation: &str) {
    let answer = agent.post("chat", &json!({"message": QUESTION, "conversation_id": conversation}));
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(sees(agent, conversation));
}

#[track_caller]
fn sees(agent: &AgentUrl, conversation: &str) -> bool {
    let listed = agent.get("api/conversations").json();
    let list = listed["conversations"].as_array().unwrap_or_else(|| panic!("no list: {listed}"));
    let is_listed = list.iter().any(|one| one["conversation_id"] == conversation);
    let read = agent.get(&format!("api/conversations/{conversation}"));
    assert_eq!(is_listed, read.status == 200, "{listed} {read:?}");
    is_listed
}

/// For this caller the conversation is not there, whatever is done with it.
#[track_caller]
fn is_kept_from(agent: &AgentUrl, conversation: &str) {
    assert!(!sees(agent, conversation));
    let path = format!("api/conversations/{conversation}");
    let body = json!({"message": QUESTION, "conversation_id": conversation});
    for answer in [
        agent.get(&path),
        agent.delete(&path),
        agent.post(&format!("{path}/clear"), &json!({})),
        agent.post("chat", &body),
        agent.stream(&body),
    ] {
        assert_eq!(answer.status, 404, "{answer:?}");
        assert_eq!(answer.json()["error"]["code"], "conversation/not-found");
    }
}

#[test]
fn people_and_the_tokenless_stay_apart() {
    let stage = scripted();
    let (ada, bob, nobody) = (stage.person("apart-ada"), stage.person("apart-bob"), stage.agent.without_token());
    for (number, owner) in [&ada, &bob, &nobody].into_iter().enumerate() {
        begins(owner, &format!("apart-{number}"));
    }
    for (number, others) in [[&bob, &nobody], [&ada, &nobody], [&ada, &bob]].into_iter().enumerate() {
        others.into_iter().for_each(|other| is_kept_from(other, &format!("apart-{number}")));
    }
    let again = stage.person("apart-ada");
    assert!(sees(&again, "apart-0"), "another token of the same person");
    assert_eq!(bob.delete("api/conversations?confirm=true").json()["deleted_count"], 1);
    assert!(sees(&ada, "apart-0") && sees(&nobody, "apart-2"), "only Bob's own are deleted");
}

#[test]
fn a_person_is_another_through_another_iam_user() {
    let stage = scripted();
    let token = stage.issuer.log_in("through@example.com");
    let other = stage.agent.signed_by(user(&stage.place.aws(), "colleague"));
    begins(&stage.agent.with_token(&token), "through-root");
    is_kept_from(&other.with_token(&token), "through-root");
    begins(&stage.agent, "alone-root");
    is_kept_from(&other, "alone-root");
}

#[test]
fn a_role_is_the_same_under_every_session_name() {
    let stage = scripted();
    let token = stage.issuer.log_in("rotating@example.com");
    let aws = stage.place.aws();
    let (first, second) = (session(&aws, "operators", "monday"), session(&aws, "operators", "tuesday"));
    let another = session(&aws, "auditors", "monday");
    begins(&stage.agent.signed_by(first.clone()).with_token(&token), "rotating-talk");
    assert!(sees(&stage.agent.signed_by(second.clone()).with_token(&token), "rotating-talk"));
    is_kept_from(&stage.agent.signed_by(another).with_token(&token), "rotating-talk");
    begins(&stage.agent.signed_by(first), "rotating-alone");
    assert!(sees(&stage.agent.signed_by(second), "rotating-alone"));
}

#[test]
fn tokens_that_are_not_good_are_refused_before_anybody_is_asked() {
    let stage = scripted();
    // It would be met by any call to the gateway.
    let fault = json!([{"service": "gateway", "do": {"status": 500, "code": ""}}]);
    stage.control.faults(fault);
    let good = stage.issuer.with_claims(&json!({}), 600);
    let refused = "private: asked with a bad token";
    for (what, token, code) in bad_tokens(&stage, &good) {
        let agent = stage.agent.with_token(&token);
        let body = json!({"message": refused});
        for answer in [
            agent.post("chat", &body),
            agent.stream(&body),
            agent.get("api/conversations"),
            agent.get("api/conversations/some-talk"),
            agent.delete("api/conversations?confirm=true"),
            agent.delete("api/conversations/some-talk"),
            agent.post("api/conversations/some-talk/clear", &json!({})),
            agent.post("api/tools/fetch", &json!({})),
            stage.agent.post("chat", &json!({"message": refused, "okta_token": token})),
        ] {
            assert_eq!(answer.status, 401, "{what}: {answer:?}");
            assert_eq!(answer.json()["error"]["code"], code, "{what}");
            assert!(!answer.body.contains(&token), "{what}: the token is in the answer");
        }
    }
    assert_eq!(stage.control.struck(), 0, "the gateway was asked");
    assert_eq!(stage.control.model_requests(refused).len(), 0, "the model was asked");
    stage.control.faults(json!([]));
    let answer = stage.agent.with_token(&good).post("chat", &json!({"message": QUESTION}));
    assert_eq!(answer.status, 200, "the same token with nothing wrong is accepted: {answer:?}");
}

fn bad_tokens(stage: &Stage, good: &str) -> Vec<(&'static str, String, &'static str)> {
    let wrong = |claims: Value| stage.issuer.with_claims(&claims, 600);
    vec![
        ("expired", stage.issuer.with_claims(&json!({}), -600), "token/expired"),
        ("not yet good", wrong(json!({"nbf": 4_102_444_800_u64})), "token/refused"),
        ("another issuer", wrong(json!({"iss": "https://evil.example/oauth2/default"})), "token/refused"),
        ("another audience", wrong(json!({"aud": "api://other"})), "token/refused"),
        ("no subject", wrong(json!({"sub": null})), "token/refused"),
        ("alg none", stage.issuer.unsigned(), "token/refused"),
        ("a secret's signature", stage.issuer.signed_with_a_secret(), "token/refused"),
        ("another token's signature", stage.issuer.with_another_signature(), "token/refused"),
        ("a longer signature", format!("{good}A"), "token/refused"),
        ("no token at all", "hello".into(), "token/refused"),
    ]
}

#[test]
fn no_token_is_left_in_any_file_of_the_platform() {
    let stage = scripted();
    let (good, expired) = (stage.issuer.log_in("secret@example.com"), stage.issuer.with_claims(&json!({}), -600));
    let ada = stage.agent.with_token(&good);
    ada.ask("secret-talk", QUESTION);
    ada.ask("secret-talk", "What time is it?");
    ada.post("api/tools/fetch", &json!({}));
    stage.agent.post("chat", &json!({"message": QUESTION, "okta_token": good}));
    stage.control.faults(json!([{"service": "gateway", "operation": "tools/call", "do": {"status": 401, "code": ""}}]));
    ada.stream(&json!({"message": "What time is it?"}));
    stage.agent.with_token(&expired).get("api/conversations");
    stage.agent.with_token(&format!("{good}A")).get("api/conversations");
    for token in [good, expired] {
        let signature = token.rsplit('.').next().expect("three parts");
        let found = files_with(&stage.place.state(), signature.as_bytes());
        assert!(found.is_empty(), "a token is in {found:?}");
    }
}

/// Files below a folder that hold these bytes.
fn files_with(folder: &Path, bytes: &[u8]) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder can be read").flatten() {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => found.extend(files_with(&path, bytes)),
            Ok(kind) if kind.is_file() => {
                let content = fs::read(&path).unwrap_or_default();
                found.extend(content.windows(bytes.len()).any(|window| window == bytes).then_some(path));
            }
            _ => {}
        }
    }
    found
}

/// A new IAM user that may call the function URL.
pub fn user(aws: &AwsClient, name: &str) -> Credentials {
    aws.call("iam", "create_user", json!({"UserName": name}));
    aws.call("iam", "put_user_policy", json!({"UserName": name, "PolicyName": "ask", "PolicyDocument": policy()}));
    let key = aws.call("iam", "create_access_key", json!({"UserName": name}))["AccessKey"].take();
    credentials(&key)
}

/// A session of a role that may call the function URL; the role is made where it is not there.
fn session(aws: &AwsClient, role: &str, name: &str) -> Credentials {
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}}]});
    let made = json!({"RoleName": role, "AssumeRolePolicyDocument": trust.to_string()});
    if aws.try_call("iam", "create_role", made).is_ok() {
        aws.call("iam", "put_role_policy", json!({"RoleName": role, "PolicyName": "ask", "PolicyDocument": policy()}));
    }
    let arn = format!("arn:aws:iam::000000000000:role/{role}");
    let mut answer = aws.call("sts", "assume_role", json!({"RoleArn": arn, "RoleSessionName": name}));
    credentials(&answer["Credentials"].take())
}

fn policy() -> String {
    let actions = ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"];
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}).to_string()
}

fn credentials(key: &Value) -> Credentials {
    let text = |name: &str| key[name].as_str().map(str::to_owned);
    let expect = |name: &str| text(name).unwrap_or_else(|| panic!("no {name}"));
    Credentials::new(expect("AccessKeyId"), expect("SecretAccessKey"), text("SessionToken"), None, "test")
}
