//! botocore's endpoint test cases of all our services: the rules, and, where a
//! case names an operation that we model, the way from its parameters.

use std::collections::BTreeMap;
use std::io::Write;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::context::{self, BuiltIns};
use super::rules::{Parameters, RuleSet};
use super::{Endpoint, store};
use crate::model;

#[derive(Deserialize)]
struct Suite {
    #[serde(rename = "testCases")]
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    #[serde(default)]
    documentation: String,
    #[serde(default)]
    params: Parameters,
    expect: Expected,
    #[serde(default)]
    operation_inputs: Vec<Input>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Expected {
    Endpoint(ExpectedEndpoint),
    Error(String),
}

#[derive(Deserialize)]
struct ExpectedEndpoint {
    url: String,
    #[serde(default)]
    headers: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    properties: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    operation_name: String,
    #[serde(default)]
    operation_params: Map<String, Value>,
    #[serde(default)]
    built_in_params: BTreeMap<String, Value>,
    #[serde(default)]
    client_params: Map<String, Value>,
}

/// A reason and the positions of the cases that it explains, by service.
type NotApplied = BTreeMap<String, BTreeMap<String, Vec<usize>>>;

#[test]
fn botocores_endpoint_cases_pass_but_the_listed_ones() {
    let listed: NotApplied = toml::from_str(include_str!("cases-not-applied.toml")).unwrap();
    let is_listed = |service: &str, index: usize| {
        listed.values().any(|services| services.get(service).is_some_and(|indices| indices.contains(&index)))
    };
    let (mut count, mut inputs, mut not_applied, mut surprises) = (0, 0, 0, Vec::new());
    for service in model::SERVICES {
        let rules = store::rules(service).unwrap();
        for (index, case) in cases(service).iter().enumerate() {
            count += 1;
            let outcome = outcome_of(service, rules, case, &mut inputs);
            not_applied += usize::from(is_listed(service, index));
            match (outcome, is_listed(service, index)) {
                (Err(problem), false) => surprises.push(format!("{service} {index} {}: {problem}", case.documentation)),
                (Ok(()), true) => surprises.push(format!("{service} {index} is listed and passes")),
                _ => {}
            }
        }
    }
    let summary = format!("endpoint cases: {count}, {inputs} times by an operation's parameters, {not_applied} listed");
    writeln!(std::io::stderr(), "{summary}").unwrap();
    assert!(surprises.is_empty(), "{} of {count}:\n{}", surprises.len(), surprises.join("\n"));
    assert!(count > 2000 && inputs > 0, "{summary}");
}

fn cases(service: &str) -> Vec<Case> {
    let folder = test_requirements::python_source("botocore").join("tests/functional/endpoint-rules").join(service);
    let text = std::fs::read_to_string(folder.join("endpoint-tests-1.json")).unwrap();
    serde_json::from_str::<Suite>(&text).unwrap_or_else(|error| panic!("{service}: {error}")).cases
}

fn outcome_of(service: &str, rules: &RuleSet, case: &Case, inputs: &mut usize) -> Result<(), String> {
    compare(rules, &case.params, &case.expect)?;
    let model = model::service(service).unwrap();
    for input in &case.operation_inputs {
        // The client has none of a case's own settings beside the built-in ones.
        let Some(operation) = model.operations.get(input.operation_name.as_str()) else { continue };
        let built_ins: BuiltIns = KNOWN.iter().filter_map(|name| Some((*name, input.built_in(name)?))).collect();
        let parameters = context::parameters(rules, model, operation, &input.operation_params, &built_ins);
        *inputs += 1;
        compare(rules, &parameters, &case.expect).map_err(|problem| format!("{}: {problem}", operation.name))?;
    }
    Ok(())
}

const KNOWN: [&str; 13] = [
    "AWS::Region",
    "AWS::UseFIPS",
    "AWS::UseDualStack",
    "SDK::Endpoint",
    "AWS::S3::ForcePathStyle",
    "AWS::S3::Accelerate",
    "AWS::S3::UseArnRegion",
    "AWS::S3::UseGlobalEndpoint",
    "AWS::S3::DisableMultiRegionAccessPoints",
    "AWS::S3Control::UseArnRegion",
    "AWS::STS::UseGlobalEndpoint",
    "AWS::Auth::AccountId",
    "AWS::Auth::AccountIdEndpointMode",
];

impl Input {
    fn built_in(&self, name: &str) -> Option<Value> {
        let last = name.rsplit("::").next()?;
        self.built_in_params.get(name).or_else(|| self.client_params.get(last)).cloned()
    }
}

fn compare(rules: &RuleSet, parameters: &Parameters, expected: &Expected) -> Result<(), String> {
    let resolved = rules.resolve(parameters);
    let expected = match expected {
        Expected::Error(message) if resolved.as_ref().err() == Some(message) => return Ok(()),
        Expected::Error(message) => return Err(format!("expected the error {message}, got {resolved:?}")),
        Expected::Endpoint(endpoint) => endpoint,
    };
    let ruled = resolved?;
    let headers = expected.headers.iter().flat_map(|(name, values)| values.iter().map(move |value| (name, value)));
    let headers: Vec<_> = headers.map(|(name, value)| (name.clone(), value.clone())).collect();
    if ruled.url != expected.url || ruled.headers != headers {
        return Err(format!("expected {} {headers:?}, got {ruled:?}", expected.url));
    }
    let endpoint = Endpoint::from_rules(ruled, "the service", "the region")?;
    let scheme = expected.properties.get("authSchemes").and_then(Value::as_array);
    let scheme = scheme.into_iter().flatten().find(|scheme| scheme["name"] == "sigv4");
    let text = |name: &str| scheme.and_then(|scheme| scheme.get(name)?.as_str());
    let signed = (
        text("signingName").unwrap_or("the service"),
        text("signingRegion").unwrap_or("the region"),
        scheme.is_some_and(|scheme| scheme["disableDoubleEncoding"] == true),
    );
    let got = (endpoint.signing_name.as_str(), endpoint.signing_region.as_str(), endpoint.disable_double_encoding);
    if got == signed { Ok(()) } else { Err(format!("expected a signature for {signed:?}, got {got:?}")) }
}
