//! The AWS clients and the gateway client behind the ports.
//!
//! TLS is rustls with ring. `AWS_ENDPOINT_URL` and the other variables of the
//! AWS SDKs are honoured by aws-config, which is how the function runs against
//! the local platform.

use std::sync::Arc;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;

use crate::agent::Ports;
use crate::configuration::Configuration;
use crate::conversations::DynamoDbStore;
use crate::failure::Failure;
use crate::gateway::{GatewayConfiguration, McpGateway};
use crate::identity::IssuerVerifier;
use crate::model::{BedrockConfiguration, BedrockModel};

/// For one call to the conversation table, retries included: the SDK alone would wait for an answer for ever.
const TABLE_CALL_DEADLINE: Duration = Duration::from_secs(15);
/// For one attempt at it. DynamoDB answers within milliseconds, or the connection is lost.
const TABLE_ATTEMPT_DEADLINE: Duration = Duration::from_secs(4);
const TABLE_ATTEMPTS: u32 = 4;
/// Before the second attempt at most; it doubles, and the SDK draws the pause at random below it.
const TABLE_PAUSE: Duration = Duration::from_millis(100);

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
        model: Arc::new(BedrockModel::new(bedrock(&sdk, &configuration.bedrock_region), models(configuration))),
        gateway: Arc::new(McpGateway::new(gateway(configuration))?),
        tokens: Arc::new(IssuerVerifier::new(configuration.settings.token_rules.clone())?),
    })
}

/// The HTTP client of the AWS SDKs.
pub fn http_client() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
}

fn dynamodb(sdk: &SdkConfig) -> aws_sdk_dynamodb::Client {
    aws_sdk_dynamodb::Client::from_conf(with_table_limits(aws_sdk_dynamodb::config::Builder::from(sdk)).build())
}

/// How long and how often a call to the conversation table is tried.
pub(crate) fn with_table_limits(configuration: aws_sdk_dynamodb::config::Builder) -> aws_sdk_dynamodb::config::Builder {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(TABLE_ATTEMPT_DEADLINE)
        .operation_attempt_timeout(TABLE_ATTEMPT_DEADLINE)
        .operation_timeout(TABLE_CALL_DEADLINE);
    let retries = RetryConfig::standard().with_max_attempts(TABLE_ATTEMPTS).with_initial_backoff(TABLE_PAUSE);
    configuration.timeout_config(timeouts.build()).retry_config(retries)
}

fn models(configuration: &Configuration) -> BedrockConfiguration {
    let first = std::iter::once(&configuration.model);
    BedrockConfiguration {
        models: first.chain(&configuration.model_fallbacks).cloned().collect(),
        attempts: configuration.settings.limits.model_attempts,
        prompt_caching: configuration.settings.prompt_caching,
        guardrail: configuration.settings.guardrail.clone(),
    }
}

fn gateway(configuration: &Configuration) -> GatewayConfiguration {
    let limits = &configuration.settings.limits;
    GatewayConfiguration {
        url: configuration.gateway_url.clone(),
        attempts: limits.gateway_attempts,
        call_deadline: Duration::from_secs(limits.tool_seconds),
    }
}

/// A model may think for minutes without a byte: the turn's own deadline ends it, not the SDK. The
/// model port repeats what failed, and only before an answer has begun, so the SDK must not.
fn bedrock(sdk: &SdkConfig, region: &str) -> aws_sdk_bedrockruntime::Client {
    let configuration = aws_sdk_bedrockruntime::config::Builder::from(sdk)
        .region(Region::new(region.to_owned()))
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .retry_config(RetryConfig::disabled())
        .build();
    aws_sdk_bedrockruntime::Client::from_conf(configuration)
}
