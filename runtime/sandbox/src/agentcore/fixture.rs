//! A gateway service on a real loopback listener with the real issuer, whose
//! permissions and functions a test decides.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_bedrockagentcorecontrol as control;
use aws_sdk_bedrockagentcorecontrol::types as api;
use bytes::Bytes;
use futures::future::BoxFuture;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use super::permissions::{GatewayCall, GatewayPermissions, Refusal};
use super::{AgentCore, AgentCoreOptions, InvokeFailure, ToolInvocation, ToolInvoker};
use crate::backend::Backend;
use crate::identity::{Identity, ROOT_ACCOUNT};
use crate::issuer::{Issuer, SMOKE_CLIENT_ID};

pub(super) const REGION: &str = "us-east-1";
pub(super) const ROLE: &str = "arn:aws:iam::000000000000:role/gateway";
pub(super) const FUNCTION: &str = "arn:aws:lambda:us-east-1:000000000000:function:tool";

/// Answers with the arguments, or fails when told to; remembers its calls.
#[derive(Default)]
pub(super) struct EchoFunction {
    pub(super) fails: AtomicBool,
    pub(super) calls: Mutex<Vec<ToolInvocation>>,
}

impl ToolInvoker for EchoFunction {
    fn invoke(&self, call: ToolInvocation) -> BoxFuture<'_, Result<Bytes, InvokeFailure>> {
        Box::pin(async move {
            let answer = Bytes::from(format!("{{ \"echo\": {} }}", String::from_utf8_lossy(&call.payload)));
            self.calls.lock().unwrap().push(call);
            let fails = self.fails.load(Ordering::SeqCst);
            if fails { Err(InvokeFailure { message: "the function broke".into() }) } else { Ok(answer) }
        })
    }
}

/// Allows everything until it is locked.
#[derive(Default)]
pub(super) struct Lock {
    pub(super) is_locked: AtomicBool,
}

impl GatewayPermissions for Lock {
    fn check<'a>(&'a self, call: &'a GatewayCall) -> BoxFuture<'a, Result<(), Refusal>> {
        let refusal = Refusal(format!("{} may not", call.role_arn));
        let is_locked = self.is_locked.load(Ordering::SeqCst);
        Box::pin(async move { if is_locked { Err(refusal) } else { Ok(()) } })
    }
}

