//! The conversation store's cases against the deployed table: the same that
//! the in-memory store passes.

use agent::clients::http_client;
use agent::conversations::{DynamoDbStore, cases};
use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::{Client, Config};

use crate::shared::deployed;

const TABLE: &str = "aws-operations-agent-conversations-local";

#[test]
fn the_deployed_table_keeps_conversations_as_the_memory_store_does() {
    let status = deployed().status();
    let variable = |name: &str| status["env"][name].as_str().expect("a variable").to_string();
    let credentials =
        Credentials::new(variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"), None, None, "test");
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(variable("AWS_REGION")))
        .endpoint_url(variable("AWS_ENDPOINT_URL"))
        .credentials_provider(credentials)
        .http_client(http_client())
        .build();
    let store = DynamoDbStore::new(Client::from_conf(config), TABLE.into());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
    runtime.block_on(cases::run(&store));
}
