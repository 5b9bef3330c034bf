//! The MCP client against a small gateway, in every version that AgentCore documents.

use std::time::Duration;

use serde_json::{Map, json};
use time::OffsetDateTime;

use super::super::mcp_server::{NEXT_PAGE, OTHER_TOKEN, Refusal, STATELESS, TOKEN, Trouble, serve, serve_versions};
use super::*;
use crate::failure::Code;
use crate::gateway::{ToolCache, ToolOutput};

const LEGACY: [&str; 3] = ["2025-03-26", "2025-06-18", "2025-11-25"];

const DISCOVERY: [&str; 1] = ["server/discover"];
const HANDSHAKE: [&str; 2] = ["initialize", "notifications/initialized"];
const LISTING: [&str; 2] = ["tools/list", "tools/list"];

fn gateway(url: &Url) -> McpGateway {
    crate::clients::install_tls_provider();
    let configuration = GatewayConfiguration { url: url.clone(), attempts: 2, call_deadline: Duration::from_secs(60) };
    McpGateway::new(configuration).unwrap()
}

fn token(text: &str) -> Token {
    Token::parse(text).unwrap().unwrap()
}

async fn connect(gateway: &McpGateway) -> Result<Box<dyn ToolSession>, Failure> {
    gateway.connect(&token(TOKEN), &TraceContext::default(), None).await
}

async fn connect_with(gateway: &McpGateway, text: &str, kept: Option<KeptTools>) -> Result<(), Failure> {
    gateway.connect(&token(text), &TraceContext::default(), kept).await.map(drop)
}

async fn echo(session: &dyn ToolSession) -> Result<ToolOutput, Failure> {
    session.call("aws___echo", Map::from_iter([("query".to_owned(), json!("x"))])).await
}

fn kept() -> Option<KeptTools> {
    let tool = ListedTool { name: "aws___echo".into(), description: "".into(), input_schema: json!({}) };
    Some(KeptTools::from([tool]))
}

fn echoed() -> ToolOutput {
    ToolOutput { success: true, text: "{\"query\":\"x\"}".into() }
}

#[tokio::test]
async fn tools_are_listed_and_called_in_every_documented_version() {
    for version in [LEGACY.as_slice(), &[STATELESS]].concat() {
        for refusal in [Refusal::MethodNotFound, Refusal::BadRequest, Refusal::Unsupported, Refusal::Html] {
            let served = serve_versions(&[version], refusal).await;
            let session = connect(&gateway(&served.url)).await.unwrap();
            let names: Vec<_> = session.tools().iter().map(|tool| tool.name.as_str()).collect();
            assert_eq!(names, ["aws___get_time", "aws___echo"], "{version} {refusal:?}");
            assert_eq!(echo(session.as_ref()).await, Ok(echoed()), "{version} {refusal:?}");
        }
    }
}

#[tokio::test]
async fn of_several_versions_the_newest_is_spoken() {
    let served = serve().await;
    connect(&gateway(&served.url)).await.unwrap();
    assert_eq!(served.methods(), [DISCOVERY.as_slice(), &LISTING].concat());
    let served = serve_versions(&LEGACY, Refusal::Unsupported).await;
    connect(&gateway(&served.url)).await.unwrap();
    assert_eq!(served.asked().last().unwrap().headers["mcp-protocol-version"], "2025-11-25");
}

#[tokio::test]
async fn a_version_is_found_once_and_remembered() {
    let served = serve_versions(&["2025-06-18"], Refusal::MethodNotFound).await;
    let gateway = gateway(&served.url);
    connect_with(&gateway, TOKEN, kept()).await.unwrap();
    connect_with(&gateway, TOKEN, kept()).await.unwrap();
    assert_eq!(served.methods(), [DISCOVERY.as_slice(), &HANDSHAKE, &HANDSHAKE].concat());
    assert_eq!(served.asked().last().unwrap().headers["mcp-protocol-version"], "2025-06-18");
}

