//! What the agent costs, beside the Python stack of the original
//! (tests/comparison/agent.py) on the same machine, the same platform and the
//! same scripted model.
//!
//! `cargo bench --profile dev -p system-tests --bench agent`. The agent is
//! built as for AWS and runs under a Runtime API; AGENT_PROGRAM names a program
//! that is built already. Prints figures of both sides and their ratios: from
//! the process's start until it is ready, resident memory after ten turns, and
//! what a streamed turn takes beyond the model's own time. Asserts nothing.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use aws_credential_types::Credentials;
use deployer_core::progress::Silent;
use deployer_image::{CompileRequest, compile};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use system_tests::{
    AgentProcess, IssuerTokens, Place, SandboxControl, project_root, python_environment, resident, send, signed,
};
use tokio::runtime::Runtime;

const STARTS: usize = 9;
const TURNS: usize = 10;
const MIB: f64 = 1024.0 * 1024.0;
const TABLE: &str = "comparison-conversations";
const FUNCTION: &str = "aws-operations-agent-local";
const QUESTION: &str = "measured question: what time is it?";
const TOOL: &str = "aws___get_time";

/// Both sides, and the platform that they work on.
struct Bench {
    /// Stopped when this is dropped.
    _place: Place,
    program: PathBuf,
    python: PathBuf,
    token: String,
    /// Of the deployed agent function and of an AWS client of the platform.
    variables: BTreeMap<String, String>,
    http: Client,
    runtime: Runtime,
}

fn main() {
    let program = agent_program();
    let bench = Bench::new(program);
    bench.starts();
    bench.turns();
}

impl Bench {
    fn new(program: PathBuf) -> Self {
        let python = python_environment("agent-stack").join("bin/python");
        let place = Place::new();
        place.deploy(&["up", "--env", "local", "--yes"]).succeeded();
        place.aws().call(
            "dynamodb",
            "create_table",
            json!({
                "TableName": TABLE,
                "KeySchema": [{"AttributeName": "conversation_id", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "conversation_id", "AttributeType": "S"}],
                "BillingMode": "PAY_PER_REQUEST",
            }),
        );
        SandboxControl::of(&place).script("measured question", script());
        let token = IssuerTokens::of(&place).log_in("measured@example.com");
        let variables = variables(&place);
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
        // No connection is kept: between two questions nobody would notice that the other side has closed it.
        let http = Client::builder().no_proxy().pool_max_idle_per_host(0).build();
        let http = http.expect("a plain client can be built");
        Self { _place: place, program, python, token, variables, http, runtime }
    }

    fn starts(&self) {
        let ours = || AgentProcess::start(&self.program, &self.variables).ready_after();
        let python = || PythonStack::start(&self.python, &self.variables).ready_after;
        // The first of each reads its files from the disk.
        let _ = (ours(), python());
        let (ours, python) = in_turns(STARTS, ours, python);
        println!("from the process's start until it is ready (median of {STARTS})");
        print_both("wall", median(ours) * 1e3, median(python) * 1e3, "ms");
    }

    /// Each round asks the model itself and both sides, so that what else the machine does meets all of them.
    fn turns(&self) {
        let agent = AgentProcess::start(&self.program, &self.variables);
        let python = PythonStack::start(&self.python, &self.variables);
        agent.ready_after();
        let (ready, python_ready) = (resident(agent.id()), resident(python.child.id()));
        let body = |conversation: &str| json!({"message": QUESTION, "conversation_id": conversation});
        let round = |ours: &str, theirs: &str| Round {
            model_of_ours: timed(|| self.ask_the_model(&with_cache_point(tools()))),
            model_of_python: timed(|| self.ask_the_model(&tools())),
            tool: timed(|| self.ask_the_tool()),
            ours: timed(|| check(&agent.ask(&self.token, &body(ours)))),
            python: timed(|| check(&self.ask_python(&python, &body(theirs)))),
        };
        round("warm-agent", "warm-python");
        let rounds: Vec<_> = (0..TURNS).map(|_| round("measured-agent", "measured-python")).collect();
        println!("resident memory of the process");
        print_both("ready", mib(ready), mib(python_ready), "MiB");
        print_both("after turns", mib(resident(agent.id())), mib(resident(python.child.id())), "MiB");
        let of =
            |part: fn(&Round) -> Duration| median(rounds.iter().map(|one| part(one).as_secs_f64() * 1e3).collect());
        let (model, python_model) = (of(|round| round.model_of_ours), of(|round| round.model_of_python));
        let (whole, python_whole) = (of(|round| round.ours), of(|round| round.python));
        let tool = of(|round| round.tool);
        println!("a streamed turn with one tool call (median of {TURNS})");
        print_both("model alone", model, python_model, "ms");
        print_both("whole turn", whole, python_whole, "ms");
        print_both("beyond model", whole - model, python_whole - python_model, "ms");
        println!("  of which the tool call alone, the same for both, takes {tool:.1} ms");
    }

