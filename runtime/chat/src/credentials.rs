//! AWS credentials and the SigV4 signature of a request to the function URL.

use std::time::{Duration, SystemTime};

use aws_config::{profile::ProfileFileCredentialsProvider, provider_config::ProviderConfig};
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider, error::CredentialsError},
};
use aws_sigv4::{
    http_request::{PayloadChecksumKind, SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use aws_smithy_http_client::tls;
use aws_types::{region::Region, sdk_config::SharedHttpClient};
use contract::{Connection, connection};
use tokio::sync::Mutex;

use crate::{
    connection::is_loopback_address,
    failure::{Failure, chain},
};

/// Function URLs are signed for Lambda itself.
const SERVICE: &str = "lambda";

/// Credentials are asked for again this long before they expire.
const MARGIN: Duration = Duration::from_secs(60);

/// Signs requests with the user's AWS identity.
pub struct Signer {
    provider: SharedCredentialsProvider,
    region: String,
    profile: Option<String>,
    held: Mutex<Option<Credentials>>,
}

impl Signer {
    /// The local platform has credentials of its own. A profile that was named is taken alone, since the default
    /// chain would ask the variables before it, and the machine's role where it does not exist. Everything else
    /// goes through that chain (environment, profile, SSO, console login, process, web identity, container, instance metadata).
    pub async fn for_connection(connection: &Connection, profile: Option<String>) -> Self {
        let local = connection.local && is_loopback_address(&connection.function_url);
        let provider = match &profile {
            Some(profile) => of_profile(&connection.region, profile),
            None if local => SharedCredentialsProvider::new(local_credentials()),
            None => default_chain(&connection.region).await,
        };
        Self { provider, region: connection.region.clone(), profile, held: Mutex::default() }
    }

    /// Adds date, body hash and signature. Every header that the request has
    /// already is signed with it.
    ///
    /// # Errors
    /// `aws/no-credentials`, `aws/expired-sso`, `aws/expired-login` or `aws/signing`.
    pub async fn sign(&self, request: &mut http::Request<Vec<u8>>, now: SystemTime) -> Result<(), Failure> {
        let credentials = self.credentials(now).await?;
        sign_with(credentials, &self.region, request, now).map_err(|error| {
            Failure::new("aws/signing", format!("sign the request to {}", request.uri()), chain(error.as_ref()))
        })
    }

    async fn credentials(&self, now: SystemTime) -> Result<Credentials, Failure> {
        let mut held = self.held.lock().await;
        if let Some(credentials) = held.as_ref().filter(|credentials| lives(credentials, now)) {
            return Ok(credentials.clone());
        }
        let credentials = self.provider.provide_credentials().await.map_err(|error| self.explain(&error))?;
        *held = Some(credentials.clone());
        Ok(credentials)
    }

    fn explain(&self, error: &CredentialsError) -> Failure {
        let cause = chain(error);
        let profile = self.profile.as_ref().map(|name| format!(" --profile {name}")).unwrap_or_default();
        let doing = match &self.profile {
            Some(name) => format!("get AWS credentials of profile `{name}`"),
            None => "get AWS credentials".to_owned(),
        };
        if self.profile.is_some() && matches!(error, CredentialsError::CredentialsNotLoaded(_)) {
            return Failure::new(
                "aws/no-credentials",
                doing,
                "the files of AWS have no such profile, or no credentials in it",
            )
            .hint(format!("`aws configure list-profiles` lists them, `aws configure{profile}` makes it"));
        }
        let told = cause.to_lowercase();
        if told.contains("sso") {
            return Failure::new("aws/expired-sso", doing, cause).hint(format!("run `aws sso login{profile}`"));
        }
        if ["login/cache", "login session", "login token"].iter().any(|words| told.contains(words)) {
            return Failure::new("aws/expired-login", doing, cause).hint(format!("run `aws login{profile}`"));
        }
        Failure::new("aws/no-credentials", doing, cause)
            .hint(format!("choose a profile with --profile, set AWS_ACCESS_KEY_ID, or run `aws configure{profile}`"))
    }
}

fn lives(credentials: &Credentials, now: SystemTime) -> bool {
    credentials.expiry().is_none_or(|expiry| expiry > now + MARGIN)
}

fn local_credentials() -> Credentials {
    Credentials::new(connection::LOCAL_ACCESS_KEY_ID, connection::LOCAL_SECRET_ACCESS_KEY, None, None, "local-platform")
}

fn of_profile(region: &str, profile: &str) -> SharedCredentialsProvider {
    let configuration = ProviderConfig::default().with_http_client(https()).with_region(Some(region_named(region)));
    let provider = ProfileFileCredentialsProvider::builder().configure(&configuration).profile_name(profile).build();
    SharedCredentialsProvider::new(provider)
}

async fn default_chain(region: &str) -> SharedCredentialsProvider {
    let loader = aws_config::defaults(aws_config::BehaviorVersion::latest());
    let configuration = loader.http_client(https()).region(region_named(region)).load().await;
    configuration.credentials_provider().unwrap_or_else(|| SharedCredentialsProvider::new(NoCredentials))
}

fn region_named(name: &str) -> Region {
    Region::new(name.to_owned())
}

fn https() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new()
        .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
        .build_https()
}

#[derive(Debug)]
struct NoCredentials;

impl ProvideCredentials for NoCredentials {
    fn provide_credentials<'a>(&'a self) -> aws_credential_types::provider::future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let error = CredentialsError::not_loaded("the configuration names no source of credentials");
        aws_credential_types::provider::future::ProvideCredentials::ready(Err(error))
    }
}

