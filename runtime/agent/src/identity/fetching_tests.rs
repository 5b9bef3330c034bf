//! The verifier against an issuer on this machine that answers as it is told.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use futures::future::join_all;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};
use tokio::net::TcpListener;

use super::discovery::Discovery;
use super::keys::IssuerKeys;
use super::signature::{self, TokenHeader};
use super::signer::{NOW, Signer, claims, ec_signer, rules};
use super::{IssuerVerifier, TokenVerifier};
use crate::failure::{Code, Failure};
use crate::token::Token;

const DOCUMENT: &str = "/.well-known/openid-configuration";

/// What the issuer does with a request.
#[derive(Clone)]
enum Manner {
    Publishes(Value),
    Fails,
    Hangs,
    Redirects,
    Floods,
    CallsItself(String),
}

struct World {
    address: String,
    manner: Mutex<Manner>,
    /// Discovery documents that were asked for.
    asked: AtomicUsize,
}

async fn issuer_with(keys: &[&Signer]) -> Arc<World> {
    crate::clients::install_tls_provider();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let manner = Mutex::new(Manner::Publishes(json!({})));
    let world = Arc::new(World { address, manner, asked: AtomicUsize::new(0) });
    world.publishes(keys);
    let router = Router::new().route(DOCUMENT, get(document)).route("/keys", get(keys_of)).with_state(world.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    world
}

async fn document(State(world): State<Arc<World>>) -> Response {
    world.asked.fetch_add(1, Ordering::SeqCst);
    let document = |issuer: &str| json!({"issuer": issuer, "jwks_uri": format!("{}/keys", world.address)}).to_string();
    match world.manner() {
        Manner::Publishes(_) => document(&world.address).into_response(),
        Manner::CallsItself(name) => document(&name).into_response(),
        Manner::Fails => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Manner::Hangs => std::future::pending().await,
        Manner::Redirects => Redirect::temporary(&format!("{}/elsewhere", world.address)).into_response(),
        Manner::Floods => "x".repeat(300 * 1024).into_response(),
    }
}

async fn keys_of(State(world): State<Arc<World>>) -> String {
    match world.manner() {
        Manner::Publishes(keys) => keys.to_string(),
        _ => json!({"keys": []}).to_string(),
    }
}

impl World {
    fn manner(&self) -> Manner {
        self.manner.lock().unwrap().clone()
    }

    fn behaves(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    /// These keys, and two of kinds that nobody here knows.
    fn publishes(&self, keys: &[&Signer]) {
        let mut all = vec![json!({"kty": "AKP", "alg": "ML-DSA-44", "kid": "new"}), json!({"kid": 7})];
        all.extend(keys.iter().map(|signer| signer.public.clone()));
        self.behaves(Manner::Publishes(json!({"keys": all})));
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn keys(&self) -> IssuerKeys {
        IssuerKeys::new(Discovery::new(&rules(&self.address)).unwrap())
    }
}

fn wanted(signer: &Signer) -> TokenHeader {
    signature::header(&signer.sign(&claims(json!({})))).unwrap()
}

async fn found(keys: &IssuerKeys, signer: &Signer, at: OffsetDateTime) -> Result<String, Code> {
    keys.find(&wanted(signer), at).await.map(|key| key.issuer).map_err(|failure| failure.code)
}

#[tokio::test]
async fn a_token_of_the_issuer_is_verified() {
    let signer = ec_signer("a");
    let world = issuer_with(&[&signer]).await;
    let verifier = IssuerVerifier::new(Some(rules(&world.address))).unwrap();
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let times = json!({"iss": world.address, "iat": now, "exp": now + 60});
    let token = |changes| Token::parse(&signer.sign(&claims(changes))).unwrap().unwrap();
    let user = verifier.verify(&token(times)).await.unwrap();
    assert_eq!((user.issuer.as_str(), user.subject.as_str()), (world.address.as_str(), "ada@example.com"));
    let old = json!({"iss": world.address, "iat": now - 3600, "exp": now - 61});
    assert_eq!(verifier.verify(&token(old)).await.unwrap_err().code, Code::TokenExpired);
    assert_eq!(world.asked(), 1, "keys are kept, verdicts are not");
}

#[tokio::test]
async fn without_rules_no_token_is_good() {
    let verifier = IssuerVerifier::new(None).unwrap();
    let token = Token::parse(&ec_signer("a").sign(&claims(json!({})))).unwrap().unwrap();
    let failure: Failure = verifier.verify(&token).await.unwrap_err();
    assert_eq!(failure.code, Code::TokenRefused);
    assert!(failure.message.contains("accepts no tokens"), "{failure}");
}

#[tokio::test]
async fn a_crowd_asks_the_issuer_once() {
    let signer = ec_signer("a");
    let world = issuer_with(&[&signer]).await;
    let keys = world.keys();
    let all = join_all((0..20).map(|_| found(&keys, &signer, NOW))).await;
    assert!(all.iter().all(|one| one.as_ref() == Ok(&world.address)), "{all:?}");
    assert_eq!(world.asked(), 1);
}

#[tokio::test]
async fn keys_rotate_and_an_unknown_one_asks_at_most_every_half_minute() {
    let (old, new) = (ec_signer("old"), ec_signer("new-key"));
    let world = issuer_with(&[&old]).await;
    let keys = world.keys();
    assert!(found(&keys, &old, NOW).await.is_ok());
    world.publishes(&[&new]);
    for second in [1, 29] {
        assert_eq!(found(&keys, &new, NOW + Duration::seconds(second)).await, Err(Code::TokenRefused));
    }
    assert_eq!(world.asked(), 1);
    assert!(found(&keys, &new, NOW + Duration::seconds(30)).await.is_ok());
    assert_eq!(found(&keys, &old, NOW + Duration::seconds(31)).await, Err(Code::TokenRefused));
    assert_eq!(world.asked(), 2);
}

#[tokio::test]
async fn keys_are_read_again_after_an_hour() {
    let (old, new) = (ec_signer("old"), ec_signer("new-key"));
    let world = issuer_with(&[&old]).await;
    let keys = world.keys();
    assert!(found(&keys, &old, NOW).await.is_ok());
    world.publishes(&[&new]);
    assert!(found(&keys, &old, NOW + Duration::minutes(59)).await.is_ok());
    assert_eq!(found(&keys, &old, NOW + Duration::minutes(60)).await, Err(Code::TokenRefused), "a withdrawn key");
}

#[tokio::test]
async fn an_outage_leaves_the_last_keys_good_for_a_day() {
    let (known, new) = (ec_signer("known"), ec_signer("new-key"));
    let world = issuer_with(&[&known]).await;
    let keys = world.keys();
    assert!(found(&keys, &known, NOW).await.is_ok());
    world.behaves(Manner::Fails);
    let later = NOW + Duration::hours(23);
    assert!(found(&keys, &known, later).await.is_ok());
    assert!(found(&keys, &known, later + Duration::seconds(10)).await.is_ok());
    assert_eq!(world.asked(), 2, "the issuer is left alone for a while");
    assert_eq!(found(&keys, &new, later).await, Err(Code::TokenIssuerUnavailable));
    assert_eq!(found(&keys, &known, NOW + Duration::hours(24)).await, Err(Code::TokenIssuerUnavailable));
    world.publishes(&[&known]);
    assert!(found(&keys, &known, NOW + Duration::hours(25)).await.is_ok());
}

#[tokio::test]
async fn an_issuer_that_misbehaves_gives_no_keys() {
    let signer = ec_signer("a");
    let world = issuer_with(&[&signer]).await;
    let manners = [
        (Manner::Fails, "HTTP 503"),
        (Manner::Redirects, "HTTP 307"),
        (Manner::Floods, "more than"),
        (Manner::CallsItself("https://other.example".into()), "another issuer"),
    ];
    for (manner, cause) in manners {
        world.behaves(manner);
        let failure = world.keys().find(&wanted(&signer), NOW).await.unwrap_err();
        assert_eq!(failure.code, Code::TokenIssuerUnavailable);
        assert!(failure.message.contains(cause), "{failure}");
        assert!(!failure.message.contains(&world.address), "{failure}");
    }
}

#[tokio::test]
async fn an_issuer_may_call_itself_with_a_slash_at_its_end() {
    let world = issuer_with(&[]).await;
    let name = format!("{}/", world.address);
    world.behaves(Manner::CallsItself(name.clone()));
    assert_eq!(Discovery::new(&rules(&world.address)).unwrap().read().await.unwrap().issuer, name);
}

#[tokio::test]
async fn a_slow_issuer_is_given_up() {
    let world = issuer_with(&[]).await;
    world.behaves(Manner::Hangs);
    let discovery = Discovery::new(&rules(&world.address)).unwrap().within(std::time::Duration::from_millis(200));
    assert_eq!(discovery.read().await.unwrap_err(), "no answer within 200 ms");
}

#[test]
fn keys_never_come_over_plain_http_from_elsewhere() {
    crate::clients::install_tls_provider();
    let refused = Discovery::new(&rules("http://issuer.example")).err().unwrap();
    assert!(refused.message.contains("must be https"), "{refused}");
    assert!(Discovery::new(&rules("https://issuer.example")).is_ok());
}
