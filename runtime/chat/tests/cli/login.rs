//! Login, refresh and logout against the test issuer.

use std::time::SystemTime;

use chat::{
    Token,
    login::{Account, Approval, Issuer, MayLogIn, StoredTokens, TokenCache, TokenSource},
};
use contract::Connection;
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::{
    agent::TestAgent,
    client::{Home, connection},
    issuer::TestIssuer,
};

/// The binary installs a provider of its own; a test that calls the library does it here.
fn install_provider() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

fn account(issuer: &TestIssuer) -> Account {
    Account { issuer: issuer.url.clone(), client_id: "chat".into(), scopes: vec!["openid".into()] }
}

fn local_connection(issuer: &TestIssuer) -> Connection {
    Connection {
        version: Connection::VERSION,
        environment: "local".into(),
        region: "eu-west-1".into(),
        function_url: "http://127.0.0.1:9/".into(),
        gateway_url: String::new(),
        issuer: issuer.url.clone(),
        client_id: "chat".into(),
        scopes: vec!["openid".into()],
        redirect_port: 0,
        local: true,
    }
}

fn source(issuer: &TestIssuer, cache: &TokenCache) -> TokenSource {
    TokenSource::new(&local_connection(issuer), cache.clone(), MayLogIn::No, "chat login".into())
}

fn stored(issuer: &TestIssuer, seconds_left: u64) -> StoredTokens {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    StoredTokens {
        account: account(issuer),
        access_token: Token::parse("access-cached", "a test").unwrap(),
        refresh_token: Some(Token::parse("refresh-secret", "a test").unwrap()),
        expires_at: Some(now + seconds_left),
    }
}

#[tokio::test]
async fn a_local_issuer_is_followed_without_a_browser() {
    install_provider();
    let issuer = TestIssuer::start().await;
    let discovered = Issuer::discover(&account(&issuer)).await.unwrap();
    let tokens = discovered.log_in(0, &Approval::Follow).await.unwrap();
    assert_eq!(tokens.access_token.expose(), "access-login-1");
    let asked = issuer.ledger().last_authorization.clone();
    assert!(asked["redirect_uri"].starts_with("http://127.0.0.1:") && asked["redirect_uri"].ends_with("/callback"));
    assert!(!asked["state"].is_empty() && !asked["nonce"].is_empty());
}

#[tokio::test]
async fn a_registered_redirect_port_is_used() {
    install_provider();
    let issuer = TestIssuer::start().await;
    let discovered = Issuer::discover(&account(&issuer)).await.unwrap();
    discovered.log_in(8765, &Approval::Follow).await.unwrap();
    assert_eq!(issuer.ledger().last_authorization["redirect_uri"], "http://127.0.0.1:8765/callback");
}

#[tokio::test]
async fn an_identity_token_for_another_login_is_refused() {
    install_provider();
    let issuer = TestIssuer::start().await;
    issuer.ledger().wrong_nonce = true;
    let discovered = Issuer::discover(&account(&issuer)).await.unwrap();
    let failure = discovered.log_in(0, &Approval::Follow).await.unwrap_err();
    assert_eq!(failure.code(), "login/refused");
    assert!(failure.to_string().contains("identity token"), "{failure}");
}

#[tokio::test]
async fn an_answer_that_names_another_issuer_is_refused() {
    install_provider();
    let issuer = TestIssuer::start().await;
    issuer.ledger().names_itself = Some(issuer.url.clone());
    let discovered = Issuer::discover(&account(&issuer)).await.unwrap();
    discovered.log_in(0, &Approval::Follow).await.unwrap();
    issuer.ledger().names_itself = Some("https://evil.example".into());
    let failure = discovered.log_in(0, &Approval::Follow).await.unwrap_err();
    assert!(failure.to_string().contains("the answer is of issuer https://evil.example"), "{failure}");
}

#[tokio::test]
async fn an_issuer_may_write_itself_with_a_slash_at_the_end() {
    install_provider();
    let issuer = TestIssuer::start().await;
    issuer.ledger().call_itself(&format!("{}/", issuer.url));
    let discovered = Issuer::discover(&account(&issuer)).await.unwrap();
    assert!(discovered.log_in(0, &Approval::Follow).await.is_ok());
    issuer.ledger().call_itself("https://another.example");
    assert_eq!(Issuer::discover(&account(&issuer)).await.err().unwrap().code(), "login/discovery");
}

#[tokio::test]
async fn an_issuer_that_knows_no_offline_access_is_not_asked_for_it() {
    install_provider();
    let issuer = TestIssuer::start().await;
    issuer.ledger().scopes = Some(vec!["openid", "email"]);
    let scopes = vec!["openid".into(), "offline_access".into()];
    let discovered = Issuer::discover(&Account { scopes, ..account(&issuer) }).await.unwrap();
    discovered.log_in(0, &Approval::Follow).await.unwrap();
    assert_eq!(issuer.ledger().last_authorization["scope"], "openid");
    let unknown = Account { scopes: vec!["openid".into(), "agent.ask".into()], ..account(&issuer) };
    let failure = Issuer::discover(&unknown).await.unwrap().log_in(0, &Approval::Follow).await.unwrap_err();
    assert!(failure.to_string().contains("invalid_scope"), "{failure}");
}

