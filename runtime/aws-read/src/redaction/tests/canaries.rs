//! Every known leak, with a canary where the secret stands.

use serde_json::{Value, json};

use crate::allowlist;
use crate::redaction::{REDACTED, redact};

const CANARY: &str = "canary-7f3a-flies";

/// The answer as it leaves, and the places that were hidden in it.
fn redacted(operation: &str, answer: Value) -> (Value, Vec<String>) {
    let (service, name) = operation.split_once(':').unwrap();
    let allowed = allowlist::operation(service, name).unwrap_or_else(|| panic!("{operation}"));
    let mut answer = answer;
    let redactions = redact(allowed, &mut answer);
    assert!(!answer.to_string().contains(CANARY), "{operation}: {answer}");
    (answer, redactions.paths)
}

#[test]
fn names_of_environment_variables_stay_and_values_go() {
    let variables = json!({"Functions": [{"FunctionName": "f", "Environment": {"Variables": {"DB_HOST": CANARY, "name": CANARY}}}]});
    let (answer, paths) = redacted("lambda:ListFunctions", variables);
    let expected = json!({"FunctionName": "f", "Environment": {"Variables": {"DB_HOST": REDACTED, "name": REDACTED}}});
    assert_eq!(answer["Functions"][0], expected);
    assert_eq!(paths, ["Functions.Environment.Variables.*"]);

    let container = json!({"name": "app", "environment": [{"name": "DB_HOST", "value": CANARY}],
        "secrets": [{"name": "KEY", "valueFrom": "arn:aws:ssm:eu-west-1:123456789012:parameter/k"}],
        "command": ["serve", "--db-password", CANARY, "--port", "80"],
        "logConfiguration": {"logDriver": "splunk", "options": {"splunk-token": CANARY}}});
    let (answer, _) =
        redacted("ecs:DescribeTaskDefinition", json!({"taskDefinition": {"containerDefinitions": [container]}}));
    let container = &answer["taskDefinition"]["containerDefinitions"][0];
    assert_eq!(container["environment"], json!([{"name": "DB_HOST", "value": REDACTED}]));
    assert_eq!(container["secrets"][0]["valueFrom"], "arn:aws:ssm:eu-west-1:123456789012:parameter/k");
    assert_eq!(container["command"], json!(["serve", "--db-password", REDACTED, "--port", "80"]));
    assert_eq!(container["logConfiguration"], json!({"logDriver": "splunk", "options": {"splunk-token": REDACTED}}));
}

#[test]
fn values_of_stacks_go_and_identifiers_stay() {
    let stack = json!({"StackName": "web",
        "Parameters": [{"ParameterKey": "DbUser", "ParameterValue": CANARY}, {"ParameterKey": "Vpc", "ParameterValue": "vpc-0a1b2c3d"}],
        "Outputs": [{"OutputKey": "Url", "OutputValue": CANARY, "Description": "d"},
            {"OutputKey": "Topic", "OutputValue": "arn:aws:sns:eu-west-1:123456789012:t"}]});
    let (answer, paths) = redacted("cloudformation:DescribeStacks", json!({"Stacks": [stack]}));
    let stack = &answer["Stacks"][0];
    assert_eq!(stack["Parameters"][0], json!({"ParameterKey": "DbUser", "ParameterValue": REDACTED}));
    assert_eq!(stack["Parameters"][1]["ParameterValue"], "vpc-0a1b2c3d");
    assert_eq!(stack["Outputs"][0], json!({"OutputKey": "Url", "OutputValue": REDACTED, "Description": "d"}));
    assert_eq!(stack["Outputs"][1]["OutputValue"], "arn:aws:sns:eu-west-1:123456789012:t");
    assert_eq!(paths, ["Stacks.Outputs.OutputValue", "Stacks.Parameters.ParameterValue"]);
    let events = json!({"StackEvents": [{"ResourceStatusReason": "no", "ResourceProperties": format!("{{\"X\":\"{CANARY}\"}}")}]});
    let (answer, _) = redacted("cloudformation:DescribeStackEvents", events);
    assert_eq!(answer["StackEvents"][0]["ResourceStatusReason"], "no");
    redacted("cloudformation:DescribeStackSet", json!({"StackSet": {"TemplateBody": CANARY}}));
    redacted("cloudformation:DescribeStackResource", json!({"StackResourceDetail": {"Metadata": CANARY}}));
    redacted(
        "cloudformation:DescribeStackResourceDrifts",
        json!({"StackResourceDrifts": [{"ExpectedProperties": CANARY,
        "ActualProperties": CANARY, "PropertyDifferences": [{"ExpectedValue": CANARY, "ActualValue": CANARY}]}]}),
    );
    redacted("cloudformation:ListExports", json!({"Exports": [{"Name": "n", "Value": CANARY}]}));
    redacted(
        "cloudformation:DescribeChangeSet",
        json!({"Parameters": [{"ParameterKey": "p", "ResolvedValue": CANARY}],
        "Changes": [{"ResourceChange": {"BeforeContext": CANARY, "Details": [{"Target": {"AfterValue": CANARY}}]}}]}),
    );
    redacted(
        "cloudformation:GetTemplateSummary",
        json!({"Metadata": CANARY, "Parameters": [{"DefaultValue": CANARY}]}),
    );
}