fn sign_with(
    credentials: Credentials,
    region: &str,
    request: &mut http::Request<Vec<u8>>,
    now: SystemTime,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let identity = credentials.into();
    let mut settings = SigningSettings::default();
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(SERVICE)
        .time(now)
        .settings(settings)
        .build()?
        .into();
    let uri = request.uri().to_string();
    let headers: Vec<(&str, &str)> = request
        .headers()
        .iter()
        .map(|(name, value)| Ok((name.as_str(), value.to_str()?)))
        .collect::<Result<_, http::header::ToStrError>>()?;
    let body = SignableBody::Bytes(request.body());
    let signable = SignableRequest::new(request.method().as_str(), uri, headers.into_iter(), body)?;
    let (instructions, _signature) = sign(signable, &parameters)?.into_parts();
    instructions.apply_to_request_http1x(request);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> http::Request<Vec<u8>> {
        http::Request::post("http://127.0.0.1:4566/_aws/lambda-url/abc/stream")
            .header("accept", "text/event-stream")
            .header("content-type", "application/json")
            .header(contract::chat::TOKEN_HEADER, "token")
            .body(b"{}".to_vec())
            .unwrap()
    }

    fn authorization(request: &http::Request<Vec<u8>>) -> String {
        request.headers()["authorization"].to_str().unwrap().to_owned()
    }

    fn signed(request: &mut http::Request<Vec<u8>>) -> String {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000);
        sign_with(local_credentials(), "eu-west-1", request, now).unwrap();
        authorization(request)
    }

    #[test]
    fn token_accept_and_content_type_are_signed() {
        let authorization = signed(&mut request());
        assert!(authorization.contains("/eu-west-1/lambda/aws4_request"), "{authorization}");
        for header in ["accept", "content-type", "host", "x-amz-content-sha256", "x-amz-date", "x-okta-token"] {
            assert!(authorization.contains(header), "{header} is not signed: {authorization}");
        }
    }

    #[test]
    fn the_signature_covers_token_and_body() {
        let signature = signed(&mut request());
        let mut other_token = request();
        other_token.headers_mut().insert(contract::chat::TOKEN_HEADER, "other".parse().unwrap());
        let mut other_body = request();
        *other_body.body_mut() = b"{ }".to_vec();
        assert_ne!(signature, signed(&mut other_token));
        assert_ne!(signature, signed(&mut other_body));
    }

    #[test]
    fn credentials_near_their_end_are_not_reused() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000);
        let until = |seconds| Credentials::new("a", "b", None, Some(now + Duration::from_secs(seconds)), "test");
        assert!(!lives(&until(30), now));
        assert!(lives(&until(600), now));
        assert!(lives(&local_credentials(), now));
    }
}