#[tokio::test]
async fn a_version_that_is_no_longer_accepted_is_given_up() {
    let old = serve_versions(&["2025-03-26"], Refusal::Unsupported).await;
    let gateway = gateway(&old.url);
    connect_with(&gateway, TOKEN, kept()).await.unwrap();
    let new = serve_versions(&[STATELESS], Refusal::Unsupported).await;
    let moved =
        McpGateway { configuration: GatewayConfiguration { url: new.url.clone(), ..gateway.configuration }, ..gateway };
    connect_with(&moved, TOKEN, kept()).await.unwrap();
    assert_eq!(new.methods(), ["initialize", "server/discover"]);
}

#[tokio::test]
async fn an_unknown_version_is_not_spoken() {
    let served = serve_versions(&["2024-11-05"], Refusal::MethodNotFound).await;
    let failure = connect(&gateway(&served.url)).await.err().expect("no common version");
    assert_eq!(failure.code, Code::GatewayUnavailable);
    assert!(failure.message.contains("no version of MCP"), "{failure}");
}

#[tokio::test]
async fn with_kept_tools_nothing_is_listed() {
    let served = serve().await;
    let gateway = gateway(&served.url);
    let session = gateway.connect(&token(TOKEN), &TraceContext::default(), kept()).await.unwrap();
    assert_eq!(session.tools()[0].name, "aws___echo");
    assert_eq!(echo(session.as_ref()).await, Ok(echoed()));
    assert_eq!(served.methods(), ["server/discover", "tools/call"]);
}

#[tokio::test]
async fn with_kept_tools_a_refused_token_is_still_an_error_before_the_answer() {
    for versions in [LEGACY.as_slice(), &[STATELESS]] {
        let served = serve_versions(versions, Refusal::MethodNotFound).await;
        let failure = connect_with(&gateway(&served.url), "expired.token", kept()).await.unwrap_err();
        assert_eq!(failure.code, Code::GatewayUnauthorized);
    }
}

#[tokio::test]
async fn tools_are_listed_once_for_all_users_and_called_with_everybodys_own_token() {
    let served = serve().await;
    let (gateway, cache, now) = (gateway(&served.url), ToolCache::new("v1"), OffsetDateTime::UNIX_EPOCH);
    for text in [TOKEN, OTHER_TOKEN] {
        let session = cache.connect(&gateway, &token(text), &TraceContext::default(), now).await.unwrap();
        assert_eq!(session.tools().len(), 2);
        assert_eq!(echo(session.as_ref()).await, Ok(echoed()));
        assert_eq!(served.asked().last().unwrap().headers["authorization"], format!("Bearer {text}"));
    }
    let expected = ["server/discover", "tools/list", "tools/list", "tools/call", "server/discover", "tools/call"];
    assert_eq!(served.methods(), expected);
}

#[tokio::test]
async fn a_list_that_is_not_complete_is_not_kept() {
    let served = serve().await;
    let (gateway, cache, now) = (gateway(&served.url), ToolCache::new("v1"), OffsetDateTime::UNIX_EPOCH);
    served.trouble(NEXT_PAGE, Trouble::Status(400, &[]), 1);
    assert!(cache.connect(&gateway, &token(TOKEN), &TraceContext::default(), now).await.is_err());
    assert_eq!(cache.report(now).status, "empty");
    assert_eq!(cache.tools(now), None);
}

#[tokio::test]
async fn a_refused_token_is_unauthorized_and_not_repeated() {
    let served = serve().await;
    let failure = connect_with(&gateway(&served.url), "expired.token", None).await.unwrap_err();
    assert_eq!(failure.code, Code::GatewayUnauthorized);
    assert!(!format!("{failure:?}").contains("expired.token"));
    assert_eq!(served.methods(), DISCOVERY);
}

