//! Login by device code (RFC 8628), where there is no browser.

use crate::{
    agent::{Reply, TestAgent, noon},
    client::{Home, Ran, connection},
    issuer::TestIssuer,
};

/// Logs in at an issuer that is not the local platform's, so that a person has to approve.
async fn log_in(issuer: &TestIssuer, words: &[&str]) -> Ran {
    let agent = TestAgent::start(vec![]).await;
    let mut remote = connection(&agent, issuer);
    remote.local = false;
    let home = Home::with(&remote);
    let words = [&["--env", "local", "login"], words].concat();
    let output = home.command(&words).env_remove("BROWSER").output();
    crate::client::finish(output.await.unwrap())
}

#[tokio::test]
async fn the_code_is_shown_and_the_issuer_is_asked_until_the_person_has_decided() {
    let issuer = TestIssuer::start().await;
    issuer.ledger().device_answers = ["authorization_pending", "slow_down"].into();
    let ran = log_in(&issuer, &["--device"]).await;
    assert_eq!(ran.status, 0, "{ran:?}");
    let address = format!("{}/activate\n", issuer.url);
    assert!(ran.remarks.contains(&address) && ran.remarks.contains("WDJB-MJHT"), "{ran:?}");
    assert!(ran.remarks.contains("logged in at") && !ran.remarks.contains("device-secret"), "{ran:?}");
    let ledger = issuer.ledger();
    assert_eq!((ledger.polls, ledger.logins), (3, 1));
}

#[tokio::test]
async fn a_code_that_expires_and_a_person_who_refuses_end_the_login() {
    let issuer = TestIssuer::start().await;
    issuer.ledger().device_answers = ["expired_token"].into();
    let ran = log_in(&issuer, &["--device"]).await;
    assert!(ran.status == 1 && ran.remarks.contains("error[login/timeout]"), "{ran:?}");
    issuer.ledger().device_answers = ["access_denied"].into();
    let ran = log_in(&issuer, &["--device"]).await;
    assert!(ran.status == 1 && ran.remarks.contains("error[login/refused]"), "{ran:?}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn without_a_display_the_device_code_is_taken_unasked() {
    let issuer = TestIssuer::start().await;
    let ran = log_in(&issuer, &[]).await;
    assert!(ran.status == 0 && ran.remarks.contains("WDJB-MJHT"), "{ran:?}");
}

#[tokio::test]
async fn an_issuer_without_the_device_grant_is_named() {
    let issuer = TestIssuer::start().await;
    issuer.ledger().offers_device_code = false;
    let ran = log_in(&issuer, &["--device"]).await;
    assert!(ran.status == 1 && ran.remarks.contains("error[login/no-device-code]"), "{ran:?}");
}

#[tokio::test]
async fn a_device_login_works_at_the_local_issuer_too_and_its_token_is_used() {
    let (issuer, agent) = (TestIssuer::start().await, TestAgent::start(vec![Reply::events(&noon())]).await);
    let home = Home::with(&connection(&agent, &issuer));
    assert_eq!(home.run(&["--env", "local", "login", "--device"]).await.status, 0);
    assert_eq!(home.run(&["--env", "local", "time?"]).await.status, 0);
    assert_eq!(agent.seen()[0].header("x-okta-token"), "access-device-1");
}
