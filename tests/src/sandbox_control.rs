//! What the local platform's sandbox does on request: a scripted model, its
//! log of requests, and faults of the services that it stands for.

use serde_json::{Value, json};

use crate::{Answer, Place, send};

/// The controls of one platform.
pub struct SandboxControl {
    address: String,
}

impl SandboxControl {
    pub fn of(place: &Place) -> Self {
        let status = place.status();
        let address = status["env"]["AWS_ENDPOINT_URL"].as_str().expect("status has the address").to_owned();
        Self { address }
    }

    /// Questions that hold `when` are answered by these turns, whatever was scripted before.
    #[track_caller]
    pub fn script(&self, when: &str, turns: Value) {
        self.rules(json!([{"when": when, "turns": turns}]));
    }

    /// Several of them; the first whose `when` is in the question counts.
    #[track_caller]
    pub fn rules(&self, rules: Value) {
        self.put("model-script", &json!({"rules": rules}));
    }

    /// `{service, operation, times, after, do}` each, in place of those before.
    #[track_caller]
    pub fn faults(&self, faults: Value) {
        self.put("faults", &json!({"faults": faults}));
    }

    /// How often the faults have struck, all together.
    #[track_caller]
    pub fn struck(&self) -> u64 {
        let told = self.get("faults");
        let faults = told["faults"].as_array().unwrap_or_else(|| panic!("no faults: {told}"));
        faults.iter().filter_map(|fault| fault["struck"].as_u64()).sum()
    }

    /// The last requests to the model that hold this in their question.
    #[track_caller]
    pub fn model_requests(&self, question: &str) -> Vec<Value> {
        let mut log = self.get("model-log");
        let Value::Array(requests) = log["requests"].take() else { panic!("no requests: {log}") };
        let asked = |request: &Value| request["question"].as_str().is_some_and(|text| text.contains(question));
        requests.into_iter().filter(asked).collect()
    }

    /// Takes back script and faults.
    pub fn clear(&self) {
        for path in ["model-script", "faults"] {
            self.call("DELETE", path, None);
        }
    }

    fn put(&self, path: &str, body: &Value) {
        let answer = self.call("PUT", path, Some(body));
        assert!(answer.status.is_success(), "{path} {body}: {answer:?}");
    }

    fn get(&self, path: &str) -> Value {
        let answer = self.call("GET", path, None);
        assert!(answer.status.is_success(), "{path}: {answer:?}");
        answer.json()
    }

    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let method = method.parse().expect("a method");
        send(|http| {
            let request = http.request(method, format!("{}/_sandbox/{path}", self.address));
            let request = request.header("x-sandbox-control", "1");
            body.into_iter().fold(request, |request, body| request.json(body))
        })
    }
}
