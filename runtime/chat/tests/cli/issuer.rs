//! An OpenID issuer that approves at once, insists on PKCE and counts what it is asked.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
    time::SystemTime,
};

use axum::{
    Form, Json, Router,
    extract::{Query, State},
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use openidconnect::{
    PrivateSigningKey,
    core::{CoreEdDsaPrivateSigningKey, CoreJwsSigningAlgorithm},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::{net::TcpListener, task::JoinHandle};

pub struct TestIssuer {
    pub url: String,
    ledger: Arc<Mutex<Ledger>>,
    server: JoinHandle<()>,
}

/// What the issuer knows, and how it is to behave.
pub struct Ledger {
    issuer: String,
    key: CoreEdDsaPrivateSigningKey,
    /// Codes that were given out, with the query that asked for each.
    codes: HashMap<String, HashMap<String, String>>,
    pub logins: usize,
    pub refreshes: usize,
    pub lifetime_seconds: u64,
    pub takes_refresh_tokens: bool,
    pub wrong_nonce: bool,
    /// What an authorization answer says of its issuer (RFC 9207).
    pub names_itself: Option<String>,
    /// `scopes_supported`; a login that asks for another is refused.
    pub scopes: Option<Vec<&'static str>>,
    pub offers_device_code: bool,
    /// Errors of the next polls with a device code; then there are tokens.
    pub device_answers: VecDeque<&'static str>,
    pub polls: usize,
    /// Tokens that were revoked.
    pub revoked: Vec<String>,
    pub last_authorization: HashMap<String, String>,
}

type Shared = Arc<Mutex<Ledger>>;

impl TestIssuer {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/oauth2/default", listener.local_addr().unwrap());
        let ledger = Arc::new(Mutex::new(Ledger::new(&url)));
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .route("/revoke", post(revoke))
            .route("/device/authorize", post(device));
        let router = Router::new().nest("/oauth2/default", routes).with_state(ledger.clone());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, ledger, server }
    }

    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap()
    }
}

impl Drop for TestIssuer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Ledger {
    fn new(issuer: &str) -> Self {
        Self {
            issuer: issuer.into(),
            key: random_key(),
            codes: HashMap::new(),
            logins: 0,
            refreshes: 0,
            lifetime_seconds: 3600,
            takes_refresh_tokens: true,
            wrong_nonce: false,
            names_itself: None,
            scopes: None,
            offers_device_code: true,
            device_answers: VecDeque::new(),
            polls: 0,
            revoked: Vec::new(),
            last_authorization: HashMap::new(),
        }
    }

    /// The discovery document from now on names this issuer.
    pub fn call_itself(&mut self, issuer: &str) {
        self.issuer = issuer.into();
    }

    fn poll(&mut self, form: &HashMap<String, String>) -> Result<Value, &'static str> {
        if form["device_code"] != "device-secret" || form["client_id"] != "chat" {
            return Err("invalid_grant");
        }
        self.polls += 1;
        match self.device_answers.pop_front() {
            Some(error) => Err(error),
            None => {
                self.logins += 1;
                Ok(self.tokens(&format!("access-device-{}", self.logins)))
            }
        }
    }

    fn identity_token(&self, nonce: &str) -> String {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        let nonce = if self.wrong_nonce { "another" } else { nonce };
        let claims = json!({
            "iss": self.issuer, "aud": "chat", "sub": "ada", "iat": now, "exp": now + 300, "nonce": nonce,
        });
        let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encoded(&json!({"alg": "EdDSA"})), encoded(&claims));
        let signature = self.key.sign(&CoreJwsSigningAlgorithm::EdDsa, signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn redeem(&mut self, form: &HashMap<String, String>) -> Result<Value, &'static str> {
        let asked = self.codes.remove(&form["code"]).ok_or("unknown code")?;
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"]));
        if asked["code_challenge"] != challenge || asked["redirect_uri"] != form["redirect_uri"] {
            return Err("the verifier or the redirect URI is another");
        }
        self.logins += 1;
        let mut answer = self.tokens(&format!("access-login-{}", self.logins));
        answer["id_token"] = self.identity_token(&asked["nonce"]).into();
        Ok(answer)
    }

    fn refresh(&mut self, form: &HashMap<String, String>) -> Result<Value, &'static str> {
        if !self.takes_refresh_tokens || form["refresh_token"] != "refresh-secret" {
            return Err("the refresh token is not valid");
        }
        self.refreshes += 1;
        Ok(self.tokens(&format!("access-refreshed-{}", self.refreshes)))
    }

    fn tokens(&self, access_token: &str) -> Value {
        json!({
            "access_token": access_token, "token_type": "Bearer",
            "expires_in": self.lifetime_seconds, "refresh_token": "refresh-secret",
        })
    }
}

