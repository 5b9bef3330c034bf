//! The members of a Converse request that the planner reads. Unknown members
//! are tolerated; a known one of the wrong form is not.

use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConverseRequest {
    pub messages: Vec<Message>,
    pub tool_config: Option<ToolConfiguration>,
}

impl ConverseRequest {
    /// The tools offered; cache points and the like are left out.
    pub fn tools(&self) -> Vec<Tool> {
        let entries = self.tool_config.iter().flat_map(|configuration| &configuration.tools);
        entries.filter_map(|entry| entry.tool_spec.clone()).collect()
    }
}

#[derive(Debug, Clone, Deserialize)]
pub struct Message {
    pub role: Role,
    pub content: Vec<Content>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    User,
    Assistant,
}

/// One block; exactly one of its members is set, or none that we know.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Content {
    pub text: Option<String>,
    pub tool_use: Option<ToolUse>,
    pub tool_result: Option<ToolResult>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolUse {
    pub tool_use_id: String,
    pub name: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolResult {
    pub tool_use_id: String,
    #[serde(default)]
    pub content: Vec<ResultContent>,
    pub status: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ResultContent {
    pub text: Option<String>,
    pub json: Option<Value>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct ToolConfiguration {
    pub tools: Vec<ToolEntry>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolEntry {
    pub tool_spec: Option<Tool>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tool {
    pub name: String,
    #[serde(default)]
    pub description: String,
    pub input_schema: InputSchema,
}

#[derive(Debug, Clone, Deserialize)]
pub struct InputSchema {
    pub json: Value,
}

impl Tool {
    /// Names and schemas of the required arguments.
    pub fn required(&self) -> impl Iterator<Item = (&str, &Value)> {
        let names = self.input_schema.json["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        names.map(|name| (name, &self.input_schema.json["properties"][name]))
    }
}