#[tokio::test]
async fn a_token_that_expires_in_mid_turn_is_told_as_such() {
    let served = serve().await;
    let session = connect(&gateway(&served.url)).await.unwrap();
    served.trouble("tools/call", Trouble::Status(401, &[]), 1);
    let failure = echo(session.as_ref()).await.unwrap_err();
    assert_eq!(failure.code, Code::GatewayUnauthorized);
    assert!(failure.message.contains("expired") && failure.hint.unwrap().contains("chat login"));
    assert_eq!(served.methods().iter().filter(|method| *method == "tools/call").count(), 1);
}

#[tokio::test]
async fn too_little_scope_is_forbidden_and_names_the_scope() {
    let served = serve().await;
    let challenge = &[("www-authenticate", "Bearer error=\"insufficient_scope\", scope=\"ops/read\"")];
    served.trouble("server/discover", Trouble::Status(403, challenge), 1);
    let failure = connect(&gateway(&served.url)).await.err().expect("too little scope");
    assert_eq!(failure.code, Code::GatewayForbidden);
    assert!(failure.hint.unwrap().ends_with("ops/read"));
}

#[tokio::test]
async fn what_passes_is_asked_again() {
    let troubles = [
        Trouble::Status(429, &[("retry-after", "0")]),
        Trouble::Status(503, &[]),
        Trouble::InternalError,
        Trouble::Drop,
    ];
    for versions in [LEGACY.as_slice(), &[STATELESS]] {
        for trouble in &troubles {
            let served = serve_versions(versions, Refusal::MethodNotFound).await;
            let gateway = gateway(&served.url);
            for method in ["server/discover", "initialize", "tools/list", "tools/call"] {
                served.trouble(method, trouble.clone(), 1);
            }
            let session =
                connect(&gateway).await.unwrap_or_else(|failure| panic!("{versions:?} {trouble:?}: {failure}"));
            assert_eq!(session.tools().len(), 2, "{trouble:?}");
            assert_eq!(echo(session.as_ref()).await, Ok(echoed()), "{versions:?} {trouble:?}");
        }
    }
}

#[tokio::test]
async fn attempts_end_and_keep_the_class_of_the_failure() {
    let served = serve().await;
    let session = connect(&gateway(&served.url)).await.unwrap();
    for (trouble, code) in
        [(Trouble::Status(429, &[]), Code::GatewayThrottled), (Trouble::Status(500, &[]), Code::GatewayUnavailable)]
    {
        served.trouble("tools/call", trouble, 2);
        let failure = echo(session.as_ref()).await.unwrap_err();
        assert_eq!(failure.code, code);
        assert!(failure.message.ends_with("(2 attempts)"), "{failure}");
    }
}

#[tokio::test]
async fn a_long_wait_that_the_gateway_asks_for_is_not_waited() {
    let served = serve().await;
    let session = connect(&gateway(&served.url)).await.unwrap();
    served.trouble("tools/call", Trouble::Status(429, &[("retry-after", "3600")]), 1);
    assert_eq!(echo(session.as_ref()).await.unwrap_err().code, Code::GatewayThrottled);
}

#[tokio::test]
async fn a_call_that_hangs_ends_at_its_deadline() {
    let served = serve().await;
    let mut gateway = gateway(&served.url);
    gateway.configuration.call_deadline = Duration::from_millis(100);
    let session = connect(&gateway).await.unwrap();
    served.trouble("tools/call", Trouble::Hang, 1);
    assert_eq!(echo(session.as_ref()).await.unwrap_err().code, Code::GatewayTimeout);
}

#[tokio::test]
async fn dropping_a_call_closes_its_connection() {
    for versions in [LEGACY.as_slice(), &[STATELESS]] {
        let served = serve_versions(versions, Refusal::MethodNotFound).await;
        let session = connect(&gateway(&served.url)).await.unwrap();
        served.trouble("tools/call", Trouble::Hang, 1);
        let dropped = tokio::time::timeout(Duration::from_millis(200), echo(session.as_ref())).await;
        assert!(dropped.is_err(), "the call hangs");
        let noticed = tokio::time::timeout(Duration::from_secs(10), served.gateway.abandoned.notified()).await;
        assert!(noticed.is_ok(), "the gateway of {versions:?} notices that the client went away");
        assert_eq!(echo(session.as_ref()).await, Ok(echoed()));
    }
}