pub(super) struct World {
    pub(super) base_url: String,
    pub(super) function: Arc<EchoFunction>,
    pub(super) lock: Arc<Lock>,
    folder: tempfile::TempDir,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for World {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl World {
    pub(super) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let (function, lock) = (Arc::<EchoFunction>::default(), Arc::<Lock>::default());
        let core = open(folder.path(), &base_url, function.clone(), lock.clone());
        let issuer = Issuer::open(folder.path(), &base_url).unwrap();
        let router = core.control_router().merge(core.data_router()).merge(issuer.router());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { base_url, function, lock, folder, server }
    }

    /// What a restarted process would read.
    pub(super) fn reopened(&self) -> AgentCore {
        open(self.folder.path(), &self.base_url, self.function.clone(), self.lock.clone())
    }

    pub(super) fn control(&self) -> control::Client {
        let backend = Backend::new(&self.base_url, REGION).unwrap();
        control::Client::new(backend.config())
    }

    pub(super) fn jwt_authorizer(&self) -> api::CustomJwtAuthorizerConfiguration {
        api::CustomJwtAuthorizerConfiguration::builder()
            .discovery_url(format!("{}/oauth2/default/.well-known/openid-configuration", self.base_url))
            .allowed_audience("api://default")
            .build()
            .unwrap()
    }

    /// A CreateGateway call that would succeed.
    pub(super) fn create_gateway(
        &self,
        name: &str,
    ) -> control::operation::create_gateway::builders::CreateGatewayFluentBuilder {
        let authorizer = api::AuthorizerConfiguration::CustomJwtAuthorizer(self.jwt_authorizer());
        self.control()
            .create_gateway()
            .name(name)
            .role_arn(ROLE)
            .protocol_type(api::GatewayProtocolType::Mcp)
            .authorizer_type(api::AuthorizerType::CustomJwt)
            .authorizer_configuration(authorizer)
    }

    /// A CreateGatewayTarget call that would succeed: `count` tools `tool_<n>`
    /// with one required argument `query`.
    pub(super) fn create_target(
        &self,
        gateway_id: &str,
        count: usize,
    ) -> control::operation::create_gateway_target::builders::CreateGatewayTargetFluentBuilder {
        let query = api::SchemaDefinition::builder().r#type(api::SchemaType::String).build().unwrap();
        let schema = api::SchemaDefinition::builder()
            .r#type(api::SchemaType::Object)
            .properties("query", query)
            .required("query")
            .build()
            .unwrap();
        let tool = |number| {
            let builder = api::ToolDefinition::builder().name(format!("tool_{number}")).description("d");
            builder.input_schema(schema.clone()).build().unwrap()
        };
        let lambda = api::McpLambdaTargetConfiguration::builder()
            .lambda_arn(FUNCTION)
            .tool_schema(api::ToolSchema::InlinePayload((0..count).map(tool).collect()))
            .build()
            .unwrap();
        let provider = api::CredentialProviderConfiguration::builder()
            .credential_provider_type(api::CredentialProviderType::GatewayIamRole)
            .build()
            .unwrap();
        self.control()
            .create_gateway_target()
            .gateway_identifier(gateway_id)
            .name("aws")
            .target_configuration(api::TargetConfiguration::Mcp(api::McpTargetConfiguration::Lambda(lambda)))
            .credential_provider_configurations(provider)
    }

    /// A gateway that is READY; its id.
    pub(super) async fn gateway(&self) -> String {
        let made = self.create_gateway("ops").send().await.unwrap();
        self.settled_gateway(made.gateway_id()).await;
        made.gateway_id
    }

    /// A gateway and a target of so many tools, both READY; the gateway's id.
    pub(super) async fn gateway_with_tools(&self, count: usize) -> String {
        let id = self.gateway().await;
        let made = self.create_target(&id, count).send().await.unwrap();
        self.settled_target(&id, made.target_id()).await;
        id
    }

    /// A gateway of 31 tools that serves these versions of the protocol; its id.
    pub(super) async fn gateway_with_versions(&self, versions: Option<&[&str]>) -> String {
        let versions = versions.map(|versions| versions.iter().map(ToString::to_string).collect());
        let mcp = api::McpGatewayConfiguration::builder().set_supported_versions(versions).build();
        let number = self.control().list_gateways().send().await.unwrap().items.len();
        let request = self.create_gateway(&format!("versions-{number}"));
        let made = request.protocol_configuration(api::GatewayProtocolConfiguration::Mcp(mcp)).send().await.unwrap();
        self.settled_gateway(made.gateway_id()).await;
        let target = self.create_target(made.gateway_id(), 31).send().await.unwrap();
        self.settled_target(made.gateway_id(), target.target_id()).await;
        made.gateway_id
    }

    pub(super) async fn settled_gateway(&self, id: &str) -> api::GatewayStatus {
        let ask = || async {
            let status = self.control().get_gateway().gateway_identifier(id).send().await.unwrap().status;
            (!matches!(status, api::GatewayStatus::Creating | api::GatewayStatus::Updating)).then_some(status)
        };
        eventually(ask).await
    }

    pub(super) async fn settled_target(&self, gateway_id: &str, id: &str) -> (api::TargetStatus, Vec<String>) {
        let ask = || async {
            let request = self.control().get_gateway_target().gateway_identifier(gateway_id).target_id(id);
            let target = request.send().await.unwrap();
            let under_way = matches!(target.status, api::TargetStatus::Creating | api::TargetStatus::Updating);
            (!under_way).then(|| (target.status, target.status_reasons.unwrap_or_default()))
        };
        eventually(ask).await
    }

    /// A token of the issuer's, by client credentials.
    pub(super) async fn token(&self) -> String {
        let secret = std::fs::read_to_string(self.folder.path().join("issuer/smoke-client-secret")).unwrap();
        let form = [("grant_type", "client_credentials"), ("client_id", SMOKE_CLIENT_ID), ("client_secret", &secret)];
        let url = format!("{}/oauth2/default/v1/token", self.base_url);
        let answer = reqwest_client().post(url).form(&form).send().await.unwrap();
        answer.json::<Value>().await.unwrap()["access_token"].as_str().unwrap().to_string()
    }

    /// A token with changed claims, signed with the issuer's own key.
    pub(super) async fn forged(&self, change: Value) -> String {
        let issuer = format!("{}/oauth2/default", self.base_url);
        let keys: Value = reqwest_client().get(format!("{issuer}/v1/keys")).send().await.unwrap().json().await.unwrap();
        let mut header = Header::new(Algorithm::RS256);
        header.kid = keys["keys"][0]["kid"].as_str().map(str::to_string);
        let now = time::OffsetDateTime::now_utc().unix_timestamp();
        let mut claims = json!({"iss": issuer, "aud": "api://default", "exp": now + 60, "scp": ["api.read"]});
        claims.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let pem = std::fs::read(self.folder.path().join("issuer/signing-key.pem")).unwrap();
        encode(&header, &claims, &EncodingKey::from_rsa_pem(&pem).unwrap()).unwrap()
    }

    pub(super) fn mcp_url(&self, gateway_id: &str) -> String {
        format!("{}/_aws/agentcore/{gateway_id}/mcp", self.base_url)
    }

    /// Posts a body to the gateway with a good token; status and JSON answer.
    pub(super) async fn post(&self, gateway_id: &str, body: Value) -> (u16, Value) {
        let request = reqwest_client().post(self.mcp_url(gateway_id)).bearer_auth(self.token().await).json(&body);
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or(Value::Null))
    }

    /// The result of calling a tool.
    pub(super) async fn call(&self, gateway_id: &str, tool: &str, arguments: Value) -> Value {
        let params = json!({"name": tool, "arguments": arguments});
        let body = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params});
        let (status, answer) = self.post(gateway_id, body).await;
        assert_eq!(status, 200, "{answer}");
        answer["result"].clone()
    }
}

fn open(folder: &Path, base_url: &str, invoker: Arc<EchoFunction>, permissions: Arc<Lock>) -> AgentCore {
    // Nothing listens there: root's calls never ask the emulator.
    let backend = Backend::new("http://127.0.0.1:9", REGION).unwrap();
    let identity = Identity::open(folder, backend.clone()).unwrap();
    let options = AgentCoreOptions {
        state_dir: folder.into(),
        base_url: base_url.into(),
        account: ROOT_ACCOUNT.into(),
        region: REGION.into(),
        identity,
        backend,
        invoker,
    };
    AgentCore::open_with_permissions(options, permissions).unwrap()
}

pub(super) fn reqwest_client() -> reqwest::Client {
    crate::backend::loopback_client().unwrap()
}

/// Asks until there is an answer; panics after a generous deadline.
pub(super) async fn eventually<T, F: Future<Output = Option<T>>>(ask: impl Fn() -> F) -> T {
    let asking = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), asking).await.expect("the condition never held")
}
