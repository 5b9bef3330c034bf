//! Arguments that cannot be served: a structured error, and nothing sent to AWS.

use serde_json::{Value, json};
use system_tests::{Account, ToolProcess, program};

const EC2: &str = "ec2_read_operations";

#[test]
fn every_fault_of_the_arguments_is_named_and_nothing_is_sent() {
    let account = Account::start(1, &["tools.ec2"]);
    account.switch(json!({}));
    let tools = ToolProcess::start(program("tools"), &account.variables());
    for (arguments, expected) in cases() {
        let answer = tools.call(EC2, arguments.clone());
        assert_eq!(answer["success"], false, "{arguments}: {answer}");
        let text = answer.to_string();
        for part in expected {
            assert!(text.contains(part), "{arguments}: no {part} in {answer}");
        }
        assert!(answer["problems"][0]["code"].is_string(), "{answer}");
        assert_eq!(account.calls(), [] as [Value; 0], "{arguments}");
    }
}

/// Arguments, and what the answer must say.
fn cases() -> Vec<(Value, Vec<&'static str>)> {
    let ask = |more: Value| {
        let mut arguments = json!({"query": "anything"});
        arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        arguments
    };
    let volumes = |parameters: &str| ask(json!({"operation": "DescribeVolumes", "parameters": parameters}));
    vec![
        (ask(json!({"operation": "DescribeInstnaces"})), vec!["DescribeInstances"]),
        (ask(json!({"operation": "describevolumes"})), vec!["nearest", "DescribeVolumes"]),
        (ask(json!({"operation": "TerminateInstances"})), vec!["TerminateInstances"]),
        (ask(json!({"operation": "GetPasswordData"})), vec!["GetPasswordData"]),
        (ask(json!({"operation": "iam:ListUsers"})), vec!["iam_read_operations"]),
        (volumes("{\"VolumeIds\": \"vol-1\"}"), vec!["VolumeIds", "array"]),
        (volumes("{\"Filters\": [{\"Name\": 7}]}"), vec!["Filters[0].Name", "string"]),
        (volumes("{\"VolumeIdz\": []}"), vec!["VolumeIds"]),
        (volumes("{\"VolumeIds\": "), vec!["parameters"]),
        (ask(json!({"operation": "DescribeVolumes", "regions": ["us-est-1"]})), vec!["us-east-1"]),
        (ask(json!({"operation": "DescribeVolumes", "select": "Volumes[].{"})), vec!["select", "position"]),
        (ask(json!({"operation": "DescribeVolumes", "cursor": "bm90IGEgY3Vyc29y"})), vec!["cursor"]),
        (ask(json!({"operation": "DescribeVolumes", "format": "xml"})), vec!["tsv"]),
        (ask(json!({"operation": "DescribeVolumes", "max_items": 0})), vec!["max_items"]),
        (ask(json!({"regiones": ["us-east-1"]})), vec!["regions"]),
        (json!({"query": "x".repeat(100_000)}), vec!["query"]),
        (json!({"query": 7}), vec!["query"]),
        (json!({}), vec!["query"]),
    ]
}