#[tokio::test]
async fn an_issuer_that_is_none_is_named() {
    install_provider();
    let issuer = TestIssuer::start().await;
    let wrong = Account { issuer: format!("{}/other", issuer.url), ..account(&issuer) };
    let failure = Issuer::discover(&wrong).await.err().unwrap();
    assert_eq!(failure.code(), "login/discovery");
    assert!(failure.to_string().contains("/oauth2/default/other"), "{failure}");
}

#[tokio::test]
async fn a_fresh_token_is_taken_from_the_cache() {
    install_provider();
    let (issuer, folder) = (TestIssuer::start().await, tempfile::tempdir().unwrap());
    let cache = TokenCache::new(folder.path());
    cache.save(&stored(&issuer, 600)).await.unwrap();
    assert_eq!(source(&issuer, &cache).current().await.unwrap().expose(), "access-cached");
}

#[tokio::test]
async fn a_token_is_refreshed_before_it_expires() {
    install_provider();
    let (issuer, folder) = (TestIssuer::start().await, tempfile::tempdir().unwrap());
    let cache = TokenCache::new(folder.path());
    cache.save(&stored(&issuer, 30)).await.unwrap();
    assert_eq!(source(&issuer, &cache).current().await.unwrap().expose(), "access-refreshed-1");
    assert_eq!(cache.load(&account(&issuer)).await.unwrap().unwrap().access_token.expose(), "access-refreshed-1");
    assert_eq!(issuer.ledger().logins, 0);
}

#[tokio::test]
async fn a_refresh_token_that_is_no_longer_taken_leads_to_a_login() {
    install_provider();
    let (issuer, folder) = (TestIssuer::start().await, tempfile::tempdir().unwrap());
    issuer.ledger().takes_refresh_tokens = false;
    let cache = TokenCache::new(folder.path());
    cache.save(&stored(&issuer, 0)).await.unwrap();
    assert_eq!(source(&issuer, &cache).current().await.unwrap().expose(), "access-login-1");
}

#[tokio::test]
async fn a_rejected_token_is_renewed_unless_another_client_did_it() {
    install_provider();
    let (issuer, folder) = (TestIssuer::start().await, tempfile::tempdir().unwrap());
    let cache = TokenCache::new(folder.path());
    cache.save(&stored(&issuer, 600)).await.unwrap();
    let source = source(&issuer, &cache);
    let older = Token::parse("access-older", "a test").unwrap();
    assert_eq!(source.after_rejection(&older).await.unwrap().unwrap().expose(), "access-cached");
    let cached = Token::parse("access-cached", "a test").unwrap();
    assert_eq!(source.after_rejection(&cached).await.unwrap().unwrap().expose(), "access-refreshed-1");
}

#[tokio::test]
async fn two_clients_at_once_refresh_once() {
    install_provider();
    let (issuer, folder) = (TestIssuer::start().await, tempfile::tempdir().unwrap());
    let cache = TokenCache::new(folder.path());
    cache.save(&stored(&issuer, 0)).await.unwrap();
    let (one, other) = (source(&issuer, &cache), source(&issuer, &cache));
    let (one, other) = tokio::join!(one.current(), other.current());
    assert_eq!(one.unwrap(), other.unwrap());
    let ledger = issuer.ledger();
    assert_eq!((ledger.refreshes, ledger.logins), (1, 0));
}

#[tokio::test]
async fn login_by_browser_waits_at_the_redirect_and_logout_forgets() {
    let (issuer, agent) = (TestIssuer::start().await, TestAgent::start(vec![]).await);
    let mut remote = connection(&agent, &issuer);
    remote.local = false;
    let home = Home::with(&remote);
    let mut child = home.command(&["--env", "local", "login"]).spawn().unwrap();
    let mut remarks = BufReader::new(child.stderr.take().unwrap()).lines();
    let address = loop {
        let line = remarks.next_line().await.unwrap().expect("the address is shown");
        if line.starts_with("http") {
            break line;
        }
    };
    install_provider();
    let page = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let shown = page.get(address).send().await.unwrap().text().await.unwrap();
    assert!(shown.contains("You are logged in"), "{shown}");
    assert!(child.wait().await.unwrap().success());
    assert_eq!(issuer.ledger().logins, 1);

    let cache = TokenCache::new(home.state().join("tokens"));
    let kept = Account { scopes: remote.scopes.clone(), ..account(&issuer) };
    assert!(cache.load(&kept).await.unwrap().is_some());
    let ran = home.run(&["--env", "local", "logout"]).await;
    assert!(ran.status == 0 && ran.remarks.contains("forgotten"), "{ran:?}");
    assert!(cache.load(&kept).await.unwrap().is_none());
}
