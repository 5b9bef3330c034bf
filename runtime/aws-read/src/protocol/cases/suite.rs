//! The suites as files: a model and cases each.

use std::fs;

use serde_json::{Map, Value, json};
use test_requirements::python_source;
use url::Url;

use crate::model::{Operation, Service};

const FILES: [&str; 7] = ["ec2", "json", "json_1_0", "json_1_0-query-compatible", "query", "rest-json", "rest-xml"];

/// Folders below tests/unit/protocols. The legacy suites are older and smaller.
const FOLDERS: [&str; 4] = ["input", "output", "legacy/input", "legacy/output"];

pub(super) struct Case {
    /// `input/ec2 Ec2Lists`, or with the places of suite and case where there is no id: `legacy/input/ec2 3:0`.
    pub name: String,
    pub service: Service,
    pub operation: String,
    /// The case itself, as in the file.
    pub document: Value,
    /// Where the client was told to go.
    pub endpoint: Option<Url>,
}

impl Case {
    pub fn operation(&self) -> &Operation {
        &self.service.operations[self.operation.as_str()]
    }
}

pub(super) fn cases() -> Vec<Case> {
    let folder = python_source("botocore").join("tests/unit/protocols");
    let mut cases = Vec::new();
    for (place, file) in FOLDERS.iter().flat_map(|place| FILES.iter().map(move |file| (place, file))) {
        let Ok(text) = fs::read_to_string(folder.join(place).join(format!("{file}.json"))) else { continue };
        let suites: Vec<Value> = serde_json::from_str(&text).expect("a suite is JSON");
        for (index, suite) in suites.iter().enumerate() {
            let documents = suite["cases"].as_array().expect("a suite has cases").iter().enumerate();
            cases.extend(documents.map(|(number, document)| {
                let id = document["id"].as_str().map_or(format!("{index}:{number}"), str::to_owned);
                case(format!("{place}/{file} {id}"), suite, document)
            }));
        }
    }
    cases
}

fn case(name: String, suite: &Value, document: &Value) -> Case {
    let mut given = document["given"].clone();
    let operation = given["name"].as_str().unwrap_or("OperationName").to_owned();
    given["name"] = json!(operation);
    if given["http"].is_null() {
        given["http"] = json!({});
    }
    with_result_wrapper(suite, &operation, &mut given);
    let mut model = Map::new();
    model.insert("metadata".into(), suite["metadata"].clone());
    model.insert("operations".into(), json!({ operation.as_str(): given }));
    model.insert("shapes".into(), suite["shapes"].clone());
    let service = Service::parse(Value::Object(model).to_string()).unwrap_or_else(|error| panic!("{name}: {error}"));
    let endpoint = suite["clientEndpoint"].as_str().map(|endpoint| Url::parse(endpoint).expect("an endpoint is a URL"));
    Case { name, service, operation, document: document.clone(), endpoint }
}

/// The suites leave the wrapper of query answers to the runner.
fn with_result_wrapper(suite: &Value, operation: &str, given: &mut Value) {
    let has_members =
        |shape: &Value| suite["shapes"][shape.as_str()?]["members"].as_object().map(|all| !all.is_empty());
    if suite["metadata"]["protocol"] == "query" && has_members(&given["output"]["shape"]) == Some(true) {
        given["output"]["resultWrapper"] = json!(format!("{operation}Result"));
    }
}
