//! What goes wrong, and how it is said.

use std::sync::Arc;

use contract::{ErrorBody, chat::ChatEvent};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::json;
use tokio::{io::AsyncReadExt, sync::Semaphore};

use crate::{
    agent::{Piece, Reply, TestAgent, noon, piece, text},
    client::{Home, Ran, connection, finish},
    issuer::TestIssuer,
};

struct Asked {
    ran: Ran,
    requests: usize,
    issuer: TestIssuer,
}

/// Asks an agent that gives these replies.
async fn ask(replies: Vec<Reply>, options: &[&str]) -> Asked {
    let (issuer, agent) = (TestIssuer::start().await, TestAgent::start(replies).await);
    let words = [&["--env", "local", "time?"], options].concat();
    let ran = Home::with(&connection(&agent, &issuer)).run(&words).await;
    Asked { ran, requests: agent.seen().len(), issuer }
}

#[tokio::test]
async fn an_error_event_keeps_the_text_and_ends_with_1() {
    let error = ErrorBody::new("model/throttled", "too many requests").with_hint("wait").error;
    let events = [text("It is"), ChatEvent::Error { error }];
    let ran = ask(vec![Reply::events(&events)], &[]).await.ran;
    assert_eq!((ran.status, ran.output.as_str()), (1, "It is\n"));
    assert!(ran.remarks.contains("error[model/throttled]: answer the question: too many requests\n  hint: wait"));

    let document = ask(vec![Reply::events(&events)], &["--json"]).await.ran.json();
    assert_eq!((&document["answer"], &document["error"]["code"]), (&"It is".into(), &"model/throttled".into()));
}

#[tokio::test]
async fn an_answer_that_ends_early_is_a_failure_and_is_not_asked_again() {
    let pieces = vec![piece(&text("It is"))];
    let asked = ask(vec![Reply::pieces(pieces), Reply::events(&noon())], &[]).await;
    assert_eq!((asked.ran.status, asked.requests), (1, 1), "{:?}", asked.ran);
    assert!(asked.ran.remarks.contains("error[agent/stream-cut]"), "{:?}", asked.ran);
    assert_eq!(asked.ran.output, "It is\n");
}

