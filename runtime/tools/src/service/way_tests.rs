use contract::tool_call::ToolAnswer;
use contract::tool_settings::ToolSettings;
use serde_json::{Value, json};

use crate::reader::fake::FakeAccount;
use crate::service::testing::{ask, ask_with};

async fn asked(tool: &str, operation: &str) -> ToolAnswer {
    ask(tool, json!({"query": "q", "operation": operation}), &FakeAccount::default()).await
}

fn problem(answer: &ToolAnswer) -> (&str, &[String]) {
    assert!(!answer.success);
    (&answer.problems[0].code, &answer.problems[0].nearest)
}

#[tokio::test]
async fn an_operation_that_does_not_exist_comes_with_the_nearest_names() {
    let answer = asked("ec2_read_operations", "DescribeInstance").await;
    let (code, nearest) = problem(&answer);
    assert_eq!(code, "read/not-allowed");
    assert!(nearest.contains(&"DescribeInstances".to_owned()), "{nearest:?}");
    assert_eq!(answer.problems[0].path.as_deref(), Some("operation"));
}

#[tokio::test]
async fn the_nearest_names_are_recipes_too() {
    let answer = asked("ec2_read_operations", "unatached-volumes").await;
    assert_eq!(problem(&answer).1[0], "unattached-volumes");
}

#[tokio::test]
async fn an_operation_of_another_tool_names_that_tool() {
    for operation in ["iam:ListUsers", "ListUsers"] {
        let answer = asked("ec2_read_operations", operation).await;
        let (code, nearest) = problem(&answer);
        assert_eq!((code, nearest), ("operation/other-tool", &["iam_read_operations".to_owned()][..]), "{operation}");
        assert!(answer.error.as_deref().unwrap().contains("iam_read_operations"));
    }
    let nowhere = asked("ec2_read_operations", "secretsmanager:GetSecretValue").await;
    assert_eq!(problem(&nowhere), ("operation/other-tool", &[][..]));
}

#[tokio::test]
async fn writes_and_secrets_are_refused_before_anything_is_asked() {
    for operation in ["TerminateInstances", "ec2:GetPasswordData", "describeinstances", "*"] {
        let account = FakeAccount::default();
        let arguments = json!({"query": "q", "operation": operation});
        let answer = ask("ec2_read_operations", arguments, &account).await;
        assert_eq!(problem(&answer).0, "read/not-allowed", "{operation}");
        assert_eq!(account.asked(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn operations_that_read_data_need_the_environments_consent() {
    let arguments = json!({"query": "q", "operation": "logs:FilterLogEvents", "parameters": {"logGroupName": "g"}});
    let account = FakeAccount::default().answering("logs:FilterLogEvents", json!({"events": []}));
    let refused = ask("cloudwatch_read_operations", arguments.clone(), &account).await;
    assert_eq!(problem(&refused).0, "read/not-allowed");
    let settings = ToolSettings { data_operations: vec!["logs:FilterLogEvents".into()], ..ToolSettings::default() };
    let allowed = ask_with(settings, "cloudwatch_read_operations", arguments, &account).await;
    assert!(allowed.success, "{allowed:?}");
}

#[tokio::test]
async fn a_name_that_several_services_have_needs_its_service_in_front() {
    let account = FakeAccount::default()
        .answering("elbv2:DescribeLoadBalancers", json!({"LoadBalancers": []}))
        .answering("elbv2:DescribeTargetGroups", json!({"TargetGroups": []}));
    for operation in ["elbv2:DescribeLoadBalancers", "DescribeTargetGroups"] {
        let answer = ask("ec2_read_operations", json!({"query": "q", "operation": operation}), &account).await;
        assert!(answer.result.unwrap()["operation"].as_str().unwrap().starts_with("elbv2:"));
    }
    let answer = asked("ec2_read_operations", "DescribeLoadBalancers").await;
    let (code, nearest) = problem(&answer);
    assert_eq!(code, "operation/ambiguous");
    assert!(nearest.contains(&"elbv2:DescribeLoadBalancers".to_owned()), "{nearest:?}");
}

#[tokio::test]
async fn regions_of_the_query_are_asked_unless_the_arguments_name_some() {
    let account = FakeAccount::default().answering("ec2:DescribeVolumes", json!({"Volumes": []}));
    let by_query = json!({"query": "in eu-west-1", "operation": "DescribeVolumes"});
    let by_arguments = json!({"query": "in eu-west-1", "operation": "DescribeVolumes", "regions": "us-west-2"});
    assert_eq!(regions(&ask("ec2_read_operations", by_query, &account).await), ["eu-west-1"]);
    assert_eq!(regions(&ask("ec2_read_operations", by_arguments, &account).await), ["us-west-2"]);
}

fn regions(answer: &ToolAnswer) -> Vec<String> {
    answer.completeness.as_ref().unwrap().regions.clone()
}

#[tokio::test]
async fn parameters_of_an_operation_are_checked_before_anything_is_asked() {
    let account = FakeAccount::default();
    let arguments =
        json!({"query": "q", "operation": "DescribeVolumes", "parameters": r#"{"Filters": [{"Name": 5}]}"#});
    let answer = ask("ec2_read_operations", arguments, &account).await;
    let problem = &answer.problems[0];
    assert_eq!(
        (problem.code.as_str(), problem.path.as_deref()),
        ("read/parameter", Some("parameters.Filters[0].Name"))
    );
    assert!(problem.expected.is_some());
    assert_eq!(account.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn the_query_is_repeated_clean_and_bounded_even_when_it_is_refused() {
    let query = format!("\u{1b}[31m{}", "x".repeat(9_000));
    let answer = ask("ec2_read_operations", json!({ "query": query }), &FakeAccount::default()).await;
    assert_eq!(answer.problems[0].code, "arguments/query");
    assert_eq!(answer.user_query.as_ref().unwrap().chars().count(), 4_000);
    assert_eq!(answer.service.as_deref(), Some("ec2"));
    assert!(!serde_json::to_string(&answer).unwrap().contains("\\u001b"));
    let answered: Value = serde_json::to_value(&answer).unwrap();
    assert_eq!(answered["success"], false);
}
