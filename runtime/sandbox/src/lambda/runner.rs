//! Runs functions from their pushed images: finds or starts an instance, hands
//! it the event and takes it back. An invocation goes on to its end in a task of
//! its own, whatever becomes of the one who asked.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use bytes::Bytes;
use futures::future::join_all;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    environment::{EnvironmentSource, environment},
    error::InvokeError,
    exchange::{Exchange, FunctionFailure, Reply},
    fate::{Fate, KillSwitches},
    function::{Function, FunctionReference},
    image::{Images, Rootfs},
    instance::{Call, Instance, Launch, LaunchError},
    isolation::Isolation,
    pool::Pool,
};
use crate::identity::{Credentials, Identity};

/// What fits into the memory of a developer's machine at some 30 MB each; Lambda's
/// own default is 1,000 for a whole account.
const INSTANCES_PER_FUNCTION: usize = 400;
/// Instances that start at the same time: more would only take the processors
/// from each other until the time for initialization is over.
const STARTING: usize = 8;
/// How long an invocation waits for an instance before it is refused.
const PATIENCE: Duration = Duration::from_secs(30);
const IDLE_LIMIT: Duration = Duration::from_secs(300);
const REAP_INTERVAL: Duration = Duration::from_secs(30);
/// Credentials that end sooner after an invocation could are not used for it.
const CREDENTIALS_MARGIN: Duration = Duration::from_secs(60);

const LAMBDA: &str = "lambda.amazonaws.com";

pub struct RunnerOptions {
    pub client: aws_sdk_lambda::Client,
    pub identity: Identity,
    /// Loopback `host:port` of the backend's registry.
    pub registry: String,
    pub region: String,
    /// Base URL of the front: the functions' `AWS_ENDPOINT_URL`.
    pub endpoint: String,
    pub cache_dir: PathBuf,
    pub state_dir: PathBuf,
    pub isolation: Isolation,
}

/// What a function is invoked with.
#[derive(Clone, Default)]
pub struct Event {
    pub payload: Bytes,
    /// JSON text, as the function reads it.
    pub client_context: Option<String>,
    pub fate: Option<Fate>,
}

/// A handle; clones share instances.
#[derive(Clone)]
pub struct Runner {
    shared: Arc<Shared>,
}

struct Shared {
    options: RunnerOptions,
    images: Images,
    pool: Pool<Instance>,
    kill_switches: KillSwitches,
    starting: Semaphore,
    running: TaskTracker,
    closing: CancellationToken,
}

impl Runner {
    /// Needs a tokio runtime: idle instances are ended in the background.
    pub fn new(options: RunnerOptions) -> Self {
        let images = Images::new(&options.cache_dir, &options.registry);
        let (running, closing) = (TaskTracker::new(), CancellationToken::new());
        let (pool, kill_switches) = (Pool::new(INSTANCES_PER_FUNCTION), KillSwitches::default());
        let shared = Arc::new(Shared {
            options,
            images,
            pool,
            kill_switches,
            starting: Semaphore::new(STARTING),
            running,
            closing,
        });
        tokio::spawn(reap(Arc::downgrade(&shared)));
        Self { shared }
    }

    /// Reads a function from the control plane.
    pub async fn function(&self, reference: &FunctionReference) -> Result<Function, InvokeError> {
        Function::read(&self.shared.options.client, reference).await
    }

    /// Invokes a function; returns as soon as it answers its first byte or
    /// fails, together with the request's id.
    pub async fn invoke(&self, function: Function, event: Event) -> Result<(String, Reply), InvokeError> {
        let request_id = uuid::Uuid::new_v4().to_string();
        let (sender, receiver) = oneshot::channel();
        let (shared, id, name) = (self.shared.clone(), request_id.clone(), function.name.clone());
        let running = self.shared.running.clone();
        running.spawn(async move { shared.run(function, event, id, sender).await });
        let stopped = || InvokeError::Start { name, cause: "the sandbox is stopping".into() };
        let reply = receiver.await.map_err(|_| stopped())??;
        Ok((request_id, reply.await.unwrap_or_else(|_| Reply::Failed(interrupted()))))
    }

    /// Kills the instance that signs with an access key; false when there is none.
    pub fn kill_holder(&self, access_key_id: &str) -> bool {
        self.shared.kill_switches.pull(access_key_id)
    }

    /// Ends every instance and waits until they are gone.
    pub async fn shutdown(&self) {
        self.shared.closing.cancel();
        self.shared.retire(self.shared.pool.clear());
        self.shared.running.close();
        self.shared.running.wait().await;
        // Invocations that ended meanwhile gave their instances back.
        join_all(self.shared.pool.clear().into_iter().map(Instance::end)).await;
    }
}

type Started = Result<oneshot::Receiver<Reply>, InvokeError>;

impl Shared {
    async fn run(&self, function: Function, event: Event, request_id: String, started: oneshot::Sender<Started>) {
        let Some(found) = self.closing.run_until_cancelled(self.instance(&function)).await else { return };
        let (_place, instance) = match found {
            Ok(found) => found,
            Err(Refusal::Invoke(error)) => return started.send(Err(error)).unwrap_or(()),
            Err(Refusal::Function(failure)) => {
                let (exchange, reply) = Exchange::new();
                started.send(Ok(reply)).ok();
                return exchange.fail(failure);
            }
        };
        let (exchange, reply) = Exchange::new();
        started.send(Ok(reply)).ok();
        let call = Call {
            request_id,
            payload: event.payload,
            client_context: event.client_context,
            function_arn: function.arn,
            timeout: function.timeout,
            fate: event.fate,
            closing: self.closing.clone(),
        };
        if let Some(instance) = instance.run(call, exchange).await {
            self.pool.give_back(&function.name, instance);
        }
    }

