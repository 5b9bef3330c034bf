//! An ordinary AWS client: botocore, in Python, configured by variables alone.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use crate::python_environment;

/// Calls AWS with the variables that `deployer status --json` prints.
pub struct AwsClient {
    variables: BTreeMap<String, String>,
    session: Mutex<Option<Session>>,
}

/// One Python process that answers a line with a line.
struct Session {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

const SERVE: &str = "
import json, sys, traceback
import botocore.config, botocore.session
session, clients = botocore.session.get_session(), {}
config = botocore.config.Config(retries={'total_max_attempts': 2}, read_timeout=20)
for line in sys.stdin:
    service, operation, parameters = json.loads(line)
    try:
        if service not in clients:
            clients[service] = session.create_client(service, config=config)
        answer = getattr(clients[service], operation)(**parameters)
        answer.pop('ResponseMetadata', None)
        said = {'answer': answer}
    except Exception:
        said = {'error': traceback.format_exc()}
    print(json.dumps(said, default=str), flush=True)
";

impl AwsClient {
    pub fn new(status: &Value) -> Self {
        let variables = status["env"].as_object().expect("status has env");
        let text = |value: &Value| value.as_str().expect("variables are strings").to_string();
        let variables = variables.iter().map(|(name, value)| (name.clone(), text(value))).collect();
        Self { variables, session: Mutex::default() }
    }

    /// The answer of one call; `operation` in botocore's spelling (`list_buckets`).
    #[track_caller]
    pub fn call(&self, service: &str, operation: &str, parameters: Value) -> Value {
        self.try_call(service, operation, parameters).unwrap_or_else(|error| panic!("{service} {operation}: {error}"))
    }

    /// The answer, or what botocore said.
    pub fn try_call(&self, service: &str, operation: &str, parameters: Value) -> Result<Value, String> {
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let session = session.get_or_insert_with(|| Session::start(&self.variables));
        let mut said = session.ask(&json!([service, operation, parameters]));
        match said["error"].take() {
            Value::String(error) => Err(error),
            _ => Ok(said["answer"].take()),
        }
    }
}

impl Session {
    fn start(variables: &BTreeMap<String, String>) -> Self {
        let mut child = Command::new(python_environment("aws-client").join("bin/python"))
            .args(["-c", SERVE])
            .env_clear()
            .envs(variables)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the virtual environment has a python");
        let input = child.stdin.take().expect("stdin is piped");
        let output = BufReader::new(child.stdout.take().expect("stdout is piped"));
        Self { child, input, output }
    }

    fn ask(&mut self, question: &Value) -> Value {
        writeln!(self.input, "{question}").expect("the client reads");
        let mut line = String::new();
        self.output.read_line(&mut line).expect("the client prints text");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("the client prints JSON, not `{line}`: {error}"))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // It holds nothing that could be lost.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
