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

use super::{
    exchange::{Exchange, FunctionFailure},
    image::Rootfs,
    isolation::Isolation,
    pool::Pooled,
    process::{Process, Program},
    runtime_api::{Initialization, Job, RuntimeApi},
};

/// Lambda gives a function 10 s to initialize; a busy developer's machine gets more.
const INITIALIZATION_LIMIT: Duration = Duration::from_secs(30);

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
}

pub struct Instance {
    process: Process,
    api: RuntimeApi,
    version: String,
    usable_until: Option<SystemTime>,
    idle_since: Instant,
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
        let (version, usable_until) = (launch.version, launch.usable_until);
        let mut instance = Self { process, api, version, usable_until, idle_since: Instant::now() };
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
        let (id, limit) = (call.request_id.clone(), call.timeout);
        self.api.send(job(call, exchange.clone())).await;
        tokio::select! {
            biased;
            () = exchange.finished() => {
                self.idle_since = Instant::now();
                (!self.process.has_ended()).then_some(self)
            }
            status = self.process.ended() => {
                exchange.fail(exited("Runtime.ExitError", &id, status));
                None
            }
            () = tokio::time::sleep(limit) => {
                self.process.kill().await;
                exchange.fail(timed_out(&id, limit));
                None
            }
        }
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
mod tests {
    use super::*;
    use crate::lambda::{
        exchange::{Part, Reply},
        image::ImageConfiguration,
    };
    use std::{fs, os::unix::fs::PermissionsExt, path::Path};

    /// A runtime in a few lines: answers `echo`, streams `stream`, fails
    /// `fail`, ends itself on `exit` and never answers anything else.
    const RUNTIME: &str = r#"
import http.client, json, os, sys
host = os.environ["AWS_LAMBDA_RUNTIME_API"]
base = "/2018-06-01/runtime"
def post(path, body, headers={}):
    connection = http.client.HTTPConnection(host)
    connection.request("POST", base + path, body, headers, encode_chunked=not isinstance(body, str))
    connection.getresponse().read()
if os.environ.get("BROKEN"):
    post("/init/error", json.dumps({"errorType": "Init.Broken", "errorMessage": "no"}))
    sys.exit(1)
print("started", flush=True)
while True:
    connection = http.client.HTTPConnection(host)
    connection.request("GET", base + "/invocation/next")
    response = connection.getresponse()
    event = json.loads(response.read())
    request = "/invocation/" + response.getheader("Lambda-Runtime-Aws-Request-Id")
    if event == "echo":
        post(request + "/response", json.dumps({"environment": dict(os.environ)}))
    elif event == "stream":
        chunked = {"Transfer-Encoding": "chunked", "Content-Type": "text/plain"}
        post(request + "/response", iter([b"one", b"two"]), chunked)
    elif event == "fail":
        post(request + "/error", json.dumps({"errorType": "Boom", "errorMessage": "no"}))
    elif event == "exit":
        sys.exit(3)
"#;

    /// An image folder whose bootstrap is the runtime; None without python3.
    fn image(folder: &Path) -> Option<Rootfs> {
        let found = std::process::Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output();
        if !test_requirements::have_program("python3", module_path!()) {
            return None;
        }
        let output = found.expect("python3 runs");
        let interpreter = String::from_utf8(output.stdout).unwrap();
        let task = folder.join("root/var/task");
        fs::create_dir_all(&task).unwrap();
        let bootstrap = task.join("bootstrap");
        fs::write(&bootstrap, format!("#!{}\n{RUNTIME}", interpreter.trim())).unwrap();
        fs::set_permissions(&bootstrap, fs::Permissions::from_mode(0o755)).unwrap();
        Some(Rootfs { root: folder.join("root"), configuration: ImageConfiguration::default() })
    }

