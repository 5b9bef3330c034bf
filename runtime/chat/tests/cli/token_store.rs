//! Where the tokens are kept, on a machine whose keyring does not answer.

use crate::{
    agent::TestAgent,
    client::{Home, connection},
    issuer::TestIssuer,
};

/// An environment that is not local, so that the keyring is preferred.
async fn home(issuer: &TestIssuer) -> Home {
    let agent = TestAgent::start(vec![]).await;
    let mut remote = connection(&agent, issuer);
    remote.local = false;
    Home::with(&remote)
}

fn token_files(home: &Home) -> usize {
    let files = std::fs::read_dir(home.state().join("tokens")).into_iter().flatten().flatten();
    files.filter(|file| file.path().extension().is_some_and(|extension| extension == "json")).count()
}

const LOGIN: [&str; 4] = ["--env", "local", "login", "--device"];

#[tokio::test]
async fn without_a_keyring_the_file_is_taken_and_that_is_said_once() {
    let issuer = TestIssuer::start().await;
    let home = home(&issuer).await;
    let first = home.run(&LOGIN).await;
    assert_eq!((first.status, token_files(&home)), (0, 1), "{first:?}");
    assert!(first.remarks.contains("no system keyring keeps the tokens"), "{first:?}");
    assert!(!first.remarks.contains("access-device") && !first.remarks.contains("refresh-secret"), "{first:?}");
    let second = home.run(&LOGIN).await;
    assert!(second.status == 0 && !second.remarks.contains("keyring"), "{second:?}");
}

#[tokio::test]
async fn a_keyring_that_was_asked_for_is_not_replaced_by_a_file() {
    let issuer = TestIssuer::start().await;
    let home = home(&issuer).await;
    let ran = home.run(&[&LOGIN[..], &["--token-store", "keyring"]].concat()).await;
    assert_eq!((ran.status, token_files(&home)), (1, 0), "{ran:?}");
    assert!(ran.remarks.contains("error[login/keyring]") && ran.remarks.contains("--token-store file"), "{ran:?}");
}

#[tokio::test]
async fn the_file_is_taken_in_silence_when_it_was_asked_for() {
    let issuer = TestIssuer::start().await;
    let home = home(&issuer).await;
    let mut command = home.command(&LOGIN);
    command.env("AWS_OPERATIONS_AGENT_TOKEN_STORE", "file");
    let ran = crate::client::finish(command.output().await.unwrap());
    assert_eq!((ran.status, token_files(&home)), (0, 1), "{ran:?}");
    assert!(!ran.remarks.contains("keyring"), "{ran:?}");
}

#[tokio::test]
async fn logout_forgets_the_tokens_and_ends_the_login_at_the_issuer() {
    let issuer = TestIssuer::start().await;
    let home = home(&issuer).await;
    home.run(&LOGIN).await;
    let ran = home.run(&["--env", "local", "logout"]).await;
    assert_eq!((ran.status, token_files(&home)), (0, 0), "{ran:?}");
    assert!(ran.remarks.contains("forgotten") && ran.remarks.contains("the issuer has ended the login"), "{ran:?}");
    assert_eq!(issuer.ledger().revoked, ["refresh-secret"]);
    let again = home.run(&["--env", "local", "logout"]).await;
    assert!(again.status == 0 && again.remarks.contains("no tokens to forget"), "{again:?}");
}