#[tokio::test]
async fn the_trace_goes_along_with_every_request() {
    for versions in [LEGACY.as_slice(), &[STATELESS]] {
        let served = serve_versions(versions, Refusal::MethodNotFound).await;
        let trace = TraceContext::parse("Root=1-67891233-abcdef012345678912345678;Parent=463ac35c9f6413ad;Sampled=1");
        assert_eq!(trace.headers().len(), 2);
        let session = gateway(&served.url).connect(&token(TOKEN), &trace, None).await.unwrap();
        echo(session.as_ref()).await.unwrap();
        for asked in served.asked() {
            for (name, value) in trace.headers() {
                assert_eq!(asked.headers[name], value, "{} {name}", asked.method);
            }
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_refused() {
    for versions in [LEGACY.as_slice(), &[STATELESS]] {
        let served = serve_versions(versions, Refusal::MethodNotFound).await;
        let session = connect(&gateway(&served.url)).await.unwrap();
        let failure = session.call("aws___large", Map::new()).await.unwrap_err();
        assert_eq!(failure.message, "call tool aws___large: the answer is larger than 12 MiB");
        let failure = session.call("aws___large_streamed", Map::new()).await.unwrap_err();
        assert_eq!(failure.code, Code::GatewayUnavailable);
    }
}

#[tokio::test]
async fn an_answer_may_be_streamed() {
    for versions in [LEGACY.as_slice(), &[STATELESS]] {
        let served = serve_versions(versions, Refusal::MethodNotFound).await;
        let session = connect(&gateway(&served.url)).await.unwrap();
        let output = session.call("aws___streamed", Map::new()).await.unwrap();
        assert_eq!(output, ToolOutput { success: true, text: "{}".into() });
    }
}

#[tokio::test]
async fn a_tool_that_failed_is_an_output() {
    let served = serve().await;
    let session = connect(&gateway(&served.url)).await.unwrap();
    let output = session.call("aws___broken", Map::new()).await.unwrap();
    assert_eq!(output, ToolOutput { success: false, text: "{}".into() });
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = serve().await;
    let served = serve().await;
    let location: &'static str = elsewhere.url.to_string().leak();
    let headers: &'static [_] = Box::leak(Box::new([("location", location)]));
    for status in [302, 307, 308] {
        served.trouble("server/discover", Trouble::Status(status, headers), 1);
        assert_eq!(connect(&gateway(&served.url)).await.err().unwrap().code, Code::GatewayUnavailable);
    }
    assert!(elsewhere.asked().is_empty(), "the token went to another address");
}

#[tokio::test]
async fn a_gateway_that_is_not_there_is_unavailable_and_not_reachable() {
    let served = serve().await;
    assert!(gateway(&served.url).is_reachable().await);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = Url::parse(&format!("http://{}/mcp", listener.local_addr().unwrap())).unwrap();
    drop(listener);
    let gone = gateway(&url);
    assert!(!gone.is_reachable().await);
    let failure = connect(&gone).await.err().expect("nobody listens");
    assert_eq!(failure.code, Code::GatewayUnavailable);
    assert!(failure.message.to_lowercase().contains("refused"), "the cause is told: {failure}");
}

/// In a process of its own, because a process reads its proxies from its environment.
#[test]
fn a_loopback_gateway_is_asked_past_every_proxy() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let of_this_module = module_path!().split_once("::").unwrap().1;
    let status = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("{of_this_module}::a_tool_that_failed_is_an_output")])
        .envs(["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"].map(|name| (name, &nobody)))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&status.stdout);
    assert!(status.status.success() && told.contains("1 passed"), "{told}");
}
