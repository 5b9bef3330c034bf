//! What only the DynamoDB store can do wrong. The cases of every store run
//! against it in the system tests, on the deployed table.

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Region};
use time::OffsetDateTime;

use super::DynamoDbStore;
use crate::Code;
use crate::caller::Owner;
use crate::conversations::{Access, ConversationId, ConversationStore, Extent};

#[tokio::test]
async fn a_table_that_cannot_be_read_is_a_failure_and_not_an_empty_history() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("the port's address");
    drop(listener);
    let store = DynamoDbStore::new(client(&format!("http://{address}")), "gone".into());
    let owner = Owner::new("arn:aws:iam::1:user/ada");
    let id = ConversationId::random();
    let access = Access { owner: &owner, id: &id, now: OffsetDateTime::UNIX_EPOCH };
    let failure = store.read(access, Extent::All).await.unwrap_err();
    assert_eq!(failure.code, Code::ConversationStore);
}

fn client(endpoint: &str) -> Client {
    crate::clients::install_tls_provider();
    let configuration = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(crate::clients::http_client())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .endpoint_url(endpoint)
        .build();
    Client::from_conf(configuration)
}
