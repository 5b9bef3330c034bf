//! Opens everything behind the front, listens, and ends it all again.

use std::{ffi::OsString, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use axum::{Router, extract::State, serve::ListenerExt};
use http::uri::Authority;
use tokio::net::TcpListener;

use super::{
    control::Control, dispatch::Front, disturbance::Faults, forward::Forwarder, tool_faults::DisturbedInvoker,
};
use crate::{
    agentcore::{AgentCore, AgentCoreOptions},
    backend::{Backend, install_tls_provider},
    bedrock::{BedrockApi, ModelsApi, Playbook},
    identity::{Identity, ROOT_ACCOUNT},
    issuer::Issuer,
    lambda::{Isolation, LambdaApi, Runner, RunnerOptions},
    stacks::Stacks,
    state_file::StateError,
};

/// How long open answers may go on after the signal to stop.
const FAREWELL: Duration = Duration::from_secs(3);

pub struct ServeOptions {
    pub port: u16,
    /// `http://127.0.0.1:<port>` of the emulator.
    pub backend: String,
    pub state_dir: PathBuf,
    pub cache_dir: PathBuf,
    pub region: String,
    /// `PATH`, where bubblewrap is looked for.
    pub search_path: OsString,
}

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("listen on {address}: {cause}\nhint: another process uses the port; stop it or choose another with --port")]
    PortTaken { address: SocketAddr, cause: std::io::Error },
    #[error("listen on {address}: {cause}")]
    Listen { address: SocketAddr, cause: std::io::Error },
    #[error("`{url}` is not the address of an emulator: {cause}\nhint: give --backend as http://127.0.0.1:<port>")]
    Backend { url: String, cause: String },
    #[error("open the sandbox's state in {folder}: {cause}")]
    State { folder: String, cause: String },
    #[error("serve: {0}")]
    Serve(std::io::Error),
}

/// Serves until `stop` ends; then ends the functions too.
pub async fn serve(options: ServeOptions, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), ServeError> {
    install_tls_provider();
    let listener = listen(options.port).await?;
    let address = listener.local_addr().map_err(ServeError::Serve)?;
    let (front, runner) = open(&options, &format!("http://{address}")).await?;
    let router = Router::new().fallback(answer).with_state(Arc::new(front));
    let listener = listener.tap_io(|connection| {
        // Small pieces of a stream must not wait for each other.
        connection.set_nodelay(true).ok();
    });
    let (stopping, stopped) = tokio::sync::oneshot::channel();
    let server = axum::serve(listener, router).with_graceful_shutdown(async {
        stop.await;
        stopping.send(()).ok();
    });
    tracing::info!(%address, backend = options.backend, "sandbox ready");
    let served = tokio::select! {
        served = server => served.map_err(ServeError::Serve),
        () = farewell(stopped) => Ok(()),
    };
    runner.shutdown().await;
    served
}

async fn answer(State(front): State<Arc<Front>>, request: axum::extract::Request) -> axum::response::Response {
    front.answer(request).await
}

async fn farewell(stopped: tokio::sync::oneshot::Receiver<()>) {
    if stopped.await.is_err() {
        // The server ended by itself, and says so in its own branch.
        std::future::pending::<()>().await;
    }
    tokio::time::sleep(FAREWELL).await;
}

async fn listen(port: u16) -> Result<TcpListener, ServeError> {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    TcpListener::bind(address).await.map_err(|cause| match cause.kind() {
        std::io::ErrorKind::AddrInUse => ServeError::PortTaken { address, cause },
        _ => ServeError::Listen { address, cause },
    })
}

