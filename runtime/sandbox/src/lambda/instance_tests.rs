//! Instances that run a small runtime written in Python.

use super::*;
use crate::lambda::{
    exchange::{Part, Reply},
    fate::KillSwitches,
    image::ImageConfiguration,
};
use std::{fs, os::unix::fs::PermissionsExt, path::Path};

/// A runtime in a few lines: answers `echo`, streams `stream`, fails
/// `fail`, ends itself on `exit` and never answers anything else.
const RUNTIME: &str = r#"
import http.client, json, os, signal, sys
host = os.environ["AWS_LAMBDA_RUNTIME_API"]
base = "/2018-06-01/runtime"
def post(path, body, headers={}):
    connection = http.client.HTTPConnection(host)
    connection.request("POST", base + path, body, headers, encode_chunked=not isinstance(body, str))
    connection.getresponse().read()
if os.environ.get("BROKEN"):
    post("/init/error", json.dumps({"errorType": "Init.Broken", "errorMessage": "no"}))
    sys.exit(1)
if os.environ.get("EXTENSION"):
    base = ""
    post("/2020-01-01/extension/register", "{}", {"Lambda-Extension-Name": "x"})
    base = "/2018-06-01/runtime"
def ended(*_):
    print("asked to end", flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, ended)
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

async fn launch(folder: &Path, rootfs: Rootfs, flag: Option<&str>) -> Result<Instance, LaunchError> {
    let launch = Launch {
        rootfs,
        command: vec!["/var/task/bootstrap".into()],
        directory: "/var/task".into(),
        isolation: Isolation::Process,
        log: folder.join("logs/f.log"),
        usable_until: None,
        version: "v1".into(),
        kill_switch: KillSwitches::default().mount("AKIA1"),
    };
    let environment = |_: &Launch, api: &RuntimeApi| {
        let mut variables = BTreeMap::from([("AWS_LAMBDA_RUNTIME_API".to_owned(), api.address.to_string())]);
        variables.extend(flag.map(|flag| (flag.to_owned(), "1".to_owned())));
        variables
    };
    Instance::launch(launch, environment).await
}

fn log(folder: &Path) -> String {
    fs::read_to_string(folder.join("logs/f.log")).unwrap()
}

fn call(event: &str) -> Call {
    Call {
        request_id: format!("request-{event}"),
        payload: format!("\"{event}\"").into(),
        client_context: None,
        function_arn: "arn:aws:lambda:us-east-1:000000000000:function:f".into(),
        timeout: Duration::from_secs(60),
        fate: None,
        closing: CancellationToken::new(),
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
    let instance = launch(folder.path(), rootfs, None).await.unwrap();

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
    assert_eq!(log(folder.path()), "started\n");
}

#[tokio::test]
async fn a_function_that_does_not_answer_in_time_is_ended() {
    let folder = tempfile::tempdir().unwrap();
    let Some(rootfs) = image(folder.path()) else { return };
    let instance = launch(folder.path(), rootfs, None).await.unwrap();
    let (instance, reply) = run(instance, Call { timeout: Duration::from_secs(1), ..call("hang") }).await;
    assert!(instance.is_none());
    let failure = reply.collect().await.unwrap_err();
    let text = String::from_utf8_lossy(&failure.payload).into_owned();
    assert!(text.contains("Task timed out after 1.00 seconds"), "{text}");
}

#[tokio::test]
async fn a_function_with_an_extension_is_asked_to_end_and_another_is_killed() {
    for (flag, said) in [(Some("EXTENSION"), "started\nasked to end\n"), (None, "started\n")] {
        let folder = tempfile::tempdir().unwrap();
        let Some(rootfs) = image(folder.path()) else { return };
        let instance = launch(folder.path(), rootfs, flag).await.unwrap();
        instance.end().await;
        assert_eq!(log(folder.path()), said, "{flag:?}");
    }
}

#[tokio::test]
async fn a_function_at_work_is_asked_to_end_when_the_sandbox_stops() {
    let folder = tempfile::tempdir().unwrap();
    let Some(rootfs) = image(folder.path()) else { return };
    let instance = launch(folder.path(), rootfs, Some("EXTENSION")).await.unwrap();
    let call = call("never answered");
    call.closing.cancel();
    let (instance, reply) = run(instance, call).await;
    assert!(instance.is_none());
    assert_eq!(reply.collect().await.unwrap_err().error_type, "Runtime.ExitError");
    assert_eq!(log(folder.path()), "started\nasked to end\n");
}

#[tokio::test]
async fn a_doomed_invocation_is_killed_while_the_function_works() {
    let folder = tempfile::tempdir().unwrap();
    let Some(rootfs) = image(folder.path()) else { return };
    let instance = launch(folder.path(), rootfs, None).await.unwrap();
    let (instance, reply) = run(instance, Call { fate: Some(Fate::Kill), ..call("never answered") }).await;
    assert!(instance.is_none());
    let failure = reply.collect().await.unwrap_err();
    assert!(String::from_utf8_lossy(&failure.payload).contains("signal: 9"), "{failure:?}");
}

#[tokio::test]
async fn a_hanging_invocation_ends_when_its_time_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let Some(rootfs) = image(folder.path()) else { return };
    let instance = launch(folder.path(), rootfs, None).await.unwrap();
    let hanging = Call { fate: Some(Fate::Hang), timeout: Duration::from_secs(1), ..call("echo") };
    let (instance, reply) = run(instance, hanging).await;
    assert!(instance.is_none());
    assert_eq!(reply.collect().await.unwrap_err().error_type, "Sandbox.Timedout");
}

#[tokio::test]
async fn the_instance_that_signs_with_a_key_can_be_killed_by_it() {
    let folder = tempfile::tempdir().unwrap();
    let Some(rootfs) = image(folder.path()) else { return };
    let mut instance = launch(folder.path(), rootfs, None).await.unwrap();
    let switches = KillSwitches::default();
    instance.kill_switch = switches.mount("AKIA2");
    let (exchange, reply) = Exchange::new();
    let running = tokio::spawn(instance.run(call("never answered"), exchange));
    assert!(switches.pull("AKIA2"));
    assert!(running.await.unwrap().is_none());
    assert_eq!(reply.await.unwrap().collect().await.unwrap_err().error_type, "Runtime.ExitError");
    assert!(!switches.pull("AKIA2"), "its switch is taken down");
}

#[tokio::test]
async fn an_initialization_error_is_the_caller_s_answer() {
    let folder = tempfile::tempdir().unwrap();
    let Some(rootfs) = image(folder.path()) else { return };
    match launch(folder.path(), rootfs, Some("BROKEN")).await {
        Err(LaunchError::Function(failure)) => assert_eq!(failure.error_type, "Init.Broken"),
        other => panic!("{:?}", other.err()),
    }
}

#[tokio::test]
async fn an_image_without_its_program_cannot_start() {
    let folder = tempfile::tempdir().unwrap();
    let rootfs = Rootfs { root: folder.path().join("root"), configuration: ImageConfiguration::default() };
    assert!(matches!(launch(folder.path(), rootfs, None).await, Err(LaunchError::Start(_))));
}
