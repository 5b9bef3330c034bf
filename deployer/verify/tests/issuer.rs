//! The issuer check against a real HTTP server on a loopback port.

use std::time::Duration;

use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use deployer_core::issuer_check::IssuerCheck;
use deployer_verify::check_issuer;
use serde_json::{Value, json};

const DEADLINE: Duration = Duration::from_secs(5);
const WELL_KNOWN: &str = "/.well-known/openid-configuration";

struct Issuer {
    url: String,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Issuer {
    /// Publishes a document and keys that are made from its own address.
    async fn publishing(document: impl Fn(&str) -> Value, keys: Value) -> Self {
        Self::serving(|url| {
            let document = document(url);
            Router::new()
                .route(WELL_KNOWN, get(|| async move { Json(document) }))
                .route("/keys", get(|| async move { Json(keys) }))
        })
        .await
    }

    async fn serving(router: impl FnOnce(&str) -> Router) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = router(&url);
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, server }
    }

    async fn check(&self) -> IssuerCheck {
        check_issuer(&format!("{}{WELL_KNOWN}", self.url), DEADLINE).await
    }
}

fn good(url: &str) -> Value {
    json!({"issuer": url, "jwks_uri": format!("{url}/keys")})
}

fn keys() -> Value {
    json!({"keys": [{"kty": "RSA", "use": "sig", "kid": "1"}]})
}

fn fault_path(check: IssuerCheck) -> &'static str {
    match check {
        IssuerCheck::Faulty(fault) => fault.path,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_sound_issuer_is_sound() {
    let issuer = Issuer::publishing(good, keys()).await;
    assert_eq!(issuer.check().await, IssuerCheck::Sound { keys: 1 });
}

#[tokio::test]
async fn an_issuer_that_calls_itself_otherwise_is_faulty() {
    let issuer = Issuer::publishing(|url| json!({"issuer": format!("{url}/"), "jwks_uri": "x"}), keys()).await;
    assert_eq!(fault_path(issuer.check().await), "issuer");
}

#[tokio::test]
async fn an_issuer_without_a_signing_key_is_faulty() {
    let issuer = Issuer::publishing(good, json!({"keys": [{"kty": "oct"}]})).await;
    assert_eq!(fault_path(issuer.check().await), "signing keys");
}

#[tokio::test]
async fn a_missing_document_missing_keys_and_a_page_of_html_are_faulty() {
    let nothing = Issuer::serving(|_| Router::new()).await;
    assert_eq!(fault_path(nothing.check().await), "discovery document");
    let document_alone = Issuer::serving(|url| {
        let document = good(url);
        Router::new().route(WELL_KNOWN, get(|| async move { Json(document) }))
    })
    .await;
    assert_eq!(fault_path(document_alone.check().await), "signing keys");
    let page = Issuer::serving(|_| Router::new().route(WELL_KNOWN, get(|| async { "<html>log in</html>" }))).await;
    assert_eq!(fault_path(page.check().await), "discovery document");
}

#[tokio::test]
async fn an_issuer_in_trouble_or_out_of_reach_gave_no_answer() {
    let busy = Issuer::serving(|_| Router::new().fallback(|| async { StatusCode::SERVICE_UNAVAILABLE })).await;
    assert!(matches!(busy.check().await, IssuerCheck::Unanswered(reason) if reason.contains("503")));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let check = check_issuer(&format!("http://{address}{WELL_KNOWN}"), DEADLINE).await;
    assert!(matches!(check, IssuerCheck::Unanswered(_)), "{check:?}");
}

#[tokio::test]
async fn an_issuer_that_never_answers_ends_with_the_deadline() {
    let silent =
        Issuer::serving(|_| Router::new().fallback(|| async { std::future::pending::<StatusCode>().await })).await;
    let check = check_issuer(&format!("{}{WELL_KNOWN}", silent.url), Duration::from_millis(50)).await;
    assert!(matches!(check, IssuerCheck::Unanswered(_)), "{check:?}");
}
