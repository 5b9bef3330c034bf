//! The Lambda Extensions API of one instance: extensions register, poll for
//! events and learn that the instance ends (Lambda developer guide, "Using the
//! Lambda Extensions API").

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;

const NAME: &str = "lambda-extension-name";
const IDENTIFIER: &str = "lambda-extension-identifier";
/// Events that wait for an extension that does not poll.
const WAITING: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Kind {
    Invoke,
    Shutdown,
}

#[derive(Deserialize)]
struct Registration {
    #[serde(default)]
    events: Vec<Kind>,
}

/// The extensions of one instance; clones share them.
#[derive(Clone, Default)]
pub struct Extensions {
    registered: Arc<Mutex<HashMap<String, Extension>>>,
}

struct Extension {
    events: Vec<Kind>,
    sender: mpsc::Sender<Value>,
    receiver: Arc<tokio::sync::Mutex<mpsc::Receiver<Value>>>,
}

impl Extensions {
    pub fn router(&self) -> Router {
        Router::new()
            .route("/2020-01-01/extension/register", post(register))
            .route("/2020-01-01/extension/event/next", get(next))
            .with_state(self.clone())
    }

    /// Only with an extension is a function given time to end.
    pub fn any(&self) -> bool {
        !self.lock().is_empty()
    }

    pub fn invoked(&self, request_id: &str, function_arn: &str, deadline: SystemTime) {
        self.tell(
            Kind::Invoke,
            &json!({
                "eventType": "INVOKE",
                "deadlineMs": milliseconds(deadline),
                "requestId": request_id,
                "invokedFunctionArn": function_arn,
                "tracing": {"type": "X-Amzn-Trace-Id", "value": ""},
            }),
        );
    }

    pub fn shut_down(&self, within: Duration) {
        let deadline = milliseconds(SystemTime::now() + within);
        self.tell(
            Kind::Shutdown,
            &json!({
                "eventType": "SHUTDOWN", "shutdownReason": "spindown", "deadlineMs": deadline,
            }),
        );
    }

    fn tell(&self, kind: Kind, event: &Value) {
        let registered = self.lock();
        for extension in registered.values().filter(|extension| extension.events.contains(&kind)) {
            // An extension that has stopped polling misses what it would not read.
            extension.sender.try_send(event.clone()).ok();
        }
    }

    fn add(&self, events: Vec<Kind>) -> String {
        let identifier = uuid::Uuid::new_v4().to_string();
        let (sender, receiver) = mpsc::channel(WAITING);
        let extension = Extension { events, sender, receiver: Arc::new(tokio::sync::Mutex::new(receiver)) };
        self.lock().insert(identifier.clone(), extension);
        identifier
    }

    fn receiver(&self, headers: &HeaderMap) -> Option<Arc<tokio::sync::Mutex<mpsc::Receiver<Value>>>> {
        let identifier = headers.get(IDENTIFIER)?.to_str().ok()?;
        self.lock().get(identifier).map(|extension| extension.receiver.clone())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Extension>> {
        self.registered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn register(State(extensions): State<Extensions>, headers: HeaderMap, body: Bytes) -> Response {
    if !headers.contains_key(NAME) {
        return refused(StatusCode::BAD_REQUEST, "Extension.InvalidExtensionName", "Empty extension name");
    }
    let Ok(registration) = serde_json::from_slice::<Registration>(&body) else {
        return refused(StatusCode::BAD_REQUEST, "InvalidRequestFormat", "Could not parse the registration");
    };
    let identifier = extensions.add(registration.events);
    let about = json!({"functionName": "", "functionVersion": "$LATEST", "handler": ""});
    ([(IDENTIFIER, identifier)], Json(about)).into_response()
}

/// Waits for an event: without one, until the connection closes.
async fn next(State(extensions): State<Extensions>, headers: HeaderMap) -> Response {
    let Some(receiver) = extensions.receiver(&headers) else {
        return refused(StatusCode::FORBIDDEN, "Extension.UnknownExtensionIdentifier", "Unknown extension");
    };
    match receiver.lock().await.recv().await {
        Some(event) => Json(event).into_response(),
        None => StatusCode::GONE.into_response(),
    }
}

fn refused(status: StatusCode, error_type: &str, message: &str) -> Response {
    (status, Json(json!({"errorType": error_type, "errorMessage": message}))).into_response()
}

fn milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    async fn ask(extensions: &Extensions, request: http::request::Builder, body: &str) -> Response {
        extensions.router().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap()
    }

    async fn registered(extensions: &Extensions, events: &str) -> String {
        let request = http::Request::post("/2020-01-01/extension/register").header(NAME, "x");
        let response = ask(extensions, request, &format!("{{\"events\": {events}}}")).await;
        assert_eq!(response.status(), 200);
        response.headers()[IDENTIFIER].to_str().unwrap().to_owned()
    }

    async fn polled(extensions: &Extensions, identifier: &str) -> (u16, Value) {
        let request = http::Request::get("/2020-01-01/extension/event/next").header(IDENTIFIER, identifier);
        let response = ask(extensions, request, "").await;
        let status = response.status().as_u16();
        (status, serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap_or_default())
    }

    #[tokio::test]
    async fn an_extension_gets_the_events_that_it_registered_for() {
        let extensions = Extensions::default();
        assert!(!extensions.any());
        let (both, last) = (
            registered(&extensions, r#"["INVOKE", "SHUTDOWN"]"#).await,
            registered(&extensions, r#"["SHUTDOWN"]"#).await,
        );
        assert!(extensions.any());
        extensions.invoked("r1", "arn", SystemTime::now());
        extensions.shut_down(Duration::from_millis(500));
        let (status, event) = polled(&extensions, &both).await;
        assert_eq!((status, &event["eventType"], &event["requestId"]), (200, &json!("INVOKE"), &json!("r1")));
        for identifier in [&both, &last] {
            let (_, event) = polled(&extensions, identifier).await;
            assert_eq!((&event["eventType"], &event["shutdownReason"]), (&json!("SHUTDOWN"), &json!("spindown")));
        }
    }

    #[tokio::test]
    async fn strangers_and_bad_registrations_are_refused() {
        let extensions = Extensions::default();
        assert_eq!(polled(&extensions, "nobody").await.0, 403);
        let request = || http::Request::post("/2020-01-01/extension/register");
        assert_eq!(ask(&extensions, request(), "{}").await.status(), 400);
        assert_eq!(ask(&extensions, request().header(NAME, "x"), r#"{"events": ["NAP"]}"#).await.status(), 400);
    }
}
