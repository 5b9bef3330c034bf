//! One connection to AWS: credentials, region, endpoint and timeouts decided once,
//! and a client for each service, made when it is first used.

use std::sync::OnceLock;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use contract::connection::{LOCAL_ACCESS_KEY_ID, LOCAL_SECRET_ACCESS_KEY};
use deployer_core::desired::Location;
use deployer_core::{Failure, Settings};

use crate::errors::failed;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);
const MAX_ATTEMPTS: u32 = 5;
/// A local platform that is not there is told at once, not after 7 seconds.
const LOCAL_BACKOFF: Duration = Duration::from_millis(50);

/// Clients for one account and region, with who is calling.
pub struct Clients {
    config: SdkConfig,
    location: Location,
    principal: String,
    profile: Option<String>,
    endpoint_url: Option<String>,
    cloudformation: OnceLock<aws_sdk_cloudformation::Client>,
    iam: OnceLock<aws_sdk_iam::Client>,
    lambda: OnceLock<aws_sdk_lambda::Client>,
    ecr: OnceLock<aws_sdk_ecr::Client>,
    agentcore: OnceLock<aws_sdk_bedrockagentcorecontrol::Client>,
    dynamodb: OnceLock<aws_sdk_dynamodb::Client>,
    secretsmanager: OnceLock<aws_sdk_secretsmanager::Client>,
}

impl Clients {
    /// Asks STS who is calling.
    ///
    /// Errors: `aws/credentials`, `aws/unreachable`, `aws/wrong-account` when the
    /// settings name another account.
    pub async fn connect(settings: &Settings) -> Result<Self, Failure> {
        let mut clients = Self::unidentified(settings).await;
        let doing = "find out who is calling AWS";
        let identity = aws_sdk_sts::Client::new(&clients.config).get_caller_identity().send().await;
        let identity = identity.map_err(failed(doing)).map_err(|failure| clients.advise(failure))?;
        clients.location.account = identity.account.unwrap_or_default();
        clients.principal = identity.arn.unwrap_or_default();
        match &settings.aws.account {
            Some(expected) if *expected != clients.location.account => Err(clients.wrong_account(expected)),
            _ => Ok(clients),
        }
    }

    async fn unidentified(settings: &Settings) -> Self {
        let endpoint_url = settings.aws.endpoint_url.clone();
        let config = match &endpoint_url {
            Some(endpoint_url) => local_config(settings, endpoint_url),
            None => chain_config(settings).await,
        };
        Self {
            config,
            location: Location { account: String::new(), region: settings.aws.region.clone() },
            principal: String::new(),
            profile: settings.aws.profile.clone(),
            endpoint_url,
            cloudformation: OnceLock::new(),
            iam: OnceLock::new(),
            lambda: OnceLock::new(),
            ecr: OnceLock::new(),
            agentcore: OnceLock::new(),
            dynamodb: OnceLock::new(),
            secretsmanager: OnceLock::new(),
        }
    }

    /// Account and region that every call goes to.
    pub fn location(&self) -> &Location {
        &self.location
    }

    pub fn account(&self) -> &str {
        &self.location.account
    }

    /// ARN of the calling user or role.
    pub fn principal(&self) -> &str {
        &self.principal
    }

    /// The local platform's address; None on AWS.
    pub fn endpoint_url(&self) -> Option<&str> {
        self.endpoint_url.as_deref()
    }

    pub fn cloudformation(&self) -> &aws_sdk_cloudformation::Client {
        self.cloudformation.get_or_init(|| aws_sdk_cloudformation::Client::new(&self.config))
    }

    pub fn iam(&self) -> &aws_sdk_iam::Client {
        self.iam.get_or_init(|| aws_sdk_iam::Client::new(&self.config))
    }

    pub fn lambda(&self) -> &aws_sdk_lambda::Client {
        self.lambda.get_or_init(|| aws_sdk_lambda::Client::new(&self.config))
    }

    pub fn ecr(&self) -> &aws_sdk_ecr::Client {
        self.ecr.get_or_init(|| aws_sdk_ecr::Client::new(&self.config))
    }

    pub fn agentcore(&self) -> &aws_sdk_bedrockagentcorecontrol::Client {
        self.agentcore.get_or_init(|| aws_sdk_bedrockagentcorecontrol::Client::new(&self.config))
    }

    pub fn dynamodb(&self) -> &aws_sdk_dynamodb::Client {
        self.dynamodb.get_or_init(|| aws_sdk_dynamodb::Client::new(&self.config))
    }

    pub fn secretsmanager(&self) -> &aws_sdk_secretsmanager::Client {
        self.secretsmanager.get_or_init(|| aws_sdk_secretsmanager::Client::new(&self.config))
    }

    /// Adds the hint that fits this platform, unless the failure has one.
    pub(crate) fn advise(&self, failure: Failure) -> Failure {
        if failure.hint.is_some() {
            return failure;
        }
        let profile = self.profile.as_ref().map(|name| format!(" --profile {name}")).unwrap_or_default();
        match (failure.code, &self.endpoint_url) {
            ("aws/unreachable", Some(url)) => {
                failure.with_hint(format!("the local platform does not answer at {url}: `deployer sandbox status`"))
            }
            ("aws/unreachable", None) => failure.with_hint("check the network, the proxy and `aws.region`"),
            ("aws/credentials", None) => failure
                .with_hint(format!("sign in again, for example with `aws sso login{profile}`, or check `aws.profile`")),
            ("aws/denied", None) => failure.with_hint(format!("{} lacks this permission", self.principal)),
            ("aws/throttled", _) => failure.with_hint("AWS asks for patience: run the command again in a minute"),
            ("aws/quota", None) => failure.with_hint("ask for more in the Service Quotas console"),
            _ => failure,
        }
    }

    fn wrong_account(&self, expected: &str) -> Failure {
        let cause = format!(
            "the credentials are for account {} ({}), the environment is for {expected}",
            self.account(),
            self.principal
        );
        Failure::new("aws/wrong-account", "check the account", cause)
            .with_hint("choose the profile with `aws.profile` in the environment file, or correct `aws.account`")
    }
}

/// The local platform's own credentials and nothing of the user's: no profile, no variables.
fn local_config(settings: &Settings, endpoint_url: &str) -> SdkConfig {
    let credentials = Credentials::new(LOCAL_ACCESS_KEY_ID, LOCAL_SECRET_ACCESS_KEY, None, None, "local-platform");
    let http_client = match endpoint_url.starts_with("https:") {
        true => https_client(),
        // Spares reading the system's certificates.
        false => aws_smithy_http_client::Builder::new().build_http(),
    };
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(settings.aws.region.clone()))
        .endpoint_url(endpoint_url)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(http_client)
        .timeout_config(timeouts())
        .retry_config(retries().with_initial_backoff(LOCAL_BACKOFF))
        .sleep_impl(aws_smithy_async::rt::sleep::TokioSleep::new())
        .time_source(aws_smithy_async::time::SystemTimeSource::new())
        .build()
}

async fn chain_config(settings: &Settings) -> SdkConfig {
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(settings.aws.region.clone()))
        .http_client(https_client())
        .timeout_config(timeouts())
        .retry_config(retries());
    if let Some(profile) = &settings.aws.profile {
        loader = loader.profile_name(profile);
    }
    loader.load().await
}

fn https_client() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).operation_attempt_timeout(ATTEMPT_TIMEOUT).build()
}

fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS)
}
