//! `chat serve`: what the local server answers, to whom, and what it passes on.

use std::{process::Stdio, sync::Arc, time::Duration};

use contract::chat::ChatEvent;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    sync::Semaphore,
    time::timeout,
};
use url::Url;

use crate::{
    agent::{Piece, Reply, TestAgent, done, noon, piece, text},
    client::{Home, connection},
    issuer::TestIssuer,
};

const TOKEN: &str = "eyJ-the-users-token";
const KEY_HEADER: &str = "x-chat-key";
const DEADLINE: Duration = Duration::from_secs(30);

/// A running `chat serve` in front of an agent with these replies.
struct Served {
    agent: TestAgent,
    home: Home,
    child: Child,
    address: Url,
    http: Client,
    _issuer: TestIssuer,
}

impl Served {
    async fn start(replies: Vec<Reply>) -> Self {
        Self::start_as(replies, &["serve", "--no-open"], |_, _| {}).await
    }

    async fn start_as(replies: Vec<Reply>, words: &[&str], change: impl FnOnce(&Home, &mut Command)) -> Self {
        let (agent, issuer) = (TestAgent::start(replies).await, TestIssuer::start().await);
        let home = Home::with(&connection(&agent, &issuer));
        let token = home.file("token", TOKEN);
        let mut command = home.command(&["--env", "local", "--token-file", token.to_str().unwrap()]);
        command.args(words).stderr(Stdio::inherit());
        change(&home, &mut command);
        let mut child = command.spawn().unwrap();
        let address = first_line(&mut child).await.parse().unwrap();
        // The address is on loopback, so the client needs no certificates.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = Client::builder().no_proxy().build().unwrap();
        Self { agent, home, child, address, http, _issuer: issuer }
    }

    fn key(&self) -> &str {
        self.address.fragment().unwrap()
    }

    fn origin(&self) -> String {
        self.address.origin().ascii_serialization()
    }

    /// Without key and origin.
    fn plain(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, self.address.join(path).unwrap())
    }

    /// As the page asks.
    fn page(&self, method: Method, path: &str) -> RequestBuilder {
        self.plain(method, path).header(KEY_HEADER, self.key()).header("origin", self.origin())
    }

    async fn json(&self, method: Method, path: &str) -> Value {
        let response = self.page(method, path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.json().await.unwrap()
    }
}

async fn first_line(child: &mut Child) -> String {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    timeout(DEADLINE, lines.next_line()).await.unwrap().unwrap().unwrap()
}

async fn refused(request: RequestBuilder) -> (u16, String) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    (status, body["error"]["code"].as_str().unwrap().to_owned())
}

