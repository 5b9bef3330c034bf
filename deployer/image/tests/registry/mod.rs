//! A registry in the test's own process, with ECR's habits: Basic
//! authentication only, PATCH answered with 201 and its later bodies lost,
//! manifests refused while a blob is missing, repositories that must exist.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use deployer_image::{Patience, Registry, Secret, sha256_digest};
use tokio::task::JoinHandle;

pub const REPOSITORY: &str = "team/agent";
pub const PASSWORD: &str = "token-of-the-registry";

/// What the registry holds and what it was asked.
#[derive(Default)]
pub struct Contents {
    pub blobs: BTreeMap<String, Bytes>,
    pub manifests: BTreeMap<String, Bytes>,
    /// `METHOD path`, without queries; a request meant for a proxy has its host before the path.
    pub requests: Vec<String>,
    /// Uploads that answer 503 before one succeeds.
    pub failures: usize,
    /// Uploads that are accepted and then forgotten.
    pub forgotten: BTreeSet<String>,
    uploads: usize,
}

pub struct FakeRegistry {
    pub contents: Arc<Mutex<Contents>>,
    address: String,
    server: JoinHandle<()>,
}

impl FakeRegistry {
    pub async fn start() -> Self {
        let contents = Arc::new(Mutex::new(Contents::default()));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .fallback(answer)
            .layer(axum::extract::DefaultBodyLimit::disable())
            .with_state(contents.clone());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { contents, address, server }
    }

    pub fn registry(&self, password: &str) -> Registry {
        Registry {
            host: "000000000000.dkr.ecr.us-east-1.amazonaws.com".into(),
            connect_to: Some(self.address.clone()),
            username: "AWS".into(),
            password: Secret::new(password),
            patience: Patience::default(),
        }
    }

    /// How often a request with this method and part of the path came.
    pub fn count(&self, method: &str, part: &str) -> usize {
        let contents = self.contents.lock().unwrap();
        contents.requests.iter().filter(|request| request.starts_with(method) && request.contains(part)).count()
    }
}

impl Drop for FakeRegistry {
    fn drop(&mut self) {
        self.server.abort();
    }
}

type Shared = State<Arc<Mutex<Contents>>>;

async fn answer(State(contents): Shared, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let mut contents = contents.lock().unwrap();
    let host = uri.host().unwrap_or_default();
    contents.requests.push(format!("{method} {host}{}", uri.path()));
    if !is_authorized(&headers) {
        let challenge =
            r#"Basic realm="https://000000000000.dkr.ecr.us-east-1.amazonaws.com/",service="ecr.amazonaws.com""#;
        return (StatusCode::UNAUTHORIZED, [("WWW-Authenticate", challenge)], "Not Authorized").into_response();
    }
    if uri.path() == "/v2/" {
        return StatusCode::OK.into_response();
    }
    let Some(rest) = uri.path().strip_prefix(&format!("/v2/{REPOSITORY}/")) else {
        return error(StatusCode::NOT_FOUND, "NAME_UNKNOWN");
    };
    match (method.as_str(), rest.split_once('/').unwrap_or((rest, ""))) {
        ("POST", ("blobs", "uploads/")) => contents.start_upload(),
        ("PATCH", _) => StatusCode::CREATED.into_response(),
        ("PUT", ("blobs", _)) => contents.finish_upload(&uri, body),
        ("HEAD", ("blobs", digest)) if contents.blobs.contains_key(digest) => StatusCode::OK.into_response(),
        ("PUT", ("manifests", digest)) => contents.put_manifest(digest, body),
        ("GET", ("blobs", digest)) => {
            contents.blobs.get(digest).cloned().map_or_else(absent, IntoResponse::into_response)
        }
        ("GET", ("manifests", digest)) => contents.manifests.get(digest).cloned().map_or_else(absent, manifest),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn is_authorized(headers: &HeaderMap) -> bool {
    let expected = format!("Basic {}", STANDARD.encode(format!("AWS:{PASSWORD}")));
    headers.get("authorization").is_some_and(|found| found.as_bytes() == expected.as_bytes())
}

fn error(status: StatusCode, code: &str) -> Response {
    (status, format!(r#"{{"errors":[{{"code":"{code}","message":"refused"}}]}}"#)).into_response()
}

fn absent() -> Response {
    error(StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN")
}

fn manifest(body: Bytes) -> Response {
    ([("Content-Type", "application/vnd.oci.image.manifest.v1+json")], body).into_response()
}

impl Contents {
    fn start_upload(&mut self) -> Response {
        self.uploads += 1;
        let location = format!("/v2/{REPOSITORY}/blobs/uploads/{}", self.uploads);
        (StatusCode::ACCEPTED, [("Location", location)]).into_response()
    }

    fn finish_upload(&mut self, uri: &Uri, body: Bytes) -> Response {
        if self.failures > 0 {
            self.failures -= 1;
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        let digest = uri.query().unwrap_or_default().replace("digest=", "").replace("%3A", ":");
        if sha256_digest(&body) != digest {
            return error(StatusCode::BAD_REQUEST, "DIGEST_INVALID");
        }
        if !self.forgotten.contains(&digest) {
            self.blobs.insert(digest, body);
        }
        (StatusCode::CREATED, [("Location", uri.path().to_string())]).into_response()
    }

    fn put_manifest(&mut self, digest: &str, body: Bytes) -> Response {
        let manifest: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let layers = manifest["layers"].as_array().unwrap().iter();
        let mut named = layers.chain([&manifest["config"]]).map(|descriptor| descriptor["digest"].as_str().unwrap());
        if named.any(|blob| !self.blobs.contains_key(blob)) {
            return error(StatusCode::BAD_REQUEST, "MANIFEST_BLOB_UNKNOWN");
        }
        let location = format!("/v2/{REPOSITORY}/manifests/{digest}");
        self.manifests.insert(digest.to_string(), body);
        (StatusCode::CREATED, [("Location", location)]).into_response()
    }
}
