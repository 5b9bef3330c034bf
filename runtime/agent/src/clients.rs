//! The AWS clients and the gateway client behind the ports.
//!
//! TLS is rustls with ring. `AWS_ENDPOINT_URL` and the other variables of the
//! AWS SDKs are honoured by aws-config, which is how the function runs against
//! the local platform.

use std::sync::Arc;
use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;

use crate::agent::Ports;
use crate::configuration::Configuration;
use crate::conversations::DynamoDbStore;
use crate::failure::Failure;
use crate::gateway::McpGateway;
use crate::model::BedrockModel;

/// For one call to the conversation table, retries included: the SDK alone would wait for an answer for ever.
const TABLE_CALL_DEADLINE: Duration = Duration::from_secs(15);

/// Makes ring the process's TLS provider. Does nothing when there is one already.
pub fn install_tls_provider() {
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        tracing::debug!("a TLS provider was installed before");
    }
}

/// Connects the ports to AWS and to the configured gateway.
pub async fn ports(configuration: &Configuration) -> Result<Ports, Failure> {
    let sdk = aws_config::defaults(BehaviorVersion::latest()).http_client(http_client()).load().await;
    Ok(Ports {
        store: Arc::new(DynamoDbStore::new(dynamodb(&sdk), configuration.table.clone())),
        model: Arc::new(BedrockModel::new(
            bedrock(&sdk, &configuration.bedrock_region),
            configuration.model.clone(),
            configuration.model_fallbacks.clone(),
        )),
        gateway: Arc::new(McpGateway::new(configuration.gateway_url.clone())?),
    })
}

pub fn http_client() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
}

fn dynamodb(sdk: &SdkConfig) -> aws_sdk_dynamodb::Client {
    let timeouts = sdk.timeout_config().map(TimeoutConfig::to_builder).unwrap_or_default();
    let timeouts = timeouts.operation_timeout(TABLE_CALL_DEADLINE).build();
    let configuration = aws_sdk_dynamodb::config::Builder::from(sdk).timeout_config(timeouts).build();
    aws_sdk_dynamodb::Client::from_conf(configuration)
}

/// A model may think for minutes without a byte: the turn's own deadline ends it, not the SDK.
fn bedrock(sdk: &SdkConfig, region: &str) -> aws_sdk_bedrockruntime::Client {
    let configuration = aws_sdk_bedrockruntime::config::Builder::from(sdk)
        .region(Region::new(region.to_owned()))
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .build();
    aws_sdk_bedrockruntime::Client::from_conf(configuration)
}
