//! Carries out the faults that are armed: a call is struck before it reaches
//! the one who would answer it.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    response::Response,
};
use http::{Method, request::Parts};
use serde_json::Value;

use super::{
    dispatch::Front,
    fault_answer::{self, Subject, closed_connection},
    faults::{Action, FaultTable, Service},
    route::Route,
};
use crate::{identity::credential_scope, lambda::Fate};

/// How long a call hangs whose client does not go away.
const HANGING: Duration = Duration::from_secs(600);
/// The gateway's own limit for a message.
const MESSAGE_LIMIT: usize = 6 * 1024 * 1024;

/// The armed faults, shared.
#[derive(Default)]
pub struct Faults {
    table: Mutex<FaultTable>,
}

impl Faults {
    /// Takes the place of what was armed. Fails with what is wrong.
    pub fn arm(&self, faults: &[u8]) -> Result<(), String> {
        let table = FaultTable::parse(faults)?;
        *self.lock() = table;
        Ok(())
    }

    pub fn disarm(&self) {
        *self.lock() = FaultTable::default();
    }

    pub fn view(&self) -> Value {
        self.lock().view()
    }

    pub fn strike(&self, service: Service, operation: &str) -> Option<Action> {
        self.lock().strike(service, operation)
    }

    fn concern(&self, service: Service) -> bool {
        self.lock().concerns(service)
    }

    fn lock(&self) -> MutexGuard<'_, FaultTable> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call as faults know it.
struct Call {
    operation: String,
    subject: Subject,
}

impl Call {
    fn new(operation: impl Into<String>) -> Self {
        Self { operation: operation.into(), subject: Subject::default() }
    }
}

impl Front {
    /// The request with the fate of the function that it invokes, or the answer
    /// that a fault gives instead.
    pub(super) async fn disturbed(&self, route: &Route, request: Request) -> Result<(Request, Option<Fate>), Response> {
        let Some(service) = service(route).filter(|service| self.faults.concern(*service)) else {
            return Ok((request, None));
        };
        let (parts, body) = request.into_parts();
        let (call, body) = match service {
            Service::Gateway => self.message(&parts, body).await,
            _ => (self.call(route, &parts).await, body),
        };
        let struck = call.and_then(|call| Some((self.faults.strike(service, &call.operation)?, call)));
        let Some((action, call)) = struck else { return Ok((Request::from_parts(parts, body), None)) };
        tracing::info!(?service, operation = call.operation, ?action, "an armed fault strikes");
        match (action, service) {
            (Action::Hang, Service::Lambda) => Ok((Request::from_parts(parts, body), Some(Fate::Hang))),
            (Action::Kill, Service::Lambda) => Ok((Request::from_parts(parts, body), Some(Fate::Kill))),
            (Action::Error(answer), _) => Err(fault_answer::error(service, &answer, &call.subject)),
            (Action::Hang, _) => {
                tokio::time::sleep(HANGING).await;
                Err(closed_connection())
            }
            (Action::Drop, _) => Err(closed_connection()),
            (Action::Kill, _) => {
                self.kill_caller(&parts);
                Err(closed_connection())
            }
        }
    }

    async fn call(&self, route: &Route, parts: &Parts) -> Option<Call> {
        match route {
            Route::Backend { .. } => {
                let target = parts.headers.get("x-amz-target")?.to_str().ok()?;
                Some(Call::new(target.rsplit('.').next()?))
            }
            Route::Converse { answering, .. } => Some(Call::new(answering.operation())),
            Route::Issuer => Some(Call::new(parts.uri.path())),
            Route::Invoke { function, .. } => Some(Call::new(crate::lambda::name_of(function)?)),
            Route::FunctionUrl(target) => Some(Call::new(self.lambda.function_of(target).await?)),
            _ => None,
        }
    }

    /// The gateway's operations are named in the body.
    async fn message(&self, parts: &Parts, body: Body) -> (Option<Call>, Body) {
        if parts.method != Method::POST {
            return (None, body);
        }
        // A body over the limit is the gateway's to refuse: it gets one that ends early.
        let Ok(bytes) = to_bytes(body, MESSAGE_LIMIT).await else { return (None, Body::empty()) };
        let message: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let metadata_url = format!(
            "{}{}/.well-known/oauth-protected-resource",
            self.base_url,
            parts.uri.path().strip_suffix("/mcp").unwrap_or_default()
        );
        let call = message["method"].as_str().map(|method| Call {
            operation: method.to_owned(),
            subject: Subject { message: message["id"].clone(), metadata_url },
        });
        (call, Body::from(bytes))
    }

