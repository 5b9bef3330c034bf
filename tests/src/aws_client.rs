//! An ordinary AWS client: botocore, in Python, configured by variables alone.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

use crate::python_environment;

/// Calls AWS with the variables that `deployer status --json` prints.
pub struct AwsClient {
    variables: BTreeMap<String, String>,
}

const CALL: &str = "
import json, sys
import botocore.session
service, operation, parameters = sys.argv[1:4]
client = botocore.session.get_session().create_client(service)
answer = getattr(client, operation)(**json.loads(parameters))
answer.pop('ResponseMetadata', None)
print(json.dumps(answer, default=str))
";

impl AwsClient {
    pub fn new(status: &Value) -> Self {
        let variables = status["env"].as_object().expect("status has env");
        let text = |value: &Value| value.as_str().expect("variables are strings").to_string();
        Self { variables: variables.iter().map(|(name, value)| (name.clone(), text(value))).collect() }
    }

    /// The answer of one call; `operation` in botocore's spelling (`list_buckets`).
    #[track_caller]
    pub fn call(&self, service: &str, operation: &str, parameters: Value) -> Value {
        self.try_call(service, operation, parameters).unwrap_or_else(|error| panic!("{service} {operation}: {error}"))
    }

    /// The answer, or what botocore said.
    pub fn try_call(&self, service: &str, operation: &str, parameters: Value) -> Result<Value, String> {
        let output = Command::new(python_environment("aws-client").join("bin/python"))
            .args(["-c", CALL, service, operation, &parameters.to_string()])
            .env_clear()
            .envs(&self.variables)
            .output()
            .expect("the virtual environment has a python");
        match output.status.success() {
            true => Ok(serde_json::from_slice(&output.stdout).expect("the client prints JSON")),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        }
    }
}
