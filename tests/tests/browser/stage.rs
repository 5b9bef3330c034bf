//! The deployed place that all tests of this binary share, and `chat serve` in front of it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::OnceLock;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use system_tests::{Place, SandboxControl};

pub const TIME: &str = "aws___get_time";
/// Waits for the user's yes here.
pub const APPROVED: &str = "aws___sns_read_operations";

pub const HOSTILE: &str = "<script>window.ran = 1</script> <img src=x onerror=\"window.ran = 1\">\n\n\
    [click](javascript:window.ran=1) [data](data:text/html,<script>window.ran=1</script>) \
    ![picture](http://127.0.0.1:1/leak.png)\n\n\
    | <b>cell</b> | <svg onload=window.ran=1> |\n|---|---|\n| <iframe srcdoc='<script>parent.ran=1</script>'> | x |\n\n\
    ```html\n</code></pre><script>window.ran = 1</script>\n```\n";

pub const TABLE: &str = "## Buckets\n\nThere are **two**, see `s3`:\n\n| Name | Size |\n|:--|--:|\n| a | 1 |\n| b | 2 |\n\n\
    1. first\n2. second\n   - nested\n\n> quoted\n\n```sh\naws s3 ls\n```\n\n[The guide](https://docs.example/s3)";

/// A place where `up` has succeeded and the model answers by the [`rules`]. Stopped when the tests end.
fn deployed() -> &'static Place {
    static DEPLOYED: OnceLock<Place> = OnceLock::new();
    DEPLOYED.get_or_init(|| {
        let place = Place::with_local("[agent]\napproval_tools = [\"sns_read_operations\"]\n");
        place.deploy(&["up", "--env", "local", "--yes"]).succeeded();
        place.stop_at_exit();
        SandboxControl::of(&place).rules(rules(json!({"code": "ValidationException"})));
        place
    })
}

/// Ends the model's refusal of the questions that begin with `Broken:`.
pub fn mend() {
    SandboxControl::of(deployed()).rules(rules(Value::Null));
}

/// One rule for each kind of question, told apart by its first word.
fn rules(fault: Value) -> Value {
    let mut broken = json!({"when": "Broken:", "turns": [{"text": "It works."}]});
    if !fault.is_null() {
        broken["turns"][0]["fail"] = fault;
    }
    let says = |when: &str, text: &str| json!({"when": when, "turns": [{"text": text}]});
    let calls =
        |tool: &str, input: Value| json!({"calls": [{"tool": tool, "input": input}], "stop_reason": "tool_use"});
    let words: String = (1..=80).map(|number| format!("word{number} ")).collect();
    json!([
        {"when": "Slowly:", "turns": [{"text": words + "the end.", "chunk_characters": 8, "delay_ms": 60}]},
        {"when": "Clock:", "turns": [calls(TIME, json!({})), {"text": "It is noon."}]},
        {"when": "Topics:", "turns": [calls(APPROVED, json!({"query": "List all topics"})), {"text": "Heard: {{results}}"}]},
        broken,
        says("Table:", TABLE),
        says("Hostile:", HOSTILE),
        {"turns": [{"text": "You asked: {{question}}"}]},
    ])
}

/// A running `chat serve`; dropping it stops it.
pub struct Served {
    child: Child,
    /// With the key.
    pub address: String,
}

impl Served {
    pub fn start() -> Self {
        let mut command = deployed().chat(&["--env", "local", "serve", "--no-open"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("chat starts");
        let mut lines = BufReader::new(child.stdout.take().expect("stdout is piped")).lines();
        let address = lines.next().expect("chat prints the address").expect("the address is text");
        Self { child, address }
    }

    /// Without the key.
    pub fn origin(&self) -> &str {
        self.address.split("/#").next().unwrap_or_default()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = kill(Pid::from_raw(self.child.id() as i32), Signal::SIGINT);
        let _ = self.child.wait();
    }
}