    async fn launch(folder: &Path, rootfs: Rootfs, broken: bool) -> Result<Instance, LaunchError> {
        let launch = Launch {
            rootfs,
            command: vec!["/var/task/bootstrap".into()],
            directory: "/var/task".into(),
            isolation: Isolation::Process,
            log: folder.join("logs/f.log"),
            usable_until: None,
            version: "v1".into(),
        };
        let environment = |_: &Launch, api: &RuntimeApi| {
            let mut variables = BTreeMap::from([("AWS_LAMBDA_RUNTIME_API".to_owned(), api.address.to_string())]);
            if broken {
                variables.insert("BROKEN".into(), "1".into());
            }
            variables
        };
        Instance::launch(launch, environment).await
    }

    fn call(event: &str) -> Call {
        Call {
            request_id: format!("request-{event}"),
            payload: format!("\"{event}\"").into(),
            client_context: None,
            function_arn: "arn:aws:lambda:us-east-1:000000000000:function:f".into(),
            timeout: Duration::from_secs(60),
        }
    }

    async fn run(instance: Instance, call: Call) -> (Option<Instance>, Reply) {
        let (exchange, reply) = Exchange::new();
        let instance = instance.run(call, exchange).await;
        (instance, reply.await.unwrap())
    }

    #[tokio::test]
    async fn an_instance_answers_streams_and_fails_and_is_used_again() {
        let folder = tempfile::tempdir().unwrap();
        let Some(rootfs) = image(folder.path()) else { return };
        let instance = launch(folder.path(), rootfs, false).await.unwrap();

        let (instance, reply) = run(instance, call("echo")).await;
        let answer: serde_json::Value = serde_json::from_slice(&reply.collect().await.unwrap()).unwrap();
        let environment = answer["environment"].as_object().unwrap();
        assert!(!environment.contains_key("HOME") && !environment.contains_key("CARGO_PKG_NAME"), "{environment:?}");

        let (instance, reply) = run(instance.unwrap(), call("stream")).await;
        let Reply::Answer(mut answer) = reply else { panic!("no answer") };
        assert_eq!(answer.content_type, "text/plain");
        assert_eq!(answer.parts.recv().await, Some(Part::Chunk("one".into())));
        assert_eq!(answer.collect().await.unwrap(), "two");

        let (instance, reply) = run(instance.unwrap(), call("fail")).await;
        assert_eq!(reply.collect().await.unwrap_err().error_type, "Boom");

        let (instance, reply) = run(instance.unwrap(), call("exit")).await;
        assert!(instance.is_none());
        let failure = reply.collect().await.unwrap_err();
        assert_eq!(failure.error_type, "Runtime.ExitError");
        assert!(String::from_utf8_lossy(&failure.payload).contains("exit status: 3"), "{failure:?}");
        assert_eq!(fs::read_to_string(folder.path().join("logs/f.log")).unwrap(), "started\n");
    }

    #[tokio::test]
    async fn a_function_that_does_not_answer_in_time_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let Some(rootfs) = image(folder.path()) else { return };
        let instance = launch(folder.path(), rootfs, false).await.unwrap();
        let (instance, reply) = run(instance, Call { timeout: Duration::from_secs(1), ..call("hang") }).await;
        assert!(instance.is_none());
        let failure = reply.collect().await.unwrap_err();
        let text = String::from_utf8_lossy(&failure.payload).into_owned();
        assert!(text.contains("Task timed out after 1.00 seconds"), "{text}");
    }

    #[tokio::test]
    async fn an_initialization_error_is_the_caller_s_answer() {
        let folder = tempfile::tempdir().unwrap();
        let Some(rootfs) = image(folder.path()) else { return };
        match launch(folder.path(), rootfs, true).await {
            Err(LaunchError::Function(failure)) => assert_eq!(failure.error_type, "Init.Broken"),
            other => panic!("{:?}", other.err()),
        }
    }

    #[tokio::test]
    async fn an_image_without_its_program_cannot_start() {
        let folder = tempfile::tempdir().unwrap();
        let rootfs = Rootfs { root: folder.path().join("root"), configuration: ImageConfiguration::default() };
        assert!(matches!(launch(folder.path(), rootfs, false).await, Err(LaunchError::Start(_))));
    }
}
