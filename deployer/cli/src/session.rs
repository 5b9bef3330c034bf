//! An environment that commands can work on: settings, platform and clients.

use std::path::PathBuf;

use deployer_aws::{Clients, Secret, read_secret};
use deployer_core::Failure;
use deployer_core::progress::Reporter;
use deployer_core::settings::{Platform, SecretSource, Settings, TokenSource};
use deployer_image::{CompileRequest, compile_if_changed};
use deployer_local::{Folders, LocalPlatform, Running, StartOptions};
use deployer_verify::{TokenRequest, client_credentials_token};

use crate::project::Project;
use crate::stop::Stop;
use crate::views;

/// AWS's own variable for the address that calls go to (AWS SDKs and Tools Reference Guide,
/// "Service-specific endpoints"). On AWS the SDK reads it itself.
const ENDPOINT_VARIABLE: &str = "AWS_ENDPOINT_URL";

/// Settings, and a connection to where they apply.
pub struct Session {
    pub settings: Settings,
    pub clients: Clients,
    /// None on AWS.
    pub platform: Option<Running>,
    /// What relative paths in settings are relative to.
    root: PathBuf,
}

impl Session {
    /// Connects, starting the local platform first where that is what the environment is for.
    pub async fn open(project: &Project, settings: Settings, reporter: &dyn Reporter) -> Result<Self, Stop> {
        let platform = match settings.platform {
            Platform::Aws => None,
            Platform::Local { port } => Some(start_platform(project, port, reporter).await?),
        };
        Self::connect(project, settings, platform).await
    }

    /// Connects to what runs already.
    pub async fn find(project: &Project, settings: Settings) -> Result<Self, Stop> {
        let platform = match settings.platform {
            Platform::Aws => None,
            Platform::Local { .. } => Some(LocalPlatform::new(Folders::discover()?).find().await?),
        };
        Self::connect(project, settings, platform).await
    }

    /// Connects to what runs, and starts the local platform only where it does
    /// not: for commands that have nothing to compile.
    pub async fn find_or_open(project: &Project, settings: Settings, reporter: &dyn Reporter) -> Result<Self, Stop> {
        let platform = match settings.platform {
            Platform::Aws => None,
            Platform::Local { port } => match LocalPlatform::new(Folders::discover()?).find().await {
                Ok(running) => Some(running),
                Err(_) => Some(start_platform(project, port, reporter).await?),
            },
        };
        Self::connect(project, settings, platform).await
    }

    async fn connect(project: &Project, settings: Settings, platform: Option<Running>) -> Result<Self, Stop> {
        let settings = match &platform {
            Some(running) => on_platform(settings, running),
            None => settings,
        };
        let clients = Clients::connect(&settings).await?;
        Ok(Self { settings, clients, platform, root: project.root.clone() })
    }

    /// The address at which a client on this machine reaches a function URL.
    pub fn reachable(&self, function_url: &str) -> String {
        match &self.platform {
            Some(running) => running.reachable_function_url(function_url),
            None => function_url.to_string(),
        }
    }

    /// A token from the environment's own source; None when it has none.
    pub async fn token(&self) -> Result<Option<Secret>, Failure> {
        match &self.settings.smoke.token {
            TokenSource::None => Ok(None),
            TokenSource::File { path } => self.read_secret_file(path).map(Some),
            TokenSource::ClientCredentials { client_id, secret, scopes } => {
                let secret = self.secret(secret).await?;
                let discovery_url = self.settings.issuer.discovery_url.as_deref().unwrap_or_default();
                let client_secret = secret.reveal();
                let request = TokenRequest { discovery_url, client_id, client_secret, scopes };
                Ok(Some(Secret::new(client_credentials_token(&request).await?)))
            }
        }
    }

    async fn secret(&self, source: &SecretSource) -> Result<Secret, Failure> {
        match source {
            SecretSource::Variable(name) => std::env::var(name).map(Secret::new).map_err(|error| {
                let cause = match error {
                    std::env::VarError::NotPresent => "it is not set",
                    // The error's own text holds the value.
                    std::env::VarError::NotUnicode(_) => "it is not UTF-8",
                };
                Failure::new("config/missing-variable", format!("read the client secret from variable {name}"), cause)
                    .with_hint("smoke.token.secret in the environment file says where the secret is")
            }),
            SecretSource::File(path) => self.read_secret_file(path),
            SecretSource::SecretsManager(name) => read_secret(&self.clients, name).await,
            SecretSource::LocalPlatform => match &self.platform {
                Some(running) => Ok(Secret::new(running.smoke_client_secret()?.reveal())),
                None => Err(Failure::new(
                    "config/invalid-value",
                    "read the local platform's client secret",
                    "this environment is not on the local platform",
                )),
            },
        }
    }

    fn read_secret_file(&self, path: &str) -> Result<Secret, Failure> {
        let path = self.root.join(path);
        let text = std::fs::read_to_string(&path)
            .map_err(|error| Failure::new("config/unreadable", format!("read {}", path.display()), error))
            .map_err(|failure| failure.with_hint("[smoke.token] in the environment file names it"))?;
        Ok(Secret::new(text.trim()))
    }
}

/// The settings for the local platform. Its issuer stays where it is, whatever
/// stands between us and the platform's AWS calls.
fn on_platform(settings: Settings, running: &Running) -> Settings {
    let mut settings = settings.on_local_platform(&running.base_url);
    if let Some(endpoint_url) = std::env::var(ENDPOINT_VARIABLE).ok().filter(|url| !url.is_empty()) {
        settings.aws.endpoint_url = Some(endpoint_url.trim_end_matches('/').to_string());
    }
    settings
}

/// Adds to a failed call on the local platform which of its processes died.
pub fn explained<T>(platform: Platform, result: Result<T, Stop>) -> Result<T, Stop> {
    let unreachable = |failure: &Failure| ["aws/unreachable", "aws/failed"].contains(&failure.code);
    let (Platform::Local { .. }, Err(stop)) = (platform, &result) else { return result };
    let cause = match stop {
        Stop::Failures(failures) => failures.first(),
        Stop::Partial(stopped) => Some(&stopped.run.failure),
        Stop::Configuration(_) | Stop::ChangesFound | Stop::LinkBroken(_) => None,
    };
    if cause.is_some_and(unreachable)
        && let Ok(folders) = Folders::discover()
        && let Some(diagnosis) = LocalPlatform::new(folders).diagnose()
    {
        views::stop::show(&diagnosis.into());
    }
    result
}

/// Compiles the sandbox when it changed, then starts what does not run.
pub async fn start_platform(project: &Project, port: u16, reporter: &dyn Reporter) -> Result<Running, Failure> {
    let request = CompileRequest {
        workspace: project.root.clone(),
        packages: vec!["sandbox".into()],
        target: None,
        profile: "dev".into(),
    };
    let folders = Folders::discover()?;
    let binaries = compile_if_changed(&request, &folders.compiled(), reporter).await?;
    let options = StartOptions { port, sandbox_binary: binaries["sandbox"].clone() };
    LocalPlatform::new(folders).start(&options, reporter).await
}