/// Everything behind the front, whose address is `base_url`.
pub(super) async fn open(options: &ServeOptions, base_url: &str) -> Result<(Front, Runner), ServeError> {
    let unusable = |cause: String| ServeError::Backend { url: options.backend.clone(), cause };
    let unopened = |cause: StateError| ServeError::State {
        folder: options.state_dir.display().to_string(),
        cause: cause.to_string(),
    };
    let authority = authority(&options.backend).map_err(unusable)?;
    let backend = Backend::new(options.backend.trim_end_matches('/'), &options.region)
        .map_err(|error| unusable(error.to_string()))?;
    let identity = Identity::open(&options.state_dir, backend.clone()).map_err(unopened)?;
    let isolation = Isolation::probe(&options.search_path).await;
    let base = Base { options, base_url, authority, backend, identity, isolation };
    let runner = base.runner();
    let faults = Arc::<Faults>::default();
    let invoker = DisturbedInvoker { runner: runner.clone(), faults: faults.clone() };
    let agentcore = base.agentcore(Arc::new(invoker)).map_err(unopened)?;
    let issuer = Issuer::open(&options.state_dir, base_url).map_err(unopened)?;
    Ok((base.front(&runner, faults, &agentcore, &issuer), runner))
}

/// What the parts behind the front have in common.
struct Base<'a> {
    options: &'a ServeOptions,
    /// The front's own address.
    base_url: &'a str,
    authority: Authority,
    backend: Backend,
    identity: Identity,
    isolation: Isolation,
}

impl Base<'_> {
    fn runner(&self) -> Runner {
        Runner::new(RunnerOptions {
            client: self.backend.lambda(),
            identity: self.identity.clone(),
            registry: self.authority.to_string(),
            region: self.options.region.clone(),
            endpoint: self.base_url.to_owned(),
            cache_dir: self.options.cache_dir.clone(),
            state_dir: self.options.state_dir.clone(),
            isolation: self.isolation.clone(),
        })
    }

    fn agentcore(&self, invoker: Arc<DisturbedInvoker>) -> Result<AgentCore, StateError> {
        AgentCore::open(AgentCoreOptions {
            state_dir: self.options.state_dir.clone(),
            base_url: self.base_url.to_owned(),
            account: ROOT_ACCOUNT.into(),
            region: self.options.region.clone(),
            identity: self.identity.clone(),
            backend: self.backend.clone(),
            invoker,
        })
    }

    fn front(self, runner: &Runner, faults: Arc<Faults>, agentcore: &AgentCore, issuer: &Issuer) -> Front {
        let (region, identity, backend) = (self.options.region.clone(), self.identity, self.backend);
        let playbook = Arc::<Playbook>::default();
        Front {
            base_url: self.base_url.to_owned(),
            runner: runner.clone(),
            control: Control { playbook: playbook.clone(), faults: faults.clone() }.router(),
            faults,
            forwarder: Forwarder::new(self.authority),
            stacks: Stacks::new(&backend),
            isolation: self.isolation,
            lambda: LambdaApi::new(runner.clone(), identity.clone(), backend.lambda(), region.clone()),
            bedrock: BedrockApi { identity: identity.clone(), region: region.clone(), playbook },
            models: ModelsApi { identity: identity.clone(), region },
            control_plane: agentcore.control_router(),
            data_plane: agentcore.data_router(),
            issuer: issuer.router(),
            identity,
            backend,
        }
    }
}

/// `host:port` of an `http` URL without a path.
fn authority(url: &str) -> Result<Authority, String> {
    let text = url.trim_end_matches('/').strip_prefix("http://").ok_or("it does not begin with http://")?;
    let authority: Authority = text.parse().map_err(|error: http::uri::InvalidUri| error.to_string())?;
    match authority.port_u16() {
        Some(_) => Ok(authority),
        None => Err("it names no port".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_backend_is_an_http_address_with_a_port() {
        assert_eq!(authority("http://127.0.0.1:4566/").unwrap(), "127.0.0.1:4566");
        for wrong in ["127.0.0.1:4566", "https://127.0.0.1:4566", "http://127.0.0.1", "http://127.0.0.1:1/x"] {
            assert!(authority(wrong).is_err(), "{wrong}");
        }
    }

    #[tokio::test]
    async fn a_taken_port_is_a_clear_error() {
        let holder = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let error = listen(holder.local_addr().unwrap().port()).await.unwrap_err();
        assert!(matches!(&error, ServeError::PortTaken { .. }) && error.to_string().contains("hint:"), "{error}");
    }
}
