//! The protocol's versions: the official client's way and raw requests.

use rmcp::model::{CallToolRequestParams, ProtocolVersion};
use rmcp::service::{ClientLifecycleMode, ClientServiceExt};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use serde_json::{Value, json};

use super::fixture::{World, reqwest_client};
use super::mcp;

#[tokio::test]
async fn the_official_client_finds_every_tool_over_all_pages_and_calls_one() {
    for versions in [None, Some(vec!["2026-07-28"]), Some(vec!["2025-06-18", "2025-11-25"])] {
        let world = World::start().await;
        let id = world.gateway_with_versions(versions.as_deref()).await;
        use_every_tool(&world, &id).await;
    }
}

async fn use_every_tool(world: &World, id: &str) {
    let config = StreamableHttpClientTransportConfig::with_uri(world.mcp_url(id)).auth_header(world.token().await);
    let transport = StreamableHttpClientTransport::with_client(reqwest_client(), config);
    let mode = ClientLifecycleMode::Auto {
        preferred_versions: vec![ProtocolVersion::LATEST],
        legacy_version: Some(ProtocolVersion::V_2025_06_18),
    };
    let client = ().serve_with_lifecycle(transport, mode).await.unwrap();
    assert_eq!(client.list_tools(None).await.unwrap().tools.len(), 30);
    assert_eq!(client.list_all_tools().await.unwrap().len(), 31);
    let arguments = json!({"query": "x"}).as_object().cloned().unwrap();
    let call = CallToolRequestParams::new("aws___tool_30").with_arguments(arguments);
    let result = serde_json::to_value(client.call_tool(call).await.unwrap()).unwrap();
    assert_eq!(result["content"][0]["text"], r#"{"echo":{"query":"x"}}"#);
    client.cancel().await.unwrap();
}

#[tokio::test]
async fn versions_are_negotiated_and_others_refused() {
    let world = World::start().await;
    let id = world.gateway().await;
    for (asked, agreed) in [("2025-03-26", "2025-03-26"), ("2025-06-18", "2025-06-18"), ("1999-01-01", "2025-11-25")] {
        let params = json!({"protocolVersion": asked, "capabilities": {}});
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params});
        let (_, answer) = world.post(&id, body).await;
        assert_eq!(answer["result"]["protocolVersion"], agreed);
        assert_eq!(answer["result"]["serverInfo"]["name"], "agentcore-gateway");
    }
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    let request = reqwest_client().post(world.mcp_url(&id)).bearer_auth(world.token().await).json(&list);
    let answer = request.header("mcp-protocol-version", "1999-01-01").send().await.unwrap();
    assert_eq!(answer.status(), 400);
}

#[tokio::test]
async fn the_stateless_version_discovers_and_has_no_handshake() {
    let world = World::start().await;
    let id = world.gateway_with_tools(1).await;
    let ask = |method: &'static str, version: &'static str, change: Value| {
        let meta = json!({"io.modelcontextprotocol/protocolVersion": version,
            "io.modelcontextprotocol/clientCapabilities": {}});
        let mut params = json!({"_meta": meta});
        params.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let request = reqwest_client().post(world.mcp_url(&id)).json(&body).header("mcp-protocol-version", version);
        let world = &world;
        async move {
            let answer = request.header("mcp-method", method).bearer_auth(world.token().await).send().await.unwrap();
            (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
        }
    };
    let (status, found) = ask("server/discover", "2026-07-28", json!({})).await;
    assert_eq!((status, &found["result"]["resultType"]), (200, &json!("complete")));
    assert_eq!(found["result"]["supportedVersions"], json!(mcp::PROTOCOL_VERSIONS));
    assert_eq!(found["result"]["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "agentcore-gateway");
    let (_, listed) = ask("tools/list", "2026-07-28", json!({})).await;
    assert_eq!((&listed["result"]["cacheScope"], &listed["result"]["ttlMs"]), (&json!("private"), &json!(0)));
    for (method, version, change, status, code) in [
        ("initialize", "2026-07-28", json!({}), 404, -32601),
        ("ping", "2026-07-28", json!({}), 404, -32601),
        ("tools/list", "2031-01-01", json!({}), 400, -32022),
        ("tools/call", "2026-07-28", json!({"name": "aws___tool_0"}), 400, -32020),
        ("tools/list", "2026-07-28", json!({"_meta": {}}), 400, -32602),
    ] {
        let (found, answer) = ask(method, version, change).await;
        assert_eq!((found, &answer["error"]["code"]), (status, &json!(code)), "{method} {answer}");
    }
}

#[tokio::test]
async fn a_gateway_serves_only_its_supported_versions() {
    let world = World::start().await;
    let old = world.gateway_with_versions(Some(&["2025-06-18"])).await;
    let new = world.gateway_with_versions(Some(&["2026-07-28"])).await;
    let initialize = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params":
        {"protocolVersion": "2025-11-25", "capabilities": {}}});
    assert_eq!(world.post(&old, initialize.clone()).await.1["result"]["protocolVersion"], "2025-06-18");
    let (_, refused) = world.post(&new, initialize).await;
    assert_eq!(
        (&refused["error"]["code"], &refused["error"]["data"]["supported"]),
        (&json!(-32022), &json!(["2026-07-28"]))
    );
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    for (id, version) in [(&old, "2026-07-28"), (&old, "2025-11-25"), (&new, "2025-11-25")] {
        let request = reqwest_client().post(world.mcp_url(id)).bearer_auth(world.token().await).json(&list);
        let answer = request.header("mcp-protocol-version", version).send().await.unwrap();
        assert_eq!(answer.status(), 400, "{version}");
    }
}
