//! The bodies of CreateGatewayTarget and UpdateGatewayTarget: Lambda targets
//! with an inline schema and the gateway's role.

use std::collections::BTreeSet;

use contract::schema;
use serde::Deserialize;

use super::fault::{Fault, Faults};
use super::gateway_input::is_hyphenated_name;
use super::model::{TargetSettings, ToolDefinition};

pub(super) const GATEWAY_IAM_ROLE: &str = "GATEWAY_IAM_ROLE";
const MAX_NAME: usize = 100;
const MAX_TOOLS: usize = 1000;
const MAX_SCHEMA_BYTES: usize = 1024 * 1024;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct TargetInput {
    name: Option<String>,
    description: Option<String>,
    /// Create only.
    client_token: Option<String>,
    target_configuration: TargetConfiguration,
    credential_provider_configurations: Option<Vec<CredentialProvider>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TargetConfiguration {
    mcp: McpTarget,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct McpTarget {
    lambda: LambdaTarget,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct LambdaTarget {
    lambda_arn: String,
    tool_schema: ToolSchema,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ToolSchema {
    inline_payload: Vec<ToolDefinition>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CredentialProvider {
    credential_provider_type: String,
}

/// A valid CreateGatewayTarget; UpdateGatewayTarget has no token.
pub(super) struct ValidTarget {
    pub(super) settings: TargetSettings,
    pub(super) client_token: Option<String>,
}

impl TargetInput {
    /// `region` is the gateway's: a function elsewhere cannot be a target.
    pub(super) fn validate(self, region: &str) -> Result<ValidTarget, Fault> {
        let mut faults = Faults::default();
        let name = self.name.unwrap_or_default();
        let pattern = "Member must satisfy regular expression pattern: ([0-9a-zA-Z][-]?){1,100}";
        faults.require(is_hyphenated_name(&name, MAX_NAME), "name", pattern);
        faults.length("description", self.description.as_deref(), 1..=200);
        faults.length("clientToken", self.client_token.as_deref(), 33..=256);
        let by_role = self
            .credential_provider_configurations
            .as_deref()
            .is_some_and(|providers| matches!(providers, [only] if only.credential_provider_type == GATEWAY_IAM_ROLE));
        let provider = "a Lambda target takes exactly one provider, GATEWAY_IAM_ROLE";
        faults.require(by_role, "credentialProviderConfigurations", provider);
        let LambdaTarget { lambda_arn, tool_schema } = self.target_configuration.mcp.lambda;
        let field = "targetConfiguration.mcp.lambda.lambdaArn";
        faults.require(
            is_function_arn(&lambda_arn, region),
            field,
            format!("must be a Lambda function ARN in {region}"),
        );
        check_tools(&tool_schema.inline_payload, &mut faults);
        faults.into_result()?;
        let settings =
            TargetSettings { name, description: self.description, lambda_arn, tools: tool_schema.inline_payload };
        Ok(ValidTarget { settings, client_token: self.client_token })
    }
}

fn is_function_arn(arn: &str, region: &str) -> bool {
    let parts: Vec<_> = arn.split(':').collect();
    matches!(parts[..], ["arn", _, "lambda", found, _, "function", name, ..] if found == region && !name.is_empty())
}

fn check_tools(tools: &[ToolDefinition], faults: &mut Faults) {
    let field = "targetConfiguration.mcp.lambda.toolSchema.inlinePayload";
    faults.require((1..=MAX_TOOLS).contains(&tools.len()), field, format!("must hold 1 to {MAX_TOOLS} tools"));
    let size = serde_json::to_vec(tools).map_or(usize::MAX, |text| text.len());
    faults.require(size <= MAX_SCHEMA_BYTES, field, format!("must not exceed {MAX_SCHEMA_BYTES} bytes"));
    let names: BTreeSet<_> = tools.iter().map(|tool| &tool.name).collect();
    faults.require(names.len() == tools.len(), field, "tool names must be unique");
    for tool in tools {
        faults.require(!tool.name.is_empty(), field, "a tool needs a name");
        faults.require(!tool.description.is_empty(), field, format!("tool `{}` needs a description", tool.name));
        let schemas = [Some(&tool.input_schema), tool.output_schema.as_ref()];
        for fault in schemas.into_iter().flatten().flat_map(schema::faults) {
            faults.add(field, format!("tool `{}`: {fault}", tool.name));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agentcore::gateway_input::parse;
    use serde_json::{Value, json};

    fn target(schema: Value, lambda_arn: &str) -> Result<ValidTarget, Fault> {
        let body = json!({
            "name": "aws",
            "targetConfiguration": {"mcp": {"lambda": {"lambdaArn": lambda_arn, "toolSchema": {"inlinePayload": [
                {"name": "get_time", "description": "d", "inputSchema": schema}]}}}},
            "credentialProviderConfigurations": [{"credentialProviderType": "GATEWAY_IAM_ROLE"}]
        });
        parse::<TargetInput>(body.to_string().as_bytes())?.validate("us-east-1")
    }

    const ARN: &str = "arn:aws:lambda:us-east-1:000000000000:function:tool";

    #[test]
    fn a_schema_outside_the_subset_is_refused_with_its_path() {
        assert!(target(json!({"type": "object"}), ARN).is_ok());
        let schema = json!({"type": "object", "properties": {"a": {"type": "string", "enum": ["x"]}}});
        let Err(Fault::Validation(validation)) = target(schema, ARN) else { panic!("accepted") };
        assert!(validation.message.contains("$.a: keyword `enum` is not accepted"), "{}", validation.message);
    }

    #[test]
    fn a_function_of_another_region_is_refused() {
        assert!(target(json!({"type": "object"}), &ARN.replace("us-east-1", "eu-west-1")).is_err());
        assert!(target(json!({"type": "object"}), "tool").is_err());
    }
}