/// PKCS#8 of 32 random bytes (RFC 8410, section 7).
fn random_key() -> CoreEdDsaPrivateSigningKey {
    let mut der = hex::decode("302e020100300506032b657004220420").unwrap();
    der.extend([uuid::Uuid::new_v4().into_bytes(), uuid::Uuid::new_v4().into_bytes()].concat());
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der));
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(&pem, None).unwrap()
}

async fn discovery(State(ledger): State<Shared>) -> Json<Value> {
    let ledger = ledger.lock().unwrap();
    let issuer = &ledger.issuer;
    let base = issuer.trim_end_matches('/');
    let mut document = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{base}/authorize"),
        "token_endpoint": format!("{base}/token"),
        "revocation_endpoint": format!("{base}/revoke"),
        "jwks_uri": format!("{base}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA"],
        "authorization_response_iss_parameter_supported": ledger.names_itself.is_some(),
    });
    if ledger.offers_device_code {
        document["device_authorization_endpoint"] = format!("{base}/device/authorize").into();
    }
    if let Some(scopes) = &ledger.scopes {
        document["scopes_supported"] = json!(scopes);
    }
    Json(document)
}

async fn device(State(ledger): State<Shared>, Form(form): Form<HashMap<String, String>>) -> Response {
    if form["client_id"] != "chat" || form["scope"].is_empty() {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let issuer = ledger.lock().unwrap().issuer.clone();
    Json(json!({
        "device_code": "device-secret", "user_code": "WDJB-MJHT", "expires_in": 600, "interval": 0,
        "verification_uri": format!("{issuer}/activate"),
        "verification_uri_complete": format!("{issuer}/activate?user_code=WDJB-MJHT"),
    }))
    .into_response()
}

async fn revoke(State(ledger): State<Shared>, Form(form): Form<HashMap<String, String>>) -> StatusCode {
    if form["client_id"] != "chat" || form["token_type_hint"] != "refresh_token" {
        return StatusCode::BAD_REQUEST;
    }
    ledger.lock().unwrap().revoked.push(form["token"].clone());
    StatusCode::OK
}

async fn keys(State(ledger): State<Shared>) -> Json<Value> {
    let key = serde_json::to_value(ledger.lock().unwrap().key.as_verification_key()).unwrap();
    Json(json!({ "keys": [key] }))
}

async fn authorize(State(ledger): State<Shared>, Query(query): Query<HashMap<String, String>>) -> Response {
    if query["response_type"] != "code" || query["code_challenge_method"] != "S256" || query["client_id"] != "chat" {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let mut ledger = ledger.lock().unwrap();
    let knows = |scope: &str| ledger.scopes.as_ref().is_none_or(|scopes| scopes.contains(&scope));
    let (target, state) = (&query["redirect_uri"], &query["state"]);
    if !query["scope"].split(' ').all(knows) {
        let location = format!("{target}?error=invalid_scope&state={state}");
        return (StatusCode::FOUND, [(LOCATION, location)]).into_response();
    }
    let code = uuid::Uuid::new_v4().to_string();
    let named = ledger.names_itself.as_ref().map(|issuer| format!("&iss={issuer}")).unwrap_or_default();
    let location = format!("{target}?code={code}&state={state}{named}");
    ledger.last_authorization.clone_from(&query);
    ledger.codes.insert(code, query);
    (StatusCode::FOUND, [(LOCATION, location)]).into_response()
}

async fn token(State(ledger): State<Shared>, Form(form): Form<HashMap<String, String>>) -> Response {
    let mut ledger = ledger.lock().unwrap();
    let answer = match form["grant_type"].as_str() {
        "authorization_code" => ledger.redeem(&form),
        "refresh_token" => ledger.refresh(&form),
        "urn:ietf:params:oauth:grant-type:device_code" => {
            return answered(ledger.poll(&form).map_err(|error| json!({ "error": error })));
        }
        _ => Err("unknown grant"),
    };
    answered(answer.map_err(|reason| json!({"error": "invalid_grant", "error_description": reason})))
}

fn answered(answer: Result<Value, Value>) -> Response {
    match answer {
        Ok(tokens) => Json(tokens).into_response(),
        Err(error) => (StatusCode::BAD_REQUEST, Json(error)).into_response(),
    }
}
