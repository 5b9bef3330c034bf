//! Gateways and targets as they are kept and, but for a few members, as the API shows them.

use std::collections::BTreeMap;

use contract::tool_call::NAME_SEPARATOR;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::serde::rfc3339;

use super::authorizer::AuthorizerConfiguration;

/// A gateway's members in the API's spelling.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Gateway {
    pub(super) gateway_id: String,
    pub(super) gateway_arn: String,
    pub(super) gateway_url: String,
    pub(super) status: Status,
    #[serde(default)]
    pub(super) status_reasons: Vec<String>,
    #[serde(with = "rfc3339")]
    pub(super) created_at: OffsetDateTime,
    #[serde(with = "rfc3339")]
    pub(super) updated_at: OffsetDateTime,
    #[serde(flatten)]
    pub(super) settings: GatewaySettings,
}

/// The members that CreateGateway and UpdateGateway set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GatewaySettings {
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
    pub(super) role_arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) protocol_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) protocol_configuration: Option<ProtocolConfiguration>,
    pub(super) authorizer_type: AuthorizerType,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) authorizer_configuration: Option<AuthorizerConfiguration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) exception_level: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum AuthorizerType {
    CustomJwt,
    AwsIam,
    None,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProtocolConfiguration {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) mcp: Option<McpConfiguration>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct McpConfiguration {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) supported_versions: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) instructions: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) disable_mcp_list_tools_pagination: Option<bool>,
}

/// States that gateways and targets share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Status {
    Creating,
    Ready,
    Updating,
    UpdateUnsuccessful,
    Deleting,
    Failed,
}

impl Status {
    /// True when no work is under way, so that the next change may begin.
    pub(super) fn is_settled(self) -> bool {
        matches!(self, Self::Ready | Self::Failed | Self::UpdateUnsuccessful)
    }

    /// True while the last good configuration answers requests.
    pub(super) fn is_serving(self) -> bool {
        matches!(self, Self::Ready | Self::Updating | Self::UpdateUnsuccessful)
    }

    pub(super) fn name(self) -> String {
        serde_json::to_value(self).ok().and_then(|name| name.as_str().map(str::to_string)).unwrap_or_default()
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Target {
    pub(super) target_id: String,
    pub(super) gateway_arn: String,
    pub(super) status: Status,
    #[serde(default)]
    pub(super) status_reasons: Vec<String>,
    #[serde(with = "rfc3339")]
    pub(super) created_at: OffsetDateTime,
    #[serde(with = "rfc3339")]
    pub(super) updated_at: OffsetDateTime,
    #[serde(flatten)]
    pub(super) settings: TargetSettings,
}

/// The members that CreateGatewayTarget and UpdateGatewayTarget set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TargetSettings {
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
    pub(super) lambda_arn: String,
    pub(super) tools: Vec<ToolDefinition>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ToolDefinition {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) input_schema: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) output_schema: Option<Value>,
}

impl ToolDefinition {
    /// The name that clients see.
    pub(super) fn full_name(&self, target: &str) -> String {
        format!("{target}{NAME_SEPARATOR}{}", self.name)
    }
}

/// A gateway with what belongs to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) gateway: Gateway,
    #[serde(default)]
    pub(super) tags: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) targets: BTreeMap<String, Target>,
}

impl Gateway {
    /// The answer of Create, Get and Update.
    pub(super) fn view(&self) -> Value {
        view(self)
    }

    pub(super) fn summary(&self) -> Value {
        let kept =
            ["gatewayId", "name", "status", "description", "createdAt", "updatedAt", "authorizerType", "protocolType"];
        only(self.view(), &kept)
    }
}

impl Target {
    /// The answer of Create, Get and Update.
    pub(super) fn view(&self) -> Value {
        let mut shown = view(self);
        let members = shown.as_object_mut().expect("a target is an object");
        let (lambda_arn, tools) = (members.remove("lambdaArn"), members.remove("tools"));
        members.insert(
            "targetConfiguration".into(),
            json!({"mcp": {"lambda": {"lambdaArn": lambda_arn, "toolSchema": {"inlinePayload": tools}}}}),
        );
        members.insert(
            "credentialProviderConfigurations".into(),
            json!([{"credentialProviderType": super::target_input::GATEWAY_IAM_ROLE}]),
        );
        shown
    }

    pub(super) fn summary(&self) -> Value {
        only(self.view(), &["targetId", "name", "status", "description", "createdAt", "updatedAt"])
    }
}

fn view(value: &impl Serialize) -> Value {
    serde_json::to_value(value).expect("members serialize to JSON")
}

fn only(mut value: Value, kept: &[&str]) -> Value {
    if let Some(members) = value.as_object_mut() {
        members.retain(|name, _| kept.contains(&name.as_str()));
    }
    value
}
