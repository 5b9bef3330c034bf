//! Logins of devices over HTTP.

use serde_json::json;

use super::fixture::World;

#[tokio::test]
async fn a_device_logs_in_when_the_page_was_opened_and_not_before() {
    let world = World::start().await;
    let asked = world.device(&[("client_id", "chat-local"), ("scope", "openid offline_access")]).await;
    assert_eq!((asked.0, &asked.1["expires_in"], &asked.1["interval"]), (200, &json!(600), &json!(1)));
    let code = asked.1["device_code"].as_str().unwrap();
    assert_eq!(world.poll(code).await.1["error"], "authorization_pending");
    let page = format!("{}&login_hint=ada@example.com", asked.1["verification_uri_complete"].as_str().unwrap());
    assert_eq!(world.http.get(&page).send().await.unwrap().status(), 200);
    assert_eq!(world.http.get(&page).send().await.unwrap().status(), 404, "a code is answered once");
}

#[tokio::test]
async fn an_approved_device_gets_the_tokens_of_its_user() {
    let world = World::start().await;
    let (_, codes) = world.device(&[("client_id", "chat-local"), ("scope", "openid offline_access")]).await;
    let page = format!("{}&login_hint=ada@example.com", codes["verification_uri_complete"].as_str().unwrap());
    world.http.get(&page).send().await.unwrap();
    let (status, tokens) = world.poll(codes["device_code"].as_str().unwrap()).await;
    assert_eq!((status, world.claims(&tokens["access_token"]).await["sub"].as_str()), (200, Some("ada@example.com")));
    let (status, _) = world.refresh(tokens["refresh_token"].as_str().unwrap()).await;
    assert_eq!(status, 200);
    assert_eq!(world.poll(codes["device_code"].as_str().unwrap()).await.1["error"], "invalid_grant");
}

#[tokio::test]
async fn a_user_can_say_no_and_only_known_codes_are_answered() {
    let world = World::start().await;
    let (_, codes) = world.device(&[("client_id", "chat-local"), ("scope", "openid")]).await;
    let page = format!("{}&decision=deny", codes["verification_uri_complete"].as_str().unwrap());
    world.http.get(&page).send().await.unwrap();
    assert_eq!(world.poll(codes["device_code"].as_str().unwrap()).await.1["error"], "access_denied");
    let form = world.http.get(codes["verification_uri"].as_str().unwrap()).send().await.unwrap();
    assert!(form.text().await.unwrap().contains("<form>"));
    let unknown = world.http.get(format!("{}/activate?user_code=AAAA-AAAA", world.identifier)).send().await.unwrap();
    assert_eq!(unknown.status(), 404);
}

#[tokio::test]
async fn only_the_chat_client_logs_devices_in() {
    let world = World::start().await;
    let secret = world.secret();
    for (form, status, error) in [
        (vec![("client_id", "chat-local")], 400, "invalid_request"),
        (vec![("client_id", "chat-local"), ("scope", "admin")], 400, "invalid_scope"),
        (vec![("client_id", "nobody"), ("scope", "openid")], 401, "invalid_client"),
        (
            vec![("client_id", "smoke-local"), ("client_secret", &secret), ("scope", "openid")],
            400,
            "unauthorized_client",
        ),
    ] {
        let (found, answer) = world.device(&form).await;
        assert_eq!((found, &answer["error"]), (status, &json!(error)), "{form:?}");
    }
}