#[tokio::test]
async fn a_connection_that_breaks_in_mid_answer_is_a_failure_and_is_not_asked_again() {
    let permits = Arc::new(Semaphore::new(0));
    let pieces = vec![piece(&text("It is")), Piece::Hold(permits.clone()), Piece::Break];
    let replies = vec![Reply::pieces(pieces), Reply::events(&noon())];
    let (issuer, agent) = (TestIssuer::start().await, TestAgent::start(replies).await);
    let home = Home::with(&connection(&agent, &issuer));
    let mut child = home.command(&["--env", "local", "time?"]).spawn().unwrap();
    child.stdout.as_mut().unwrap().read_exact(&mut [0; 5]).await.unwrap();
    permits.add_permits(1);
    let output = child.wait_with_output().await.unwrap();
    assert_eq!((output.status.code(), agent.seen().len()), (Some(1), 1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("error[agent/stream-cut]"), "{output:?}");
}

#[tokio::test]
async fn a_question_that_may_have_arrived_is_not_asked_again() {
    let asked = ask(vec![Reply::pieces(vec![Piece::Break]), Reply::events(&noon())], &[]).await;
    assert_eq!((asked.ran.status, asked.requests), (1, 1), "{:?}", asked.ran);
    assert!(asked.ran.remarks.contains("error[agent/unreachable]"), "{:?}", asked.ran);
}

#[tokio::test]
async fn a_busy_agent_is_asked_again_before_the_first_byte() {
    let busy = |status| Reply::json(status, json!({"message": "busy"}));
    let asked = ask(vec![busy(503), busy(429), busy(502), Reply::events(&noon())], &[]).await;
    assert_eq!((asked.ran.status, asked.requests), (0, 4), "{:?}", asked.ran);
    assert!(asked.ran.remarks.contains("trying again"), "{:?}", asked.ran);

    let asked = ask(vec![busy(503), busy(503), busy(503), busy(503), Reply::events(&noon())], &[]).await;
    assert_eq!((asked.ran.status, asked.requests), (1, 4), "{:?}", asked.ran);
    assert!(asked.ran.remarks.contains("error[agent/unavailable]"), "{:?}", asked.ran);
}

#[tokio::test]
async fn a_refused_token_is_refreshed_once() {
    let refused = || Reply::json(401, json!({"error": {"code": "token/expired", "message": "the token has expired"}}));
    let asked = ask(vec![refused(), Reply::events(&noon())], &[]).await;
    assert_eq!((asked.ran.status, asked.requests), (0, 2), "{:?}", asked.ran);
    assert_eq!(asked.issuer.ledger().refreshes, 1);

    let asked = ask(vec![refused(), refused(), Reply::events(&noon())], &[]).await;
    assert_eq!((asked.ran.status, asked.requests), (1, 2), "{:?}", asked.ran);
    assert!(asked.ran.remarks.contains("error[token/expired]"), "{:?}", asked.ran);
    assert!(asked.ran.remarks.contains("chat --env local login"), "{:?}", asked.ran);
}

#[tokio::test]
async fn a_given_token_is_not_replaced_by_a_login() {
    let (issuer, agent) =
        (TestIssuer::start().await, TestAgent::start(vec![Reply::json(401, json!({"message": "no"}))]).await);
    let home = Home::with(&connection(&agent, &issuer));
    let file = home.file("token", "given-secret\n");
    let ran = home.run(&["--env", "local", "--token-file", file.to_str().unwrap(), "time?"]).await;
    assert_eq!((ran.status, agent.seen().len()), (1, 1), "{ran:?}");
    assert!(ran.remarks.contains("error[token/rejected]") && !ran.remarks.contains("given-secret"), "{ran:?}");
    assert_eq!(agent.seen()[0].header("x-okta-token"), "given-secret");
    assert_eq!(issuer.ledger().logins, 0);
}

#[tokio::test]
async fn a_call_that_needs_a_token_says_so_when_none_may_be_sent() {
    let error = json!({"error": {"code": "gateway/unauthorized", "message": "no token", "hint": "log in again"}});
    let (issuer, agent) = (TestIssuer::start().await, TestAgent::start(vec![Reply::json(401, error)]).await);
    let ran = Home::with(&connection(&agent, &issuer)).run(&["--env", "local", "--no-token", "tools"]).await;
    assert!(ran.remarks.contains("leave --no-token out") && !ran.remarks.contains("log in again"), "{ran:?}");
}

#[tokio::test]
async fn a_labelled_end_still_names_the_conversation() {
    let error = ErrorBody::new("answer/token-limit", "the answer reached its token limit").error;
    let started = ChatEvent::Started { conversation_id: "c1".into() };
    let ran = ask(vec![Reply::events(&[started, text("It is"), ChatEvent::Error { error }])], &[]).await.ran;
    let (error, figures) = (ran.remarks.find("error[answer/token-limit]"), ran.remarks.find("conversation c1"));
    assert!(ran.status == 1 && error.is_some() && error < figures, "{ran:?}");
}

#[tokio::test]
async fn a_reader_that_leaves_is_no_error_to_talk_about() {
    let (issuer, agent) = (TestIssuer::start().await, TestAgent::start(vec![Reply::events(&noon())]).await);
    let home = Home::with(&connection(&agent, &issuer));
    let mut child = home.command(&["--env", "local", "time?"]).spawn().unwrap();
    drop(child.stdout.take());
    let ran = finish(child.wait_with_output().await.unwrap());
    assert!(ran.status == 1 && !ran.remarks.contains("error["), "{ran:?}");
}

#[tokio::test]
async fn an_address_that_is_none_is_named_before_anything_else() {
    let home = Home::empty();
    let half = home.run(&["--url", "abc.lambda-url.eu-west-1.on.aws", "hi"]).await;
    assert!(half.remarks.contains("error[connection/malformed]") && half.remarks.contains("https://"), "{half:?}");
    let other = home.run(&["--url", "ftp://example.com/", "hi"]).await;
    assert!(other.remarks.contains("it is neither https nor loopback"), "{other:?}");
}

#[tokio::test]
async fn a_403_names_the_missing_permissions_and_is_not_asked_again() {
    let asked = ask(vec![Reply::json(403, json!({"Message": "Forbidden"}))], &[]).await;
    assert_eq!((asked.ran.status, asked.requests), (1, 1));
    let remarks = asked.ran.remarks;
    assert!(remarks.contains("error[aws/denied]"), "{remarks}");
    assert!(remarks.contains("lambda:InvokeFunctionUrl") && remarks.contains("lambda:InvokeFunction "), "{remarks}");
}

#[tokio::test]
async fn ctrl_c_ends_with_130_and_closes_the_stream() {
    let permits = Arc::new(Semaphore::new(0));
    let pieces = vec![piece(&text("It is ")), Piece::Hold(permits)];
    let (issuer, agent) = (TestIssuer::start().await, TestAgent::start(vec![Reply::pieces(pieces)]).await);
    let home = Home::with(&connection(&agent, &issuer));
    let mut child = home.command(&["--env", "local", "time?"]).spawn().unwrap();
    child.stdout.as_mut().unwrap().read_exact(&mut [0; 6]).await.unwrap();
    kill(Pid::from_raw(child.id().unwrap().cast_signed()), Signal::SIGINT).unwrap();
    assert_eq!(child.wait().await.unwrap().code(), Some(130));
}

#[tokio::test]
async fn a_missing_environment_names_the_command_that_makes_it() {
    let ran = Home::empty().run(&["--env", "nowhere", "--json", "hi"]).await;
    assert_eq!(ran.status, 1);
    assert!(ran.remarks.contains("deployer up --env nowhere"), "{ran:?}");
    assert_eq!(ran.json()["error"]["code"], "connection/missing");
}

#[tokio::test]
async fn nobody_there_means_login_required() {
    let (issuer, agent) = (TestIssuer::start().await, TestAgent::start(vec![]).await);
    let mut remote = connection(&agent, &issuer);
    remote.local = false;
    let ran = Home::with(&remote).run(&["--env", "local", "time?"]).await;
    assert_eq!((ran.status, agent.seen().len()), (1, 0), "{ran:?}");
    assert!(ran.remarks.contains("error[login/required]") && ran.remarks.contains("chat --env local login"), "{ran:?}");
}

#[tokio::test]
async fn wrong_usage_ends_with_1_and_help_with_0() {
    let home = Home::empty();
    assert_eq!(home.run(&["--evn", "local"]).await.status, 1);
    let help = home.run(&["--help"]).await;
    assert_eq!(help.status, 0);
    assert!(help.output.contains("List my S3 buckets") && !help.output.contains("--token <"), "{help:?}");
    let refused = home.run(&["--env", "local", "--token", "argv-secret", "hi"]).await;
    assert!(refused.status == 1 && refused.remarks.contains("--token-file"), "{refused:?}");
    assert!(!refused.remarks.contains("argv-secret"), "{refused:?}");
}

#[tokio::test]
async fn an_unreachable_agent_is_named() {
    let issuer = TestIssuer::start().await;
    let gone = TestAgent::start(vec![]).await;
    let mut connection = connection(&gone, &issuer);
    // Port 9 of loopback answers nobody; a freed port might be taken again.
    connection.function_url = "http://127.0.0.1:9/".into();
    let ran = Home::with(&connection).run(&["--env", "local", "time?"]).await;
    assert_eq!(ran.status, 1);
    assert!(ran.remarks.contains("error[agent/unreachable]: ask the agent at http://127.0.0.1:9/"), "{ran:?}");
}