#[test]
fn user_data_and_tunnel_keys_go() {
    redacted("ec2:DescribeInstanceAttribute", json!({"InstanceId": "i-1", "UserData": {"Value": CANARY}}));
    redacted(
        "ec2:DescribeLaunchTemplateVersions",
        json!({"LaunchTemplateVersions": [{"LaunchTemplateData": {"UserData": CANARY}}]}),
    );
    redacted("ec2:GetLaunchTemplateData", json!({"LaunchTemplateData": {"UserData": CANARY}}));
    redacted(
        "ec2:DescribeSpotInstanceRequests",
        json!({"SpotInstanceRequests": [{"LaunchSpecification": {"UserData": CANARY}}]}),
    );
    redacted(
        "ec2:DescribeSpotFleetRequests",
        json!({"SpotFleetRequestConfigs": [{"SpotFleetRequestConfig": {"LaunchSpecifications": [{"UserData": CANARY}]}}]}),
    );
    redacted("ec2:DescribeImageAttribute", json!({"UefiData": {"Value": CANARY}}));
    redacted(
        "autoscaling:DescribeLaunchConfigurations",
        json!({"LaunchConfigurations": [{"LaunchConfigurationName": "l", "UserData": CANARY}]}),
    );
    let vpn = json!({"VpnConnectionId": "vpn-1", "CustomerGatewayConfiguration": format!("<pre_shared_key>{CANARY}</pre_shared_key>"),
        "Options": {"TunnelOptions": [{"OutsideIpAddress": "192.0.2.1", "PreSharedKey": CANARY}]}});
    let (answer, paths) = redacted("ec2:DescribeVpnConnections", json!({"VpnConnections": [vpn]}));
    assert_eq!(answer["VpnConnections"][0]["Options"]["TunnelOptions"][0]["OutsideIpAddress"], "192.0.2.1");
    assert_eq!(paths.len(), 2);
}

