//! The cases of a store against a real DynamoDB API.
//!
//! They run when AGENT_TEST_DYNAMODB_ENDPOINT names one that accepts any
//! credentials, such as the emulator of the local platform.

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType,
};
use futures::FutureExt;

use super::DynamoDbStore;
use super::attributes as attribute;
use crate::conversations::cases;

#[tokio::test]
async fn the_cases_of_a_store_hold_on_dynamodb() {
    let Ok(endpoint) = std::env::var("AGENT_TEST_DYNAMODB_ENDPOINT") else {
        eprintln!("skipped: AGENT_TEST_DYNAMODB_ENDPOINT is not set");
        return;
    };
    let client = client(&endpoint);
    let table = format!("agent-test-{}", uuid::Uuid::new_v4().simple());
    create(&client, &table).await;
    let store = DynamoDbStore::new(client.clone(), table.clone());
    let outcome = std::panic::AssertUnwindSafe(cases::run(&store)).catch_unwind().await;
    client.delete_table().table_name(&table).send().await.expect("delete the test's table");
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic);
    }
}

#[tokio::test]
async fn a_table_that_cannot_be_read_is_a_failure_and_not_an_empty_history() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("the port's address");
    drop(listener);
    let store = DynamoDbStore::new(client(&format!("http://{address}")), "gone".into());
    let owner = crate::caller::Owner::new("arn:aws:iam::1:user/ada");
    let id = crate::conversations::ConversationId::random();
    let access = crate::conversations::Access { owner: &owner, id: &id, now: time::OffsetDateTime::UNIX_EPOCH };
    use crate::conversations::ConversationStore as _;
    let failure = store.read(access, crate::conversations::Extent::All).await.unwrap_err();
    assert_eq!(failure.code, crate::Code::ConversationStore);
}

fn client(endpoint: &str) -> Client {
    crate::clients::install_tls_provider();
    let configuration = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(crate::clients::http_client())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .retry_config(aws_sdk_dynamodb::config::retry::RetryConfig::disabled())
        .endpoint_url(endpoint)
        .build();
    Client::from_conf(configuration)
}

async fn create(client: &Client, table: &str) {
    let names = [attribute::ID, attribute::ITEM, attribute::OWNER, attribute::UPDATED_AT];
    let definitions = names.map(|name| {
        let definition = AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
        definition.build().expect("a complete definition")
    });
    let index = GlobalSecondaryIndex::builder()
        .index_name(attribute::OWNER_INDEX)
        .key_schema(element(attribute::OWNER, KeyType::Hash))
        .key_schema(element(attribute::UPDATED_AT, KeyType::Range))
        .projection(Projection::builder().projection_type(ProjectionType::All).build());
    client
        .create_table()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(definitions.to_vec()))
        .key_schema(element(attribute::ID, KeyType::Hash))
        .key_schema(element(attribute::ITEM, KeyType::Range))
        .global_secondary_indexes(index.build().expect("a complete index"))
        .send()
        .await
        .expect("create the test's table");
}

fn element(name: &str, kind: KeyType) -> KeySchemaElement {
    KeySchemaElement::builder().attribute_name(name).key_type(kind).build().expect("a complete key element")
}
