//! What the templates render to.

use super::*;
use crate::samples;
use contract::agent_settings::Guardrail;
use contract::tool_settings::NestedModel;

fn parsed(text: &str) -> serde_json::Value {
    serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[test]
fn every_template_is_yaml_without_aliases() {
    let settings = samples::settings();
    for text in [foundation(&settings), data(&settings), read_access(&settings), application(&settings)] {
        let text = text.unwrap();
        assert!(parsed(&text)["Resources"].is_object());
        assert!(!text.contains(": &") && !text.contains(": *"), "CloudFormation refuses aliases\n{text}");
    }
}

#[test]
fn a_quote_in_a_tag_stays_inside_its_value() {
    let mut settings = samples::settings();
    settings.project.tags.insert("Note".into(), "say \"hi\"\nOwner: x".into());
    let template = parsed(&data(&settings).unwrap());
    let tags = &template["Resources"]["ConversationsTable"]["Properties"]["Tags"];
    assert!(tags.as_array().unwrap().iter().any(|tag| tag["Value"] == "say \"hi\"\nOwner: x"));
}

#[test]
fn each_invoker_gets_both_permissions() {
    let mut settings = samples::settings();
    settings.function_url.invokers = vec!["arn:aws:iam::111122223333:role/ops".into()];
    let template = parsed(&application(&settings).unwrap());
    let resources = &template["Resources"];
    assert_eq!(resources["AgentUrlPermission0"]["Properties"]["Action"], "lambda:InvokeFunctionUrl");
    assert_eq!(resources["AgentInvokePermission0"]["Properties"]["Action"], "lambda:InvokeFunction");
    assert_eq!(resources["AgentInvokePermission0"]["Properties"]["Principal"], "arn:aws:iam::111122223333:role/ops");
}

fn tool_role(settings: &Settings) -> serde_json::Value {
    parsed(&application(settings).unwrap())["Resources"]["ToolRole"]["Properties"].clone()
}

#[test]
fn the_tool_role_has_every_read_policy_and_takes_itself_on_only_for_session_policies() {
    let mut settings = samples::settings();
    let role = tool_role(&settings);
    let policies = parsed(&read_access(&settings).unwrap())["Resources"].as_object().unwrap().len();
    assert_eq!(role["ManagedPolicyArns"].as_array().unwrap().len(), policies);
    assert!(!role.to_string().contains("Itself") && !role.to_string().contains("bedrock:"), "{role}");
    settings.tool_settings.session_policy = true;
    let role = tool_role(&settings);
    let trust = &role["AssumeRolePolicyDocument"]["Statement"][1];
    let own = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/test-bedrock-agentcore-mcp-tool-execution";
    assert_eq!(trust["Condition"]["ArnLike"]["aws:PrincipalArn"]["Fn::Sub"], own);
    let allowed = &role["Policies"][0]["PolicyDocument"]["Statement"][1];
    assert_eq!((&allowed["Action"], &allowed["Resource"]["Fn::Sub"]), (&"sts:AssumeRole".into(), &own.into()));
}

#[test]
fn the_tool_role_may_call_the_nested_model_alone() {
    let mut settings = samples::settings();
    let nested = NestedModel { model_id: "us.amazon.nova-lite-v1:0".into(), turns: 4, calls: 8 };
    settings.tool_settings.nested_model = Some(nested);
    let statements = tool_role(&settings)["Policies"][0]["PolicyDocument"]["Statement"].clone();
    let of = |sid: &str| statements.as_array().unwrap().iter().find(|one| one["Sid"] == sid).unwrap().clone();
    for (sid, resource) in [("Model", ":inference-profile/us.amazon.nova-lite-v1:0"), ("RoutedModel", ":bedrock:*::")] {
        assert_eq!(of(sid)["Action"], "bedrock:InvokeModel");
        assert!(of(sid)["Resource"].to_string().contains(resource), "{sid}");
    }
    assert!(of("RoutedModel")["Condition"]["StringEquals"]["bedrock:InferenceProfileArn"].is_array());
}

#[test]
fn the_tool_function_gets_its_settings_as_json() {
    let mut settings = samples::settings();
    settings.tool_settings.data_operations = vec!["logs:FilterLogEvents".into()];
    let template = parsed(&application(&settings).unwrap());
    let variables = &template["Resources"]["ToolFunction"]["Properties"]["Environment"]["Variables"];
    let text = variables[contract::tool_settings::VARIABLE].as_str().unwrap();
    assert_eq!(serde_json::from_str::<contract::ToolSettings>(text).unwrap(), settings.tool_settings);
}

#[test]
fn the_agent_function_gets_its_settings_as_json() {
    let mut settings = samples::settings();
    settings.answers.approval_tools = vec!["s3_read_operations".into()];
    settings.model.guardrail = Some(Guardrail { id: "abc".into(), version: "1".into() });
    let template = parsed(&application(&settings).unwrap());
    let variables = &template["Resources"]["AgentFunction"]["Properties"]["Environment"]["Variables"];
    let found = AgentSettings::parse(variables[contract::agent_settings::VARIABLE].as_str()).unwrap();
    assert_eq!(found.token_rules, settings.issuer.token_rules());
    assert_eq!((found.guardrail, found.approval_tools), (settings.model.guardrail, settings.answers.approval_tools));
    assert_eq!(found.tools_version.len(), 64);
    let role = &template["Resources"]["AgentRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"];
    let guardrail = role.as_array().unwrap().iter().find(|one| one["Sid"] == "Guardrail").unwrap();
    let arn = "arn:${AWS::Partition}:bedrock:${AWS::Region}:${AWS::AccountId}:guardrail/abc";
    assert_eq!(guardrail["Resource"]["Fn::Sub"], arn);
}

#[test]
fn cors_is_off_unless_configured() {
    let mut settings = samples::settings();
    assert!(!application(&settings).unwrap().contains("Cors:"));
    settings.function_url.cors = Some(Cors {
        allow_origins: vec!["https://ops.example.com".into()],
        allow_credentials: false,
        max_age_seconds: 60,
    });
    assert!(application(&settings).unwrap().contains("https://ops.example.com"));
}

#[test]
fn a_wildcard_resource_stands_only_where_aws_has_no_arn() {
    let template = parsed(&application(&samples::settings()).unwrap());
    for role in ["AgentRole", "ToolRole"] {
        let policies = template["Resources"][role]["Properties"]["Policies"].as_array().unwrap();
        let statements = policies.iter().flat_map(|policy| policy["PolicyDocument"]["Statement"].as_array().unwrap());
        for statement in statements.filter(|statement| statement["Resource"] == "*") {
            let sid = statement["Sid"].as_str().unwrap();
            assert!(sid == "Traces" || sid.ends_with("WithoutArn"), "{statement}");
        }
    }
}