    async fn instance(&self, function: &Function) -> Result<(OwnedSemaphorePermit, Instance), Refusal> {
        function.ensure_invocable()?;
        let image = function.image.as_deref().unwrap_or_default();
        let unpulled = |cause| InvokeError::Image { name: function.name.clone(), image: image.into(), cause };
        let digest = self.images.digest(image).await.map_err(unpulled)?;
        let refused = || InvokeError::TooManyRequests(function.name.clone());
        let place = self.pool.admit(&function.name, PATIENCE).await.ok_or_else(refused)?;
        let version = format!("{digest} {}", function.revision);
        if let Some(instance) = self.idle(function, &version) {
            return Ok((place, instance));
        }
        let _turn = self.starting.acquire().await;
        // While this one waited for its turn, another invocation may have ended.
        if let Some(instance) = self.idle(function, &version) {
            return Ok((place, instance));
        }
        let rootfs = self.images.rootfs(image, &digest).await.map_err(unpulled)?;
        Ok((place, self.launch(function, rootfs, version).await?))
    }

    fn idle(&self, function: &Function, version: &str) -> Option<Instance> {
        let needed = function.timeout + CREDENTIALS_MARGIN;
        let (found, retired) = self.pool.take(&function.name, version, needed);
        self.retire(retired);
        found
    }

    /// Ends instances beside the work that goes on.
    fn retire(&self, instances: Vec<Instance>) {
        for instance in instances {
            self.running.spawn(instance.end());
        }
    }

    async fn launch(&self, function: &Function, rootfs: Rootfs, version: String) -> Result<Instance, Refusal> {
        let credentials = self.credentials(function).await?;
        let launch = self.launch_options(function, rootfs, version, &credentials);
        let log_stream = uuid::Uuid::new_v4().simple().to_string();
        let started = Instance::launch(launch, |launch, api| {
            environment(&EnvironmentSource {
                function,
                rootfs: &launch.rootfs,
                isolation: &launch.isolation,
                credentials: &credentials,
                runtime_api: api.address,
                region: &self.options.region,
                endpoint: &self.options.endpoint,
                log_stream: &log_stream,
            })
        });
        started.await.map_err(|error| match error {
            LaunchError::Function(failure) => Refusal::Function(failure),
            LaunchError::Start(error) => {
                InvokeError::Start { name: function.name.clone(), cause: error.to_string() }.into()
            }
        })
    }

    fn launch_options(&self, function: &Function, rootfs: Rootfs, version: String, keys: &Credentials) -> Launch {
        let image = &rootfs.configuration;
        let or = |own: &Vec<String>, image: &Option<Vec<String>>| match own.is_empty() {
            true => image.clone().unwrap_or_default(),
            false => own.clone(),
        };
        let mut command = or(&function.entry_point, &image.entrypoint);
        command.extend(or(&function.command, &image.cmd));
        let directory = function.working_directory.clone().or_else(|| image.working_dir.clone());
        let seconds = keys.expires_at.and_then(|seconds| u64::try_from(seconds).ok());
        Launch {
            command,
            directory: directory.filter(|path| !path.is_empty()).unwrap_or_else(|| "/".into()),
            isolation: self.options.isolation.clone(),
            log: self.options.state_dir.join("logs").join(format!("{}.log", function.name)),
            usable_until: seconds.map(|seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)),
            kill_switch: self.kill_switches.mount(&keys.access_key_id),
            rootfs,
            version,
        }
    }

    /// Of the execution role, if it trusts Lambda: the root key that asks for
    /// them here could assume any role.
    async fn credentials(&self, function: &Function) -> Result<Credentials, InvokeError> {
        let failed =
            |cause: String| InvokeError::Role { name: function.name.clone(), role: function.role.clone(), cause };
        let (identity, role) = (&self.options.identity, &function.role);
        let account = role.split(':').nth(4).unwrap_or_default();
        let trusted = identity.trust_allows_service(role, LAMBDA, account, &function.arn).await;
        if !trusted.map_err(|error| failed(error.to_string()))? {
            return Err(failed("the role cannot be assumed by Lambda".into()));
        }
        identity.assume_role(role, &function.name).await.map_err(|error| failed(error.to_string()))
    }
}

enum Refusal {
    Invoke(InvokeError),
    Function(FunctionFailure),
}

impl From<InvokeError> for Refusal {
    fn from(error: InvokeError) -> Self {
        Self::Invoke(error)
    }
}

fn interrupted() -> FunctionFailure {
    FunctionFailure::new("Runtime.ExitError", "the sandbox stopped while the function ran")
}

async fn reap(shared: std::sync::Weak<Shared>) {
    loop {
        tokio::time::sleep(REAP_INTERVAL).await;
        let Some(shared) = shared.upgrade() else { return };
        if let Some(limit) = Instant::now().checked_sub(IDLE_LIMIT) {
            shared.retire(shared.pool.reap(limit));
        }
    }
}