#[test]
fn stage_variables_and_headers_of_apis_go() {
    redacted("apigateway:GetStages", json!({"item": [{"stageName": "v1", "variables": {"BACKEND": CANARY}}]}));
    redacted("apigatewayv2:GetStages", json!({"Items": [{"StageName": "v1", "StageVariables": {"BACKEND": CANARY}}]}));
    redacted(
        "apigateway:GetResources",
        json!({"items": [{"resourceMethods": {"GET": {"methodIntegration":
        {"requestParameters": {"integration.request.header.x-origin": format!("'{CANARY}'")}}}}}]}),
    );
    let conditions = json!([{"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "x-origin-verify", "Values": [CANARY]}},
        {"QueryStringConfig": {"Values": [{"Key": "k", "Value": CANARY}]}}]);
    let (answer, _) = redacted("elbv2:DescribeRules", json!({"Rules": [{"Conditions": conditions}]}));
    assert_eq!(answer["Rules"][0]["Conditions"][0]["HttpHeaderConfig"]["HttpHeaderName"], "x-origin-verify");
    redacted(
        "ses:DescribeActiveReceiptRuleSet",
        json!({"Rules": [{"Actions": [{"AddHeaderAction": {"HeaderName": "x", "HeaderValue": CANARY}}]}]}),
    );
}

#[test]
fn endpoints_of_subscriptions_go_unless_they_are_arns() {
    let subscriptions = json!({"Subscriptions": [{"Protocol": "https", "Endpoint": format!("https://example.com/{CANARY}")},
        {"Protocol": "sqs", "Endpoint": "arn:aws:sqs:eu-west-1:123456789012:q"}]});
    let (answer, _) = redacted("sns:ListSubscriptions", subscriptions);
    assert_eq!(answer["Subscriptions"][0]["Endpoint"], REDACTED);
    assert_eq!(answer["Subscriptions"][1]["Endpoint"], "arn:aws:sqs:eu-west-1:123456789012:q");
    let attributes = json!({"Attributes": {"Protocol": "https", "Endpoint": format!("https://example.com/{CANARY}")}});
    let (answer, _) = redacted("sns:GetSubscriptionAttributes", attributes);
    assert_eq!(answer["Attributes"], json!({"Protocol": "https", "Endpoint": REDACTED}));
    redacted(
        "sns:GetPlatformApplicationAttributes",
        json!({"Attributes": {"PlatformCredential": CANARY, "PlatformPrincipal": CANARY}}),
    );
    redacted(
        "budgets:DescribeSubscribersForNotification",
        json!({"Subscribers": [{"SubscriptionType": "EMAIL", "Address": CANARY}]}),
    );
    redacted("ce:GetAnomalySubscriptions", json!({"AnomalySubscriptions": [{"Subscribers": [{"Address": CANARY}]}]}));
}

#[test]
fn tokens_scripts_and_definitions_go() {
    redacted(
        "eks:DescribeCluster",
        json!({"cluster": {"connectorConfig": {"activationId": "1", "activationCode": CANARY}}}),
    );
    redacted("eks:DescribeAddon", json!({"addon": {"configurationValues": CANARY}}));
    redacted(
        "eks:ListEksAnywhereSubscriptions",
        json!({"subscriptions": [{"licenses": [{"id": "1", "token": CANARY}]}]}),
    );
    redacted("sagemaker:DescribeNotebookInstanceLifecycleConfig", json!({"OnStart": [{"Content": CANARY}]}));
    redacted(
        "sagemaker:DescribeTrainingJob",
        json!({"Environment": {"A": CANARY}, "HyperParameters": {"hub_token": CANARY, "epochs": "3"}}),
    );
    redacted("sagemaker:DescribeHumanTaskUi", json!({"UiTemplate": {"Url": CANARY}}));
    redacted(
        "sagemaker:ListPipelineExecutionSteps",
        json!({"PipelineExecutionSteps": [{"Metadata": {"Callback": {"CallbackToken": CANARY}}}]}),
    );
    redacted(
        "dynamodb:DescribeExport",
        json!({"ExportDescription": {"FilterSpecification": {"ExpressionAttributeValues": {":v": {"S": CANARY}}}}}),
    );
    redacted(
        "rds:DescribeDBInstances",
        json!({"DBInstances": [{"PendingModifiedValues": {"MasterUserPassword": CANARY}}]}),
    );
    redacted(
        "rds:DescribeOptionGroups",
        json!({"OptionGroupsList": [{"Options": [{"OptionSettings": [{"Name": "n", "Value": CANARY}]}]}]}),
    );
    redacted(
        "s3control:DescribeJob",
        json!({"Job": {"Operation": {"LambdaInvoke": {"UserArguments": {"a": CANARY}}}}}),
    );
}

#[test]
fn secrets_are_found_by_the_names_beside_them() {
    let tags = json!({"Tags": [{"Key": "deploy-token", "Value": CANARY}, {"Key": "Team", "Value": "web"}]});
    let (answer, _) = redacted("ec2:DescribeTags", tags);
    assert_eq!(answer["Tags"][1], json!({"Key": "Team", "Value": "web"}));
    redacted("lambda:ListTags", json!({"Tags": {"api_key": CANARY, "Team": "web"}}));
    let policy = json!({"Policy": format!("{{\"Condition\":{{\"StringEquals\":{{\"aws:Referer\":\"{CANARY}\"}}}}}}")});
    let (answer, _) = redacted("s3:GetBucketPolicy", policy);
    assert!(answer["Policy"].as_str().unwrap().contains("\"aws:Referer\":\"***redacted***\""));
    redacted("logs:FilterLogEvents", json!({"events": [{"message": format!("login password={CANARY}")}]}));
}

#[test]
fn what_answers_need_stays() {
    let same =
        |operation: &str, answer: Value| assert_eq!(redacted(operation, answer.clone()).0, answer, "{operation}");
    same(
        "iam:ListAccessKeys",
        json!({"AccessKeyMetadata": [{"UserName": "u", "AccessKeyId": "AKIAIOSFODNN7EXAMPLE"}]}),
    );
    same("bedrock:ListGuardrails", json!({"guardrails": [{"id": "g", "name": "no-advice", "description": "d"}]}));
    let key = "arn:aws:kms:eu-west-1:123456789012:key/0a1b";
    let rule = json!({"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}});
    same("s3:GetBucketEncryption", json!({"ServerSideEncryptionConfiguration": {"Rules": [rule]}}));
    same(
        "eks:DescribeCluster",
        json!({"cluster": {"certificateAuthority": {"data": "LS0tLS1CRUdJTiBDRVJU"}, "endpoint": "https://x.eks.amazonaws.com"}}),
    );
    same(
        "ec2:DescribeInstances",
        json!({"Reservations": [{"Instances": [{"ClientToken": "abc-1", "MetadataOptions": {"HttpTokens": "required"}}]}]}),
    );
    let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.s5fxqRK";
    same("ec2:DescribeInstances", json!({"Reservations": [], "NextToken": token}));
    same("rds:DownloadDBLogFilePortion", json!({"LogFileData": "started", "AdditionalDataPending": false}));
}
