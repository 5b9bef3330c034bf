//! AWS credentials of every kind that needs no network.

use tokio::process::Command;

use crate::{
    agent::{Reply, TestAgent, noon},
    client::{Home, Ran, connection, finish},
    issuer::TestIssuer,
};

struct Signed {
    ran: Ran,
    authorization: String,
}

/// Asks with AWS files of this content; `change` completes the command.
async fn ask(config: &str, words: &[&str], change: impl FnOnce(&mut Command)) -> Signed {
    let (issuer, agent) = (TestIssuer::start().await, TestAgent::start(vec![Reply::events(&noon())]).await);
    let mut remote = connection(&agent, &issuer);
    remote.local = false;
    let home = Home::with(&remote);
    let token = home.file("token", "given");
    let config = home.file("aws-config", config);
    let words = [&["--env", "local", "--token-file", token.to_str().unwrap(), "time?"], words].concat();
    let mut command = home.command(&words);
    command.env("AWS_CONFIG_FILE", config).env("AWS_SHARED_CREDENTIALS_FILE", home.path("none"));
    change(&mut command);
    let ran = finish(command.output().await.unwrap());
    let authorization = agent.seen().first().map(|seen| seen.header("authorization").to_owned()).unwrap_or_default();
    Signed { ran, authorization }
}

const PROFILES: &str = "[profile keys]\naws_access_key_id = AKIDKEYS\naws_secret_access_key = secret\n\
    [profile process]\ncredential_process = printf '{\"Version\":1,\"AccessKeyId\":\"AKIDPROCESS\",\"SecretAccessKey\":\"s\"}'\n";

#[tokio::test]
async fn a_profiles_keys_and_a_region_sign_the_request() {
    let signed = ask(PROFILES, &["--profile", "keys", "--region", "eu-north-1"], |_| {}).await;
    assert!(signed.authorization.contains("Credential=AKIDKEYS/"), "{:?}", signed.ran);
    assert!(signed.authorization.contains("/eu-north-1/lambda/aws4_request"), "{}", signed.authorization);
}

#[tokio::test]
async fn a_process_may_give_the_credentials() {
    let signed = ask(PROFILES, &["--profile", "process"], |_| {}).await;
    assert!(signed.authorization.contains("Credential=AKIDPROCESS/"), "{:?}", signed.ran);
}

#[tokio::test]
async fn the_variables_may_give_the_credentials() {
    let signed = ask("", &[], |command| {
        command.env("AWS_ACCESS_KEY_ID", "AKIDVARIABLE").env("AWS_SECRET_ACCESS_KEY", "secret");
    })
    .await;
    assert!(signed.authorization.contains("Credential=AKIDVARIABLE/"), "{:?}", signed.ran);
}

#[tokio::test]
async fn a_named_profile_wins_over_the_variables_and_nothing_takes_its_place() {
    let variables = |command: &mut Command| {
        command.env("AWS_ACCESS_KEY_ID", "AKIDVARIABLE").env("AWS_SECRET_ACCESS_KEY", "secret");
    };
    let named = ask(PROFILES, &["--profile", "keys"], variables).await;
    assert!(named.authorization.contains("Credential=AKIDKEYS/"), "{:?}", named.ran);
    let unknown = ask(PROFILES, &["--profile", "nope"], variables).await;
    assert_eq!(unknown.authorization, "");
    assert!(unknown.ran.remarks.contains("error[aws/no-credentials]"), "{:?}", unknown.ran);
    assert!(unknown.ran.remarks.contains("profile `nope`: the files of AWS have no such profile"), "{:?}", unknown.ran);
}

#[tokio::test]
async fn an_sso_profile_without_a_session_names_the_command_that_opens_one() {
    let config = "[profile team]\nsso_session = main\nsso_account_id = 123456789012\nsso_role_name = Reader\n\
        [sso-session main]\nsso_region = eu-west-1\nsso_start_url = https://example.awsapps.com/start\n";
    let signed = ask(config, &["--profile", "team"], |_| {}).await;
    assert!(signed.ran.remarks.contains("error[aws/expired-sso]"), "{:?}", signed.ran);
    assert!(signed.ran.remarks.contains("aws sso login --profile team"), "{:?}", signed.ran);
    assert_eq!(signed.authorization, "");
}

#[tokio::test]
async fn a_console_login_that_is_over_names_the_command_that_renews_it() {
    let config = "[profile console]\nlogin_session = arn:aws:iam::123456789012:user/ada\n";
    let signed = ask(config, &["--profile", "console"], |_| {}).await;
    assert!(signed.ran.remarks.contains("aws login --profile console"), "{:?}", signed.ran);
}

#[tokio::test]
async fn no_credentials_at_all_are_named() {
    let signed = ask("", &[], |_| {}).await;
    assert!(signed.ran.remarks.contains("error[aws/no-credentials]"), "{:?}", signed.ran);
}
