//! The fixture account (tests/account): emulators with seeded resources behind
//! a front that pages, throttles and fails.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{project_root, python_environment, python_environment_of, send};

/// The account, until it is dropped.
pub struct Account {
    url: String,
    cases: Vec<Case>,
    /// It ends, with what it started, when its standard input is closed.
    front: Child,
}

/// A question with the facts that its answer must hold, see tests/account/account.py.
#[derive(Debug, Clone, Deserialize)]
pub struct Case {
    pub tool: String,
    pub recipe: String,
    pub parameters: Map<String, Value>,
    pub regions: Vec<String>,
    pub rows: Option<Vec<Map<String, Value>>>,
    pub count: Option<usize>,
    pub summary: Map<String, Value>,
}

#[derive(Deserialize)]
struct Greeting {
    url: String,
    cases: Vec<Case>,
}

impl Account {
    /// Seeds `size` resources of the busy kinds with these modules (`tools.ec2`), all tools when there are none.
    pub fn start(size: usize, modules: &[&str]) -> Self {
        let size = size.to_string();
        Self::start_with(
            &[&["--size", &size][..], if modules.is_empty() { &[] } else { &["--modules"] }, modules].concat(),
        )
    }

    /// An empty account that answers DescribeInstances with so many.
    pub fn with_instances(count: usize) -> Self {
        Self::start_with(&["--instances", &count.to_string(), "--modules"])
    }

    /// The same of instances that differ in their ids and addresses only.
    pub fn with_fleet(count: usize) -> Self {
        Self::start_with(&["--instances", &count.to_string(), "--fleet", "--modules"])
    }

    /// With these arguments of tests/account/account.py.
    fn start_with(arguments: &[&str]) -> Self {
        let requirements = project_root().join("deployer/local/src/emulator/requirements.txt");
        let ministack = python_environment_of("ministack", &requirements).join("bin/python");
        let mut command = Command::new(python_environment("account").join("bin/python"));
        command.arg(project_root().join("tests/account/account.py"));
        command.arg("--ministack").arg(ministack).args(arguments);
        // No bytecode beside the sources.
        command.env("PYTHONDONTWRITEBYTECODE", "1").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut front = command.spawn().expect("the virtual environment has a python");
        let output = front.stdout.take().expect("stdout is piped");
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line).expect("the account prints text");
        let greeting: Greeting = serde_json::from_str(&line)
            .unwrap_or_else(|error| panic!("the account says where it is, not `{line}`: {error}"));
        Self { url: greeting.url, cases: greeting.cases, front }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// Sets `page_size`, `throttle_every` and `faults` (tests/account/front.py) and forgets the calls so far.
    pub fn switch(&self, switches: Value) {
        let answer = send(|client| client.post(format!("{}/_front/switches", self.url)).body(switches.to_string()));
        assert!(answer.status.is_success(), "{answer:?}");
    }

    /// `{"operation", "region", "parameters"}` of every call since the last switch; with `by` who answered it.
    pub fn calls(&self) -> Vec<Value> {
        let answer = send(|client| client.get(format!("{}/_front/calls", self.url))).json();
        answer.as_array().expect("the front answers a list").clone()
    }

    /// Who answered the calls since the last switch: `moto`, `ministack`, `responder`, or several of them.
    pub fn proof(&self) -> String {
        let calls = self.calls();
        let kinds: BTreeSet<_> = calls.iter().filter_map(|call| call["by"].as_str()).collect();
        kinds.into_iter().collect::<Vec<_>>().join(" + ")
    }

    /// The variables with which a function reads this account.
    pub fn variables(&self) -> BTreeMap<String, String> {
        let variables = [
            ("AWS_ENDPOINT_URL", self.url.as_str()),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            ("LOG_LEVEL", "info"),
        ];
        variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        drop(self.front.stdin.take());
        let _ = self.front.wait();
    }
}

impl Case {
    /// The arguments of the tool call.
    pub fn arguments(&self) -> Value {
        let mut arguments = json!({"query": "", "operation": self.recipe});
        arguments["query"] = json!(format!("run {}", self.recipe));
        if !self.parameters.is_empty() {
            arguments["parameters"] = json!(Value::Object(self.parameters.clone()).to_string());
        }
        if !self.regions.is_empty() {
            arguments["regions"] = json!(self.regions);
        }
        arguments
    }

    /// What in the answer is not as expected; empty when all is.
    pub fn faults(&self, answer: &Value) -> Vec<String> {
        let mut faults = Vec::new();
        if answer["success"] != true {
            faults.push(format!("no success: {answer}"));
            return faults;
        }
        if answer["completeness"]["truncated"] != false {
            faults.push(format!("the answer says that it lacks something: {}", answer["completeness"]["notes"]));
        }
        if let Some(failed) = answer["completeness"]["failed"].as_array() {
            faults.extend(failed.iter().map(|failure| format!("a read failed: {failure}")));
        }
        let rows = rows(answer);
        if let Some(count) = self.count.filter(|count| *count != rows.len()) {
            faults.push(format!("expected {count} rows, found {}", rows.len()));
        }
        if let Some(expected) = &self.rows {
            faults.extend(compare(expected, &rows));
        }
        for (name, value) in &self.summary {
            let found = &answer["result"]["summary"][name];
            if !is_same(value, found) {
                faults.push(format!("summary {name}: expected {value}, found {found}"));
            }
        }
        faults
    }
}

/// The rows of an answer with their columns' names.
fn rows(answer: &Value) -> Vec<Map<String, Value>> {
    let result = &answer["result"];
    let columns: Vec<_> = result["columns"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let rows = result["rows"].as_array().into_iter().flatten().filter_map(Value::as_array);
    rows.map(|row| columns.iter().map(|name| (*name).to_owned()).zip(row.iter().cloned()).collect()).collect()
}

/// Each expected row is part of one row, and no row is left.
fn compare(expected: &[Map<String, Value>], rows: &[Map<String, Value>]) -> Vec<String> {
    let mut left: Vec<_> = rows.iter().collect();
    let mut faults = Vec::new();
    for wanted in expected {
        let fits = |row: &&Map<String, Value>| {
            wanted.iter().all(|(name, value)| is_same(value, row.get(name).unwrap_or(&Value::Null)))
        };
        match left.iter().position(fits) {
            Some(index) => drop(left.swap_remove(index)),
            None => faults.push(format!("missing row {}", Value::Object(wanted.clone()))),
        }
    }
    faults.extend(left.into_iter().map(|row| format!("unexpected row {}", Value::Object(row.clone()))));
    faults
}

/// Numbers are compared by value to a millionth.
fn is_same(expected: &Value, found: &Value) -> bool {
    match (expected.as_f64(), found.as_f64()) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-6 * a.abs().max(1.0),
        _ => expected == found,
    }
}
