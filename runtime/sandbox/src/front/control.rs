//! What tests tell the sandbox: the model's script, and faults. Every request
//! needs the header `x-sandbox-control: 1`, which no web page can send without
//! a permission that nobody gives it.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, put},
};
use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};

use super::disturbance::Faults;
use crate::bedrock::Playbook;

pub const PATH: &str = "/_sandbox/";
const CONTROL_HEADER: &str = "x-sandbox-control";

/// Clones share what they control.
#[derive(Clone)]
pub struct Control {
    pub playbook: Arc<Playbook>,
    pub faults: Arc<Faults>,
}

impl Control {
    pub fn router(&self) -> Router {
        let script = put(set_script).delete(remove_script);
        let log = get(read_log).delete(clear_log);
        let faults = put(set_faults).delete(remove_faults).get(read_faults);
        Router::new()
            .route(&format!("{PATH}model-script"), script)
            .route(&format!("{PATH}model-log"), log)
            .route(&format!("{PATH}faults"), faults)
            .layer(middleware::from_fn(guard))
            .with_state(self.clone())
    }
}

async fn guard(request: Request, next: Next) -> Response {
    let value = request.headers().get(CONTROL_HEADER).map(|value| value.as_bytes());
    match value {
        Some(b"1") => next.run(request).await,
        _ => refused(StatusCode::FORBIDDEN, format!("the header {CONTROL_HEADER}: 1 is missing")),
    }
}

async fn set_script(State(control): State<Control>, body: Bytes) -> Response {
    done(control.playbook.follow(&body))
}

async fn remove_script(State(control): State<Control>) -> Response {
    control.playbook.forget();
    done(Ok(()))
}

async fn read_log(State(control): State<Control>) -> Json<Value> {
    Json(control.playbook.log_view())
}

async fn clear_log(State(control): State<Control>) -> Response {
    control.playbook.clear_log();
    done(Ok(()))
}

async fn set_faults(State(control): State<Control>, body: Bytes) -> Response {
    done(control.faults.arm(&body))
}

async fn remove_faults(State(control): State<Control>) -> Response {
    control.faults.disarm();
    done(Ok(()))
}

async fn read_faults(State(control): State<Control>) -> Json<Value> {
    Json(control.faults.view())
}

fn done(result: Result<(), String>) -> Response {
    match result {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(fault) => refused(StatusCode::BAD_REQUEST, fault),
    }
}

fn refused(status: StatusCode, message: String) -> Response {
    (status, Json(json!({"error": message}))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    struct World(Control);

    impl World {
        fn new() -> Self {
            Self(Control { playbook: Arc::default(), faults: Arc::default() })
        }

        async fn ask(&self, method: &str, path: &str, body: &str, header: Option<&str>) -> (u16, Value) {
            let mut request = Request::builder().method(method).uri(format!("{PATH}{path}"));
            if let Some(value) = header {
                request = request.header(CONTROL_HEADER, value);
            }
            let request = request.body(Body::from(body.to_owned())).unwrap();
            let response = self.0.router().oneshot(request).await.unwrap();
            let status = response.status().as_u16();
            let body = response.into_body().collect().await.unwrap().to_bytes();
            (status, serde_json::from_slice(&body).unwrap_or_default())
        }
    }

    #[tokio::test]
    async fn nothing_is_controlled_without_the_header() {
        let world = World::new();
        for (method, path) in [("PUT", "model-script"), ("GET", "model-log"), ("DELETE", "faults"), ("GET", "faults")] {
            for header in [None, Some("yes")] {
                let (status, body) = world.ask(method, path, "{}", header).await;
                assert_eq!(status, 403, "{method} {path}");
                assert!(body["error"].as_str().unwrap().contains(CONTROL_HEADER));
            }
        }
    }

    #[tokio::test]
    async fn scripts_and_faults_are_set_read_and_removed() {
        let world = World::new();
        let faults = r#"{"faults": [{"service": "lambda", "operation": "f", "times": 1, "do": "kill"}]}"#;
        assert_eq!(world.ask("PUT", "faults", faults, Some("1")).await.0, 204);
        let (_, armed) = world.ask("GET", "faults", "", Some("1")).await;
        assert_eq!((&armed["faults"][0]["do"], &armed["faults"][0]["left"]), (&json!("kill"), &json!(1)));
        assert_eq!(world.ask("DELETE", "faults", "", Some("1")).await.0, 204);
        assert_eq!(world.ask("GET", "faults", "", Some("1")).await.1, json!({"faults": []}));

        let script = r#"{"rules": [{"turns": [{"text": "x"}]}]}"#;
        assert_eq!(world.ask("PUT", "model-script", script, Some("1")).await.0, 204);
        assert_eq!(world.ask("DELETE", "model-script", "", Some("1")).await.0, 204);
        assert_eq!(world.ask("GET", "model-log", "", Some("1")).await, (200, json!({"requests": []})));
    }

    #[tokio::test]
    async fn what_cannot_be_followed_is_refused_with_what_is_wrong() {
        let world = World::new();
        for path in ["model-script", "faults"] {
            let (status, body) = world.ask("PUT", path, "{", Some("1")).await;
            assert!(status == 400 && body["error"].as_str().unwrap().contains("malformed"), "{path} {body}");
        }
    }
}