    /// Ends the function whose credentials signed the request.
    fn kill_caller(&self, parts: &Parts) {
        let key = credential_scope(&parts.headers).map(|scope| scope.access_key_id).unwrap_or_default();
        if !self.runner.kill_holder(&key) {
            tracing::warn!("an armed fault finds no function that made the call");
        }
    }
}

fn service(route: &Route) -> Option<Service> {
    match route {
        Route::Backend { service } if service.as_deref() == Some("dynamodb") => Some(Service::Dynamodb),
        Route::DataPlane => Some(Service::Gateway),
        Route::Converse { .. } => Some(Service::Bedrock),
        Route::Invoke { .. } | Route::FunctionUrl(_) => Some(Service::Lambda),
        Route::Issuer => Some(Service::Issuer),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::front::{ServeOptions, serve::open};
    use futures::FutureExt;
    use http_body_util::BodyExt;
    use serde_json::json;

    /// A front before an emulator that answers everything with its operation.
    struct World {
        front: Front,
        server: tokio::task::JoinHandle<()>,
        _folder: tempfile::TempDir,
    }

    impl Drop for World {
        fn drop(&mut self) {
            self.server.abort();
        }
    }

    impl World {
        async fn start(faults: Value) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let options = ServeOptions {
                port: 0,
                backend: format!("http://{}", listener.local_addr().unwrap()),
                state_dir: folder.path().join("state"),
                cache_dir: folder.path().join("cache"),
                region: "us-east-1".into(),
                search_path: Default::default(),
            };
            let emulator = axum::Router::new().fallback(|request: Request| async move {
                request
                    .headers()
                    .get("x-amz-target")
                    .cloned()
                    .unwrap_or(http::HeaderValue::from_static("nothing"))
                    .to_str()
                    .unwrap()
                    .to_owned()
            });
            let server = tokio::spawn(async move { axum::serve(listener, emulator).await.unwrap() });
            let (front, _) = open(&options, "http://127.0.0.1:4566").await.unwrap();
            front.faults.arm(json!({"faults": faults}).to_string().as_bytes()).unwrap();
            Self { front, server, _folder: folder }
        }

        async fn dynamodb(&self, operation: &str) -> (u16, String) {
            let request = signed_for("dynamodb").header("x-amz-target", format!("DynamoDB_20120810.{operation}"));
            text(self.front.answer(request.body(Body::from("{}")).unwrap()).await).await
        }

        async fn gateway(&self, message: Value) -> Response {
            let request = Request::post("/_aws/agentcore/g-1/mcp").header("host", "127.0.0.1:4566");
            self.front.answer(request.body(Body::from(message.to_string())).unwrap()).await
        }
    }

    fn signed_for(service: &str) -> http::request::Builder {
        let scope = format!("AKIA1/20261122/us-east-1/{service}/aws4_request");
        let authorization = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00");
        Request::post("/").header("host", "127.0.0.1:4566").header("authorization", authorization)
    }

    async fn text(response: Response) -> (u16, String) {
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8_lossy(&body).into_owned())
    }

    #[tokio::test]
    async fn a_table_s_operation_fails_as_armed_and_others_reach_the_emulator() {
        let throttled = json!({"status": 400, "code": "ProvisionedThroughputExceededException", "message": "slow"});
        let fault = json!({"service": "dynamodb", "operation": "TransactWriteItems", "times": 1, "do": throttled});
        let world = World::start(json!([fault])).await;
        assert_eq!(world.dynamodb("GetItem").await, (200, "DynamoDB_20120810.GetItem".into()));
        let (status, body) = world.dynamodb("TransactWriteItems").await;
        assert_eq!(status, 400);
        assert!(body.contains("#ProvisionedThroughputExceededException"), "{body}");
        assert_eq!(world.dynamodb("TransactWriteItems").await, (200, "DynamoDB_20120810.TransactWriteItems".into()));
        assert_eq!(world.front.faults.view()["faults"][0]["left"], 0);
    }

    #[tokio::test]
    async fn a_gateway_s_method_fails_as_armed() {
        let fault = |method: &str, status: u16| json!({"service": "gateway", "operation": method, "do": {"status": status, "code": "x", "message": "m"}});
        let world = World::start(json!([fault("tools/call", 429), fault("initialize", 401)])).await;
        let message = |method: &str| json!({"jsonrpc": "2.0", "id": 5, "method": method});
        let (status, body) = text(world.gateway(message("tools/call")).await).await;
        assert_eq!((status, serde_json::from_str::<Value>(&body).unwrap()["id"].clone()), (429, json!(5)));
        let refused = world.gateway(message("initialize")).await;
        let metadata = "http://127.0.0.1:4566/_aws/agentcore/g-1/.well-known/oauth-protected-resource";
        assert_eq!(refused.headers()["www-authenticate"], format!("Bearer resource_metadata=\"{metadata}\""));
        assert_eq!(world.gateway(message("tools/list")).await.status(), 404, "the gateway itself answers the rest");
    }

    #[tokio::test]
    async fn calls_hang_and_connections_close() {
        let world = World::start(json!([
            {"service": "dynamodb", "operation": "GetItem", "do": "hang"},
            {"service": "dynamodb", "operation": "Query", "do": "drop"},
            {"service": "dynamodb", "operation": "PutItem", "do": "kill"},
        ]))
        .await;
        assert!(world.dynamodb("GetItem").now_or_never().is_none());
        for operation in ["Query", "PutItem"] {
            let request = signed_for("dynamodb").header("x-amz-target", format!("DynamoDB_20120810.{operation}"));
            let response = world.front.answer(request.body(Body::from("{}")).unwrap()).await;
            assert!(response.into_body().collect().await.is_err(), "{operation}");
        }
    }

    #[tokio::test]
    async fn an_invocation_fails_as_armed_by_the_function_s_name() {
        let error = json!({"status": 429, "code": "TooManyRequestsException"});
        let world = World::start(json!([{"service": "lambda", "operation": "tool", "do": error}])).await;
        let path = "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Atool/invocations";
        let request = signed_for("lambda").uri(path).body(Body::from("{}")).unwrap();
        let response = world.front.answer(request).await;
        assert_eq!(
            (response.status().as_u16(), &response.headers()["x-amzn-errortype"]),
            (429, &http::HeaderValue::from_static("TooManyRequestsException"))
        );
    }

    #[tokio::test]
    async fn a_page_under_another_name_reaches_nothing() {
        let world = World::start(json!([])).await;
        for path in ["/_sandbox/health", "/_sandbox/faults", "/oauth2/default/v1/keys", "/"] {
            let request = Request::get(path).header("host", "evil.example.com:4566").header("x-sandbox-control", "1");
            let (status, body) = text(world.front.answer(request.body(Body::empty()).unwrap()).await).await;
            assert_eq!(status, 421, "{path}");
            assert!(body.contains("names of AWS only"), "{body}");
        }
    }
}
