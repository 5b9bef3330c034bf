//! The MCP client against a small gateway on a loopback port, which checks the
//! token, pages its tools and keeps no session, as AgentCore does.

use axum::Json;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::*;
use crate::failure::Code;

struct Served {
    url: Url,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve() -> Served {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/mcp", listener.local_addr().unwrap())).unwrap();
    let router = axum::Router::new().route("/mcp", axum::routing::post(answer));
    let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    Served { url, task }
}

async fn answer(headers: HeaderMap, Json(message): Json<Value>) -> Response {
    match headers.get("authorization").and_then(|value| value.to_str().ok()) {
        Some("Bearer good.token") => {}
        Some("Bearer throttled") => return StatusCode::TOO_MANY_REQUESTS.into_response(),
        _ => return refused(),
    }
    let Some(id) = message.get("id") else { return StatusCode::ACCEPTED.into_response() };
    let result = match message["method"].as_str() {
        Some("initialize") => json!({
            "protocolVersion": message["params"]["protocolVersion"],
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "agentcore-gateway", "version": "1"},
        }),
        Some("tools/list") => page(&message["params"]["cursor"]),
        Some("tools/call") => called(&message["params"]),
        _ => {
            return Json(json!({"jsonrpc": "2.0", "id": id, "error": {"code": -32601, "message": "unknown"}}))
                .into_response();
        }
    };
    Json(json!({"jsonrpc": "2.0", "id": id, "result": result})).into_response()
}

fn refused() -> Response {
    let body = json!({"jsonrpc": "2.0", "id": 0, "error": {"code": -32001, "message": "Invalid Bearer token"}});
    (StatusCode::UNAUTHORIZED, [("www-authenticate", "Bearer resource_metadata=\"x\"")], Json(body)).into_response()
}

fn page(cursor: &Value) -> Value {
    let tool = |name: &str| json!({"name": name, "description": "A tool.", "inputSchema": {"type": "object"}});
    match cursor.as_str() {
        None => json!({"tools": [tool("aws___get_time")], "nextCursor": "2"}),
        Some(_) => json!({"tools": [tool("aws___echo")]}),
    }
}

fn called(parameters: &Value) -> Value {
    let failed = parameters["name"] != "aws___echo";
    json!({"isError": failed, "content": [{"type": "text", "text": parameters["arguments"].to_string()}]})
}

async fn connect(served: &Served, token: &str) -> Result<Box<dyn ToolSession>, Failure> {
    crate::clients::install_tls_provider();
    let gateway = McpGateway::new(served.url.clone()).unwrap();
    gateway.connect(&Token::parse(token).unwrap().unwrap()).await
}

#[tokio::test]
async fn all_pages_of_tools_are_listed() {
    let served = serve().await;
    let session = connect(&served, "good.token").await.unwrap();
    let names: Vec<_> = session.tools().iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!(names, ["aws___get_time", "aws___echo"]);
}

#[tokio::test]
async fn a_call_carries_its_arguments_and_an_error_is_an_output() {
    let served = serve().await;
    let session = connect(&served, "good.token").await.unwrap();
    let arguments = Map::from_iter([("query".to_owned(), json!("x"))]);
    let output = session.call("aws___echo", arguments).await.unwrap();
    assert_eq!(output, ToolOutput { success: true, text: "{\"query\":\"x\"}".into() });
    let output = session.call("aws___get_time", Map::new()).await.unwrap();
    assert_eq!(output, ToolOutput { success: false, text: "{}".into() });
}

#[tokio::test]
async fn a_refused_token_is_unauthorized_and_not_repeated() {
    let served = serve().await;
    let failure = connect(&served, "expired.token").await.err().expect("the token is refused");
    assert_eq!(failure.code, Code::GatewayUnauthorized);
    assert!(!format!("{failure:?}").contains("expired.token"));
}

#[tokio::test]
async fn a_throttle_is_told_as_one() {
    let served = serve().await;
    assert_eq!(connect(&served, "throttled").await.err().expect("throttled").code, Code::GatewayThrottled);
}

#[tokio::test]
async fn a_gateway_that_is_not_there_is_unavailable_and_not_reachable() {
    let served = serve().await;
    let gateway = McpGateway::new(served.url.clone()).unwrap();
    assert!(gateway.is_reachable().await);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = Url::parse(&format!("http://{}/mcp", listener.local_addr().unwrap())).unwrap();
    drop(listener);
    let gone = McpGateway::new(url).unwrap();
    assert!(!gone.is_reachable().await);
    let token = Token::parse("good.token").unwrap().unwrap();
    let failure = gone.connect(&token).await.err().expect("nobody listens");
    assert_eq!(failure.code, Code::GatewayUnavailable);
    assert!(failure.message.to_lowercase().contains("refused"), "the cause is told: {failure}");
}
