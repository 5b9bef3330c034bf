//! Codes, refresh tokens and client credentials, as clients ask for them.

use openidconnect::core::CoreProviderMetadata;
use serde_json::json;

use super::fixture::{VERIFIER, World, parameter};

#[tokio::test]
async fn openidconnect_discovers_the_issuer() {
    let world = World::start().await;
    let http = world.http.clone();
    let client = move |request: openidconnect::HttpRequest| {
        let http = http.clone();
        async move {
            let answer = http.get(request.uri().to_string()).send().await?;
            let mut response = http::Response::new(Vec::new());
            *response.status_mut() = answer.status();
            *response.headers_mut() = answer.headers().clone();
            *response.body_mut() = answer.bytes().await?.to_vec();
            Ok::<_, reqwest::Error>(response)
        }
    };
    let issuer = openidconnect::IssuerUrl::new(world.identifier.clone()).unwrap();
    let metadata = CoreProviderMetadata::discover_async(issuer, &client).await.unwrap();
    assert_eq!(metadata.jwks().keys().len(), 1);
    let scopes = metadata.scopes_supported().unwrap();
    assert!(scopes.iter().any(|scope| scope.as_str() == "offline_access"));
}

#[tokio::test]
async fn a_code_with_its_verifier_gives_oktas_tokens_once() {
    let world = World::start().await;
    let (status, location) = world.authorize(&[("login_hint", "ada@example.com")]).await;
    let location = location.unwrap();
    assert_eq!((status, parameter(&location, "state")), (302, Some("s1".into())));
    let code = parameter(&location, "code").unwrap();
    let (status, tokens) = world.redeem(&code, VERIFIER).await;
    assert_eq!((status, &tokens["expires_in"]), (200, &json!(3600)));
    let access = world.claims(&tokens["access_token"]).await;
    assert_eq!((&access["sub"], &access["cid"]), (&json!("ada@example.com"), &json!("chat-local")));
    assert_eq!((&access["aud"], &access["iss"]), (&json!("api://default"), &json!(world.identifier)));
    assert_eq!(access["scp"], json!(["openid", "profile", "offline_access"]));
    assert_eq!(access["exp"].as_i64().unwrap() - access["iat"].as_i64().unwrap(), 3600);
    let identity = world.claims(&tokens["id_token"]).await;
    assert_eq!((&identity["aud"], &identity["nonce"]), (&json!("chat-local"), &json!("n1")));
    assert_eq!(identity["sub"], access["uid"]);
    assert_eq!(world.redeem(&code, VERIFIER).await.1["error"], "invalid_grant");
}

#[tokio::test]
async fn a_wrong_verifier_spends_the_code() {
    let world = World::start().await;
    let code = world.code().await;
    let (status, answer) = world.redeem(&code, "another-verifier-of-forty-three-characters-").await;
    assert_eq!((status, &answer["error"]), (400, &json!("invalid_grant")));
    assert_eq!(world.redeem(&code, VERIFIER).await.1["error"], "invalid_grant");
}

#[tokio::test]
async fn refresh_tokens_rotate() {
    let world = World::start().await;
    let (_, first) = world.redeem(&world.code().await, VERIFIER).await;
    let first = first["refresh_token"].as_str().unwrap().to_string();
    let (status, second) = world.refresh(&first).await;
    assert_eq!(status, 200);
    assert_ne!(second["refresh_token"], first.as_str());
    assert_eq!(world.refresh(&first).await.1["error"], "invalid_grant");
}

#[tokio::test]
async fn authorization_errors_go_to_the_client_only_when_its_address_is_good() {
    let world = World::start().await;
    for (change, error) in [
        (("code_challenge_method", "plain"), "invalid_request"),
        (("response_type", "token"), "unsupported_response_type"),
        (("scope", "openid admin"), "invalid_scope"),
        (("client_id", "smoke-local"), "unauthorized_client"),
    ] {
        let (status, location) = world.authorize(&[change]).await;
        let found = location.and_then(|location| parameter(&location, "error"));
        assert_eq!((status, found.as_deref()), (302, Some(error)), "{change:?}");
    }
    for change in [
        ("redirect_uri", "http://example.com/"),
        ("redirect_uri", "https://127.0.0.1/"),
        ("redirect_uri", "http://127.0.0.1.example.com/"),
        ("client_id", "nobody"),
    ] {
        assert_eq!(world.authorize(&[change]).await, (400, None), "{change:?}");
    }
    assert_eq!(world.authorize(&[("redirect_uri", "http://localhost:1/")]).await.0, 302);
}

#[tokio::test]
async fn client_credentials_need_the_secret_by_form_or_basic() {
    let world = World::start().await;
    let secret = world.secret();
    let form = |secret| [("grant_type", "client_credentials"), ("client_id", "smoke-local"), ("client_secret", secret)];
    let (status, tokens) = world.token(&form(&secret)).await;
    assert_eq!(status, 200);
    let claims = world.claims(&tokens["access_token"]).await;
    assert_eq!((&claims["sub"], claims.get("uid")), (&json!("smoke-local"), None));
    let (status, refused) = world.token(&form("guess")).await;
    assert_eq!((status, &refused["error"]), (401, &json!("invalid_client")));
    let request = world.http.post(format!("{}/v1/token", world.identifier));
    let by_basic = request.basic_auth("smoke-local", Some(&secret)).form(&[("grant_type", "client_credentials")]);
    assert_eq!(by_basic.send().await.unwrap().status(), 200);
    let (_, refused) = world.token(&[("grant_type", "client_credentials"), ("client_id", "chat-local")]).await;
    assert_eq!(refused["error"], "unauthorized_client");
}