/// Reads the stream until it holds this text.
async fn read_until(response: &mut Response, mark: &str) -> String {
    let mut seen = String::new();
    while !seen.contains(mark) {
        let chunk = timeout(DEADLINE, response.chunk()).await.unwrap().unwrap();
        let chunk = chunk.unwrap_or_else(|| panic!("`{mark}` never came: {seen}"));
        seen.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    seen
}

#[tokio::test]
async fn the_page_is_there_for_all_and_holds_no_secret() {
    let served = Served::start(Vec::new()).await;
    for path in ["/", "/main.js", "/style.css", "/icon.svg"] {
        let response = served.plain(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let text = response.text().await.unwrap();
        assert!(!text.contains(served.key()) && !text.contains(TOKEN), "{path}");
    }
    assert_eq!(refused(served.plain(Method::GET, "/../token")).await, (404, "serve/not-found".into()));
}

#[tokio::test]
async fn every_answer_carries_the_headers() {
    let served = Served::start(Vec::new()).await;
    let requests = [
        served.plain(Method::GET, "/"),
        served.plain(Method::GET, "/nothing"),
        served.page(Method::GET, "/api/session"),
        served.plain(Method::GET, "/api/session"),
        served.plain(Method::GET, "/").header("host", "rebound.example"),
    ];
    for request in requests {
        let response = request.send().await.unwrap();
        let header = |name: &str| response.headers()[name].to_str().unwrap();
        let policy = header("content-security-policy");
        for rule in ["default-src 'none'", "script-src 'self';", "frame-ancestors 'none'", "base-uri 'none'"] {
            assert!(policy.contains(rule), "{policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert_eq!(header("cache-control"), "no-store");
        assert!(!response.headers().keys().any(|name| name.as_str().starts_with("access-control-")));
    }
}

#[tokio::test]
async fn the_api_wants_the_key() {
    let served = Served::start(Vec::new()).await;
    let (start, last) = served.key().split_at(served.key().len() - 1);
    let almost = format!("{start}{}", if last == "A" { "B" } else { "A" });
    for path in ["/api/session", "/api/health", "/api/tools", "/api/conversations", "/api/conversations/c1"] {
        assert_eq!(refused(served.plain(Method::GET, path)).await, (401, "serve/key".into()));
    }
    for key in ["", TOKEN, &almost] {
        let asked = served.plain(Method::POST, "/api/ask").header("origin", served.origin()).header(KEY_HEADER, key);
        assert_eq!(refused(asked.json(&json!({"message": "hi"}))).await, (401, "serve/key".into()));
    }
    assert!(served.agent.seen().is_empty());
}

#[tokio::test]
async fn other_hosts_and_other_pages_are_refused() {
    let served = Served::start(Vec::new()).await;
    let port = served.address.port().unwrap();
    for host in ["rebound.example".into(), format!("rebound.example:{port}"), "127.0.0.1:1".into()] {
        let request = served.page(Method::GET, "/api/session").header("host", &host);
        assert_eq!(refused(request).await, (421, "serve/host".into()), "{host}");
    }
    for method in [Method::POST, Method::DELETE] {
        let foreign = served.plain(method.clone(), "/api/conversations/c1").header(KEY_HEADER, served.key());
        assert_eq!(refused(foreign.header("origin", "http://evil.example")).await, (403, "serve/origin".into()));
        let none = served.plain(method, "/api/conversations/c1").header(KEY_HEADER, served.key());
        assert_eq!(refused(none).await, (403, "serve/origin".into()));
    }
    assert!(served.agent.seen().is_empty());
}

#[tokio::test]
async fn an_answer_passes_while_it_is_being_written() {
    let hold = Arc::new(Semaphore::new(0));
    let mut pieces = vec![piece(&ChatEvent::Started { conversation_id: "c1".into() }), piece(&text("It is "))];
    pieces.extend([Piece::Hold(hold.clone()), piece(&text("noon.")), piece(&done())]);
    let served = Served::start(vec![Reply::pieces(pieces)]).await;
    let question = json!({"message": "What time is it?", "temperature": 0.2, "max_tokens": 50, "use_tools": false});
    let mut response = served.page(Method::POST, "/api/ask").json(&question).send().await.unwrap();
    let begun = read_until(&mut response, "It is ").await;
    assert!(begun.contains("event: started\ndata: ") && !begun.contains("noon"), "{begun}");
    hold.add_permits(1);
    let rest = read_until(&mut response, "\"end_turn\"").await;
    assert!(rest.contains("noon.") && !rest.contains(TOKEN), "{rest}");
    let asked = &served.agent.seen()[0];
    assert_eq!(asked.header("x-okta-token"), TOKEN);
    assert_eq!(asked.json()["message"], "What time is it?");
    assert_eq!((&asked.json()["max_tokens"], &asked.json()["use_tools"]), (&json!(50), &json!(false)));
}

#[tokio::test]
async fn a_page_that_goes_away_ends_the_answer() {
    let hold = Arc::new(Semaphore::new(0));
    let pieces = vec![piece(&text("It is ")), Piece::Hold(hold.clone()), piece(&done())];
    let served = Served::start(vec![Reply::pieces(pieces)]).await;
    let request = served.page(Method::POST, "/api/ask").json(&json!({"message": "hi"}));
    let mut response = request.send().await.unwrap();
    read_until(&mut response, "It is ").await;
    assert!(Arc::strong_count(&hold) > 1, "the agent still holds the answer");
    drop(response);
    let gone = async {
        while Arc::strong_count(&hold) > 1 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(DEADLINE, gone).await.expect("the agent's connection is closed");
}

#[tokio::test]
async fn a_broken_stream_ends_with_an_error_event() {
    let hold = Arc::new(Semaphore::new(0));
    let pieces = vec![piece(&text("It is ")), Piece::Hold(hold.clone()), Piece::Break];
    let served = Served::start(vec![Reply::pieces(pieces)]).await;
    let request = served.page(Method::POST, "/api/ask").json(&json!({"message": "hi"}));
    let mut response = request.send().await.unwrap();
    read_until(&mut response, "It is ").await;
    hold.add_permits(1);
    let text = response.text().await.unwrap();
    assert!(text.contains("event: error\n") && text.contains("agent/stream-cut"), "{text}");
}

#[tokio::test]
async fn the_agents_refusal_keeps_its_form() {
    let error = json!({"error": {"code": "request/invalid", "message": "too long", "hint": "say less"}});
    let served = Served::start(vec![Reply::json(400, error)]).await;
    let response = served.page(Method::POST, "/api/ask").json(&json!({"message": "hi"})).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_GATEWAY);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"]["code"], "request/invalid");
    assert_eq!(body["error"]["hint"], "say less");
}

#[tokio::test]
async fn a_question_with_a_token_of_the_page_is_refused() {
    let served = Served::start(Vec::new()).await;
    for question in [json!({"message": "hi", "okta_token": "x"}), json!([]), json!({"message": 1})] {
        let request = served.page(Method::POST, "/api/ask").json(&question);
        assert_eq!(refused(request).await, (400, "request/invalid".into()));
    }
    assert!(served.agent.seen().is_empty());
}

#[tokio::test]
async fn approvals_are_passed_on() {
    let served = Served::start(vec![Reply::events(&noon())]).await;
    let word = json!({"conversation_id": "c1", "approvals": [{"id": "t1", "approved": true}]});
    let answer = served.page(Method::POST, "/api/ask").json(&word).send().await.unwrap().text().await.unwrap();
    assert!(answer.contains("noon."), "{answer}");
    assert_eq!(served.agent.seen()[0].json(), word);
}

#[tokio::test]
async fn lists_are_read_page_by_page_and_conversations_removed() {
    let page = json!({"conversations": [], "count": 0, "next_cursor": "next&one"});
    let history = json!({"conversation_id": "c1", "history": [], "metadata": {}, "message_count": 0, "earlier": 7});
    let deleted = json!({"message": "deleted"});
    let replies = [page.clone(), page, history.clone(), history, deleted.clone(), deleted];
    let served = Served::start(replies.into_iter().map(|body| Reply::json(200, body)).collect()).await;
    assert_eq!(served.json(Method::GET, "/api/conversations").await["next_cursor"], "next&one");
    served.json(Method::GET, "/api/conversations?cursor=next%26one").await;
    assert_eq!(served.json(Method::GET, "/api/conversations/c1").await["earlier"], 7);
    served.json(Method::GET, "/api/conversations/c1?before=7").await;
    served.json(Method::POST, "/api/conversations/c1/clear").await;
    assert_eq!(served.json(Method::DELETE, "/api/conversations/c1").await["message"], "deleted");
    let below = |path: &str| path.trim_start_matches("/_aws/lambda-url/abc/api/conversations").to_owned();
    let asked =
        served.agent.seen().into_iter().map(|seen| format!("{} {}?{}", seen.method, below(&seen.path), seen.query));
    let asked: Vec<_> = asked.collect();
    let pages = ["GET ?", "GET ?cursor=next%26one", "GET /c1?", "GET /c1?before=7"];
    assert_eq!(asked, [&pages[..], &["POST /c1/clear?", "DELETE /c1?"]].concat());
}

#[tokio::test]
async fn the_session_names_the_environment_and_no_secret() {
    let served = Served::start_as(Vec::new(), &["--conversation", "c7", "serve", "--no-open"], |_, _| {}).await;
    let session = served.json(Method::GET, "/api/session").await;
    assert_eq!((&session["environment"], &session["conversation"]), (&json!("local"), &json!("c7")));
    assert_eq!(session["logged_in"], true);
    assert!(!session.to_string().contains(TOKEN), "{session}");
}

/// A stand-in for the browser writes down what it was started with.
#[tokio::test]
async fn the_browser_is_given_a_ticket_that_opens_once() {
    let served = Served::start_as(Vec::new(), &["serve"], |home, command| {
        let visited = home.state().with_file_name("visited");
        let script = home.file("browser", &format!("#!/bin/sh\nprintf %s \"$1\" > {}\n", visited.display()));
        std::fs::create_dir_all(visited.parent().unwrap()).unwrap();
        std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        command.env("BROWSER", &script);
    })
    .await;
    let visited = served.home.state().with_file_name("visited");
    let written = async {
        loop {
            match std::fs::read_to_string(&visited) {
                Ok(text) if text.contains('#') => break text,
                _ => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    };
    let address: Url = timeout(DEADLINE, written).await.expect("a browser is opened").parse().unwrap();
    let ticket = address.fragment().unwrap();
    assert_ne!(ticket, served.key(), "the key is no argument of a program");
    let with_ticket =
        |path| served.plain(Method::POST, path).header("origin", served.origin()).header(KEY_HEADER, ticket);
    assert_eq!(refused(with_ticket("/api/ask")).await, (401, "serve/key".into()));
    let opened: Value = with_ticket("/api/open").send().await.unwrap().json().await.unwrap();
    assert_eq!(opened["key"], served.key());
    assert_eq!(refused(with_ticket("/api/open")).await, (401, "serve/key".into()));
}

#[tokio::test]
async fn it_listens_on_loopback_alone_and_ctrl_c_ends_it() {
    let mut served = Served::start(Vec::new()).await;
    assert_eq!(served.address.host_str(), Some("127.0.0.1"));
    let id = Pid::from_raw(served.child.id().unwrap().try_into().unwrap());
    kill(id, Signal::SIGINT).unwrap();
    let status = timeout(DEADLINE, served.child.wait()).await.unwrap().unwrap();
    assert_eq!(status.code(), Some(0));
    assert!(served.plain(Method::GET, "/").send().await.is_err());
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let home = Home::empty();
    let words = ["--url", "http://127.0.0.1:1/", "serve", "--no-open", "--port", &port];
    let ran = home.run(&words).await;
    assert_eq!(ran.status, 1);
    assert!(ran.remarks.contains("error[serve/port]") && ran.remarks.contains(&port), "{ran:?}");
}
