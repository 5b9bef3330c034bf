//! Faults that tests arm: which call of which service goes wrong, how often and
//! how. Pure: whoever asks carries out what is due.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Service {
    Dynamodb,
    Gateway,
    Bedrock,
    Lambda,
    Issuer,
}

/// What becomes of a call.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "Value")]
pub enum Action {
    /// An error in the service's own form.
    Error(ErrorAnswer),
    /// No answer until the client goes away; of a function, until its time is over.
    Hang,
    /// The connection closes without an answer.
    Drop,
    /// The function's process ends: the one that is invoked, or the one that calls.
    Kill,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorAnswer {
    pub status: u16,
    pub code: String,
    #[serde(default)]
    pub message: String,
    /// Further members of the answer's body, such as `CancellationReasons`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub members: Map<String, Value>,
}

impl TryFrom<Value> for Action {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        match value.as_str() {
            Some("hang") => Ok(Self::Hang),
            Some("drop") => Ok(Self::Drop),
            Some("kill") => Ok(Self::Kill),
            Some(other) => Err(format!("`{other}` is not one of hang, drop, kill")),
            None => ErrorAnswer::deserialize(value).map(Self::Error).map_err(|error| format!("do: {error}")),
        }
    }
}

impl Action {
    fn shown(&self) -> Value {
        match self {
            Self::Error(answer) => json!(answer),
            Self::Hang => "hang".into(),
            Self::Drop => "drop".into(),
            Self::Kill => "kill".into(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fault {
    service: Service,
    /// Any when absent or `*`. Of the issuer: the path or its end.
    operation: Option<String>,
    /// Matching calls that are let through first.
    #[serde(default)]
    after: u32,
    /// How often it strikes; always when absent.
    times: Option<u32>,
    r#do: Action,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    faults: Vec<Fault>,
}

/// The faults that are armed, in their order.
#[derive(Debug, Default)]
pub struct FaultTable {
    armed: Vec<Armed>,
}

#[derive(Debug)]
struct Armed {
    fault: Fault,
    passed: u32,
    struck: u32,
}

impl FaultTable {
    /// Reads `{"faults": [...]}`. Fails with one sentence a fault.
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        let order: Order =
            serde_json::from_slice(text).map_err(|error| format!("the faults are malformed: {error}"))?;
        let wrong = order.faults.iter().enumerate().filter_map(|(number, fault)| Some((number, fault.wrong()?)));
        let wrong: Vec<_> = wrong.map(|(number, text)| format!("faults[{number}].{text}")).collect();
        if !wrong.is_empty() {
            return Err(wrong.join("; "));
        }
        let armed = order.faults.into_iter().map(|fault| Armed { fault, passed: 0, struck: 0 });
        Ok(Self { armed: armed.collect() })
    }

    /// Whether any call of the service could be struck.
    pub fn concerns(&self, service: Service) -> bool {
        self.armed.iter().any(|armed| armed.fault.service == service && !armed.is_spent())
    }

    /// What is to become of a call, counted. The first fault that is due strikes;
    /// those behind it have not seen the call.
    pub fn strike(&mut self, service: Service, operation: &str) -> Option<Action> {
        let matching = self.armed.iter_mut().filter(|armed| armed.fault.matches(service, operation));
        for armed in matching.filter(|armed| !armed.is_spent()) {
            if armed.passed < armed.fault.after {
                armed.passed += 1;
            } else {
                armed.struck += 1;
                return Some(armed.fault.r#do.clone());
            }
        }
        None
    }

    /// What is armed, what it did and what is left of it.
    pub fn view(&self) -> Value {
        let shown: Vec<_> = self.armed.iter().map(Armed::shown).collect();
        json!({"faults": shown})
    }
}

impl Fault {
    fn matches(&self, service: Service, operation: &str) -> bool {
        let named = |name: &str| match service {
            Service::Issuer => operation.ends_with(name),
            _ => operation == name,
        };
        self.service == service && self.operation.as_deref().is_none_or(|name| name == "*" || named(name))
    }

    fn wrong(&self) -> Option<String> {
        match &self.r#do {
            Action::Error(answer) if !(400..=599).contains(&answer.status) => {
                Some("do.status: must be between 400 and 599".into())
            }
            Action::Kill if matches!(self.service, Service::Gateway | Service::Issuer) => {
                Some("do: kill is for lambda, and for what a function calls: dynamodb, bedrock".into())
            }
            _ => None,
        }
    }
}

impl Armed {
    fn is_spent(&self) -> bool {
        self.left() == Some(0)
    }

    /// None: without end.
    fn left(&self) -> Option<u32> {
        self.fault.times.map(|times| times.saturating_sub(self.struck))
    }

    fn shown(&self) -> Value {
        json!({
            "service": self.fault.service,
            "operation": self.fault.operation.as_deref().unwrap_or("*"),
            "after": self.fault.after,
            "times": self.fault.times,
            "do": self.fault.r#do.shown(),
            "passed": self.passed,
            "struck": self.struck,
            "left": self.left(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(faults: Value) -> FaultTable {
        FaultTable::parse(json!({"faults": faults}).to_string().as_bytes()).unwrap()
    }

    fn throttled() -> Value {
        json!({"status": 400, "code": "ThrottlingException"})
    }

    #[test]
    fn a_fault_lets_calls_through_strikes_and_is_spent() {
        let fault = json!({"service": "dynamodb", "operation": "PutItem", "after": 1, "times": 2, "do": throttled()});
        let mut table = table(json!([fault]));
        let mut strikes = |operation: &str| table.strike(Service::Dynamodb, operation).is_some();
        assert!(!strikes("GetItem"), "another operation counts for nothing");
        let struck: Vec<_> = (0..5).map(|_| strikes("PutItem")).collect();
        assert_eq!(struck, [false, true, true, false, false]);
        assert!(!table.concerns(Service::Dynamodb));
        let view = &table.view()["faults"][0];
        assert_eq!((&view["passed"], &view["struck"], &view["left"]), (&json!(1), &json!(2), &json!(0)));
    }

    #[test]
    fn a_star_and_no_operation_match_every_call_of_their_service() {
        for operation in [json!("*"), Value::Null] {
            let mut table = table(json!([{"service": "gateway", "operation": operation, "do": "hang"}]));
            assert_eq!(table.strike(Service::Gateway, "tools/list"), Some(Action::Hang));
            assert_eq!(table.strike(Service::Bedrock, "converse"), None);
        }
    }

    #[test]
    fn a_struck_call_is_unseen_by_the_faults_behind() {
        let first = json!({"service": "bedrock", "times": 1, "do": "drop"});
        let second = json!({"service": "bedrock", "after": 1, "do": "kill"});
        let mut table = table(json!([first, second]));
        let mut next = || table.strike(Service::Bedrock, "converse-stream");
        assert_eq!([next(), next(), next()], [Some(Action::Drop), None, Some(Action::Kill)]);
    }

    #[test]
    fn the_issuer_s_operations_are_paths_or_their_ends() {
        let mut table = table(json!([{"service": "issuer", "operation": "/v1/token", "do": "hang"}]));
        assert!(table.strike(Service::Issuer, "/oauth2/default/v1/token").is_some());
        assert!(table.strike(Service::Issuer, "/oauth2/default/v1/keys").is_none());
    }

    #[test]
    fn bad_faults_are_refused_with_what_is_wrong() {
        let refused = |fault: Value| FaultTable::parse(json!({"faults": [fault]}).to_string().as_bytes()).unwrap_err();
        for (fault, part) in [
            (json!({"service": "s3", "do": "hang"}), "s3"),
            (json!({"service": "lambda", "do": "explode"}), "`explode` is not one of hang, drop, kill"),
            (json!({"service": "lambda", "do": {"status": 400}}), "missing field `code`"),
            (json!({"service": "lambda", "do": {"status": 200, "code": "x"}}), "faults[0].do.status"),
            (json!({"service": "gateway", "do": "kill"}), "faults[0].do: kill is for lambda"),
            (json!({"service": "lambda", "do": "hang", "time": 1}), "time"),
        ] {
            assert!(refused(fault.clone()).contains(part), "{fault}: {}", refused(fault.clone()));
        }
    }
}
