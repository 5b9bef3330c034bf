//! One running instance of a function: a process and its Runtime API. Answers
//! one invocation at a time and is used again when it stays healthy.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use bytes::Bytes;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{
    exchange::{Exchange, FunctionFailure},
    fate::{Fate, KillSwitch},
    image::Rootfs,
    isolation::Isolation,
    pool::Pooled,
    process::{Process, Program},
    runtime_api::{Initialization, Job, RuntimeApi},
};

/// Lambda gives a function 10 s to initialize; a busy developer's machine gets more.
const INITIALIZATION_LIMIT: Duration = Duration::from_secs(30);

/// What Lambda gives a runtime whose extensions live in its own process.
const SHUTDOWN_LIMIT: Duration = Duration::from_millis(500);

/// How an instance is started.
pub struct Launch {
    pub rootfs: Rootfs,
    /// Program and arguments, paths as inside the image.
    pub command: Vec<String>,
    pub directory: String,
    pub isolation: Isolation,
    pub log: PathBuf,
    /// Credentials end then; None for those that do not.
    pub usable_until: Option<SystemTime>,
    /// Digest and revision.
    pub version: String,
    pub kill_switch: KillSwitch,
}

/// Why no instance came up.
#[derive(Debug)]
pub enum LaunchError {
    /// The function's own fault: its caller sees this failure.
    Function(FunctionFailure),
    Start(std::io::Error),
}

/// One invocation of an instance.
pub struct Call {
    pub request_id: String,
    pub payload: Bytes,
    pub client_context: Option<String>,
    pub function_arn: String,
    pub timeout: Duration,
    pub fate: Option<Fate>,
    /// The sandbox stops.
    pub closing: CancellationToken,
}

pub struct Instance {
    process: Process,
    api: RuntimeApi,
    version: String,
    usable_until: Option<SystemTime>,
    idle_since: Instant,
    kill_switch: KillSwitch,
}

impl Instance {
    /// Starts the process and waits until it asks for its first event.
    /// `environment` is given the address of the instance's Runtime API.
    pub async fn launch(
        launch: Launch,
        environment: impl FnOnce(&Launch, &RuntimeApi) -> BTreeMap<String, String>,
    ) -> Result<Self, LaunchError> {
        let api = RuntimeApi::listen().await.map_err(LaunchError::Start)?;
        let environment = environment(&launch, &api);
        let program = Program {
            root: &launch.rootfs.root,
            command: &launch.command,
            directory: &launch.directory,
            environment,
            log: &launch.log,
        };
        let process = Process::start(program, &launch.isolation).map_err(LaunchError::Start)?;
        let Launch { version, usable_until, kill_switch, .. } = launch;
        let mut instance = Self { process, api, version, usable_until, idle_since: Instant::now(), kill_switch };
        instance.initialize().await.map_err(LaunchError::Function)?;
        Ok(instance)
    }

    async fn initialize(&mut self) -> Result<(), FunctionFailure> {
        let mut initialization = self.api.initialization.clone();
        let settled = initialization.wait_for(|state| *state != Initialization::Running);
        let outcome = tokio::select! {
            // A function reports its error before it ends, and the report says more.
            biased;
            state = timeout(INITIALIZATION_LIMIT, settled) => state.map(|state| state.map(|state| state.clone())),
            status = self.process.ended() => return Err(exited("Runtime.ExitError", "initialization", status)),
        };
        match outcome {
            Ok(Ok(Initialization::Failed(failure))) => Err(failure),
            Ok(_) => Ok(()),
            Err(_) => {
                let message = format!("initialization took longer than {} seconds", INITIALIZATION_LIMIT.as_secs());
                Err(FunctionFailure::new("Sandbox.Timedout", message))
            }
        }
    }

    /// Runs one invocation to its end, whether or not somebody still listens.
    /// The instance comes back unless it is no longer of use.
    pub async fn run(mut self, call: Call, exchange: Exchange) -> Option<Self> {
        let exchange = Arc::new(exchange);
        let (id, limit, fate, closing) = (call.request_id.clone(), call.timeout, call.fate, call.closing.clone());
        if fate != Some(Fate::Hang) {
            self.api.send(job(call, exchange.clone())).await;
        }
        tokio::select! {
            biased;
            () = exchange.finished() => {
                self.idle_since = Instant::now();
                return (!self.process.has_ended()).then_some(self);
            }
            status = self.process.ended() => exchange.fail(exited("Runtime.ExitError", &id, status)),
            () = doomed(&self.api, &self.kill_switch, fate) => {
                self.process.kill().await;
                exchange.fail(exited("Runtime.ExitError", &id, self.process.ended().await));
            }
            () = closing.cancelled() => {
                self.end().await;
                exchange.fail(FunctionFailure::new("Runtime.ExitError", "the sandbox stopped while the function ran"));
            }
            () = tokio::time::sleep(limit) => {
                self.process.kill().await;
                exchange.fail(timed_out(&id, limit));
            }
        }
        None
    }

    /// Ends the instance as Lambda does: with an extension the function is asked
    /// first and has half a second, without one it is killed at once (Lambda
    /// developer guide, "Understanding the Lambda execution environment
    /// lifecycle", shutdown phase).
    pub async fn end(mut self) {
        if self.api.extensions.any() {
            self.api.extensions.shut_down(SHUTDOWN_LIMIT);
            self.process.terminate(SHUTDOWN_LIMIT).await;
        } else {
            self.process.kill().await;
        }
    }
}

/// Waits until the process is to be killed.
async fn doomed(api: &RuntimeApi, kill_switch: &KillSwitch, fate: Option<Fate>) {
    match fate {
        Some(Fate::Kill) => api.taken().await,
        _ => kill_switch.pulled().await,
    }
}

impl Pooled for Instance {
    fn version(&self) -> &str {
        &self.version
    }

    fn idle_since(&self) -> Instant {
        self.idle_since
    }

    /// False when the process ended while it was idle, or when its credentials
    /// would end before an invocation of that length does.
    fn is_usable(&mut self, needed: Duration) -> bool {
        let lasts = self.usable_until.is_none_or(|end| SystemTime::now() + needed < end);
        lasts && !self.process.has_ended()
    }
}

fn job(call: Call, exchange: Arc<Exchange>) -> Job {
    Job {
        request_id: call.request_id,
        payload: call.payload,
        deadline: SystemTime::now() + call.timeout,
        function_arn: call.function_arn,
        client_context: call.client_context,
        exchange,
    }
}

fn exited(error_type: &str, id: &str, status: std::io::Result<std::process::ExitStatus>) -> FunctionFailure {
    let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
    FunctionFailure::new(error_type, format!("RequestId: {id} Error: Runtime exited with error: {status}"))
}

fn timed_out(id: &str, limit: Duration) -> FunctionFailure {
    let message = format!("RequestId: {id} Error: Task timed out after {:.2} seconds", limit.as_secs_f64());
    FunctionFailure::new("Sandbox.Timedout", message)
}

#[cfg(test)]
#[path = "instance_tests.rs"]
mod tests;