    /// Both requests of a turn, straight to where Bedrock is.
    fn ask_the_model(&self, tools: &Value) {
        let question = json!({"role": "user", "content": [{"text": QUESTION}]});
        let call =
            json!({"role": "assistant", "content": [{"toolUse": {"toolUseId": "t", "name": TOOL, "input": {}}}]});
        let result =
            json!({"role": "user", "content": [{"toolResult": {"toolUseId": "t", "content": [{"text": "noon"}]}}]});
        for messages in [json!([question]), json!([question, call, result])] {
            self.answer(self.converse(&json!({"messages": messages, "toolConfig": {"tools": tools}})));
        }
    }

    fn converse(&self, body: &Value) -> RequestBuilder {
        let variable = |name: &str| &self.variables[name];
        let path = format!("model/{}/converse-stream", variable("BEDROCK_MODEL_ID").replace(':', "%3A"));
        let request = http::Request::post(format!("{}/{path}", variable("AWS_ENDPOINT_URL")));
        let request = request.header("content-type", "application/json").body(body.to_string().into_bytes());
        let keys =
            Credentials::new(variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"), None, None, "bench");
        let request = signed(request.expect("a valid request"), "bedrock", variable("AWS_REGION"), &keys);
        let request = reqwest::Request::try_from(request).expect("a valid request");
        RequestBuilder::from_parts(self.http.clone(), request)
    }

    fn ask_the_tool(&self) {
        let body =
            json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": TOOL, "arguments": {}}});
        let request = self.http.post(&self.variables["GATEWAY_URL"]).bearer_auth(&self.token).json(&body);
        self.answer(request.header("accept", "application/json, text/event-stream"));
    }

    fn ask_python(&self, python: &PythonStack, body: &Value) -> String {
        let request = self.http.post(format!("{}/stream", python.address)).json(body);
        self.answer(request.header("x-okta-token", &self.token))
    }

    /// The whole answer. One client for all, whose making is part of nobody's time.
    fn answer(&self, request: RequestBuilder) -> String {
        self.runtime.block_on(async {
            let answer = request.send().await.expect("an answer comes");
            assert!(answer.status().is_success(), "{answer:?}");
            String::from_utf8_lossy(&answer.bytes().await.expect("the whole answer comes")).into_owned()
        })
    }
}

/// What one turn took, and what of it is neither side's.
struct Round {
    model_of_ours: Duration,
    model_of_python: Duration,
    tool: Duration,
    ours: Duration,
    python: Duration,
}

/// The Python stack's process, ready.
struct PythonStack {
    child: Child,
    address: String,
    ready_after: Duration,
}

impl PythonStack {
    fn start(python: &Path, variables: &BTreeMap<String, String>) -> Self {
        let port =
            TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a loopback port is free").port();
        let started = Instant::now();
        let child = Command::new(python)
            .arg(project_root().join("tests/comparison/agent.py"))
            .args(["--port", &port.to_string()])
            .env_clear()
            .envs(variables)
            // No bytecode beside the sources; the libraries' own is written when they are installed.
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("COMPARISON_TABLE", TABLE)
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the virtual environment has a python");
        let mut stack = Self { child, address: format!("http://127.0.0.1:{port}"), ready_after: Duration::ZERO };
        stack.ready_after = stack.wait(started);
        stack
    }

