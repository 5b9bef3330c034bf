//! One connection to AWS: credentials, region, endpoint and timeouts decided once,
//! and a client for each service, made when it is first used.

use std::sync::OnceLock;
use std::time::Duration;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
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
use deployer_core::settings::Deadlines;
use deployer_core::{Failure, Settings};
use deployer_image::Patience;

use crate::errors::failed;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest pause after the first failed attempt; it doubles with each further one, up to the most.
const FIRST_BACKOFF: Duration = Duration::from_secs(1);
const MOST_BACKOFF: Duration = Duration::from_secs(8);
/// A local platform that is not there is told at once, not after 7 seconds.
const LOCAL_BACKOFF: Duration = Duration::from_millis(50);

/// Clients for one account and region, with who is calling.
pub struct Clients {
    config: SdkConfig,
    location: Location,
    principal: String,
    profile: Option<String>,
    endpoint_url: Option<String>,
    bedrock: OnceLock<aws_sdk_bedrock::Client>,
    cloudformation: OnceLock<aws_sdk_cloudformation::Client>,
    cloudwatchlogs: OnceLock<aws_sdk_cloudwatchlogs::Client>,
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

    /// As if STS had named this caller.
    #[cfg(test)]
    pub(crate) async fn of_test(settings: &Settings, principal: &str) -> Self {
        let mut clients = Self::unidentified(settings).await;
        clients.location.account = "111122223333".into();
        clients.principal = principal.into();
        clients
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
            bedrock: OnceLock::new(),
            cloudformation: OnceLock::new(),
            cloudwatchlogs: OnceLock::new(),
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

    /// The deadlines of every call, for the registry, which the SDK does not speak to.
    pub(crate) fn patience(&self) -> Patience {
        let default = Patience::default();
        let attempt = self.config.timeout_config().and_then(TimeoutConfig::operation_attempt_timeout);
        let attempts = self.config.retry_config().map(RetryConfig::max_attempts);
        Patience { attempt: attempt.unwrap_or(default.attempt), attempts: attempts.unwrap_or(default.attempts) }
    }

    /// Where the local platform takes calls; None on AWS.
    pub fn endpoint_url(&self) -> Option<&str> {
        self.endpoint_url.as_deref()
    }

    pub fn bedrock(&self) -> &aws_sdk_bedrock::Client {
        self.bedrock.get_or_init(|| aws_sdk_bedrock::Client::new(&self.config))
    }

    pub fn cloudformation(&self) -> &aws_sdk_cloudformation::Client {
        self.cloudformation.get_or_init(|| aws_sdk_cloudformation::Client::new(&self.config))
    }

    pub fn cloudwatchlogs(&self) -> &aws_sdk_cloudwatchlogs::Client {
        self.cloudwatchlogs.get_or_init(|| aws_sdk_cloudwatchlogs::Client::new(&self.config))
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
            ("aws/credentials", Some(_)) if self.profile.is_some() => failure
                .with_hint("`aws.profile` must name a profile of AWS's files whose keys the local platform knows"),
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

/// Nothing of the user's but a profile that the environment names: no variables, no default profile.
fn local_config(settings: &Settings, endpoint_url: &str) -> SdkConfig {
    let http_client = match endpoint_url.starts_with("https:") {
        true => https_client(),
        // Spares reading the system's certificates.
        false => aws_smithy_http_client::Builder::new().build_http(),
    };
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(settings.aws.region.clone()))
        .endpoint_url(endpoint_url)
        .credentials_provider(local_credentials(settings))
        .http_client(http_client)
        .timeout_config(timeouts(&settings.deadlines))
        .retry_config(retries(&settings.deadlines).with_initial_backoff(LOCAL_BACKOFF))
        .sleep_impl(aws_smithy_async::rt::sleep::TokioSleep::new())
        .time_source(aws_smithy_async::time::SystemTimeSource::new())
        .build()
}

/// The platform's own credentials, or the keys of the profile that the
/// environment names, in the standard files of AWS.
fn local_credentials(settings: &Settings) -> SharedCredentialsProvider {
    match &settings.aws.profile {
        Some(profile) => {
            let profile = ProfileFileCredentialsProvider::builder().profile_name(profile);
            // A client without TLS: it cannot turn to AWS for a role.
            let config = ProviderConfig::empty().with_http_client(aws_smithy_http_client::Builder::new().build_http());
            SharedCredentialsProvider::new(profile.configure(&config).build())
        }
        None => {
            let (id, secret) = (LOCAL_ACCESS_KEY_ID, LOCAL_SECRET_ACCESS_KEY);
            SharedCredentialsProvider::new(Credentials::new(id, secret, None, None, "local-platform"))
        }
    }
}

async fn chain_config(settings: &Settings) -> SdkConfig {
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(settings.aws.region.clone()))
        .http_client(https_client())
        .timeout_config(timeouts(&settings.deadlines))
        .retry_config(retries(&settings.deadlines));
    if let Some(profile) = &settings.aws.profile {
        loader = loader.profile_name(profile).credentials_provider(of_profile(settings, profile));
    }
    loader.load().await
}

/// The profile alone. In the SDK's chain the environment's variables come before a named profile, and an
/// environment would then be deployed with whatever credentials the shell happens to hold.
fn of_profile(settings: &Settings, profile: &str) -> ProfileFileCredentialsProvider {
    let region = Some(Region::new(settings.aws.region.clone()));
    let configuration = ProviderConfig::default().with_http_client(https_client()).with_region(region);
    ProfileFileCredentialsProvider::builder().configure(&configuration).profile_name(profile).build()
}

fn https_client() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
}

/// For an attempt, and for a call with all its attempts and pauses: none can hang for ever.
fn timeouts(deadlines: &Deadlines) -> TimeoutConfig {
    let attempt = Duration::from_secs(deadlines.call_seconds.into());
    let pauses = MOST_BACKOFF * deadlines.attempts.saturating_sub(1);
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT.min(attempt))
        .operation_attempt_timeout(attempt)
        .operation_timeout(attempt * deadlines.attempts + pauses)
        .build()
}

/// Throttling, 5xx, timeouts and broken connections are tried again. The SDK's
/// standard mode pauses exponentially with full jitter: a random part, from
/// nothing to all, of a pause that doubles.
fn retries(deadlines: &Deadlines) -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(deadlines.attempts)
        .with_initial_backoff(FIRST_BACKOFF)
        .with_max_backoff(MOST_BACKOFF)
}