    /// Asks for its health until it answers.
    fn wait(&mut self, started: Instant) -> Duration {
        let address = self.address.trim_start_matches("http://").parse().expect("an address");
        while started.elapsed() < Duration::from_secs(60) {
            // The port is tried first: that costs the starting process nothing.
            if std::net::TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok() {
                let answer = send(|http| http.get(format!("{}/health", self.address)));
                assert!(answer.status.is_success(), "{answer:?}");
                return started.elapsed();
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        panic!("the Python stack did not start within a minute");
    }
}

impl Drop for PythonStack {
    fn drop(&mut self) {
        // It holds nothing that could be lost.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One tool call, then about 1,000 characters in pieces.
fn script() -> Value {
    let text = "It is noon, says the tool. ".repeat(37);
    json!([
        {"calls": [{"tool": TOOL, "input": {}}], "stop_reason": "tool_use", "first_delay_ms": 100},
        {"text": text, "chunk_characters": 20, "delay_ms": 10, "first_delay_ms": 100},
    ])
}

/// The tools as both sides send them to the model.
fn tools() -> Value {
    let specification = |tool: &contract::Tool| {
        let name = tool.full_name(contract::names::TARGET);
        json!({"toolSpec": {"name": name, "description": tool.description, "inputSchema": {"json": tool.input_schema}}})
    };
    contract::catalogue().iter().map(specification).collect()
}

/// Our agent lets Bedrock keep them, which the local platform's Bedrock reckons up.
fn with_cache_point(mut tools: Value) -> Value {
    let list = tools.as_array_mut().expect("a list");
    list.push(json!({"cachePoint": {"type": "default"}}));
    tools
}

fn check(answer: &str) {
    assert!(answer.ends_with("It is noon, says the tool. "), "not the whole answer: {answer}");
}

/// As the deployed function has them, with the platform's own user in place of its role.
fn variables(place: &Place) -> BTreeMap<String, String> {
    let function = place.aws().call("lambda", "get_function_configuration", json!({"FunctionName": FUNCTION}));
    let status = place.status();
    let all = [&function["Environment"]["Variables"], &status["env"]];
    let members = all.iter().flat_map(|one| one.as_object().expect("variables"));
    let text = |value: &Value| value.as_str().expect("variables are texts").to_owned();
    let mut variables: BTreeMap<_, _> = members.map(|(name, value)| (name.clone(), text(value))).collect();
    variables.insert("AWS_EC2_METADATA_DISABLED".into(), "true".into());
    variables.insert("AWS_DEFAULT_REGION".into(), variables["AWS_REGION"].clone());
    // The image names its certificates in one file, too.
    variables.insert("SSL_CERT_FILE".into(), "/etc/ssl/certs/ca-certificates.crt".into());
    variables
}

/// Both sides one after the other, so that what else the machine does meets both. Seconds.
fn in_turns(
    times: usize,
    mut ours: impl FnMut() -> Duration,
    mut python: impl FnMut() -> Duration,
) -> (Vec<f64>, Vec<f64>) {
    (0..times).map(|_| (ours().as_secs_f64(), python().as_secs_f64())).unzip()
}

fn timed(work: impl FnOnce()) -> Duration {
    let started = Instant::now();
    work();
    started.elapsed()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn mib(bytes: Option<u64>) -> f64 {
    bytes.expect("the process runs") as f64 / MIB
}

fn print_both(name: &str, ours: f64, python: f64, unit: &str) {
    println!("  {name:<12} {ours:>9.1} {unit:<3} Python {python:>9.1} {unit:<3} ratio {:>7.1}", python / ours);
}

/// Built with the profile of the images for AWS, for this machine; or the program that AGENT_PROGRAM names.
fn agent_program() -> PathBuf {
    if let Some(built) = std::env::var_os("AGENT_PROGRAM") {
        return built.into();
    }
    let request = CompileRequest {
        workspace: project_root().to_path_buf(),
        packages: vec!["agent".into()],
        target: Some("x86_64-unknown-linux-musl".into()),
        profile: "dist".into(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
    let programs = runtime.block_on(compile(&request, &Silent)).unwrap_or_else(|failure| panic!("{failure}"));
    programs.get("agent").expect("cargo built the agent function").clone()
}
