//! The members of a Converse request that decide the answer. Unknown members
//! are tolerated; a known one of the wrong form is not.

use contract::tool_frame::unframe;
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConverseRequest {
    pub messages: Vec<Message>,
    #[serde(default)]
    pub system: Vec<SystemBlock>,
    pub tool_config: Option<ToolConfiguration>,
}

impl ConverseRequest {
    /// The tools offered; cache points and the like are left out.
    pub fn tools(&self) -> Vec<Tool> {
        let entries = self.tool_config.iter().flat_map(|configuration| &configuration.tools);
        entries.filter_map(|entry| entry.tool_spec.clone()).collect()
    }

    /// Whether the conversation is to be summed up: no tools, and the system
    /// prompt's first line says so.
    pub fn is_summary(&self) -> bool {
        let first_line = |block: &SystemBlock| block.text.lines().next().unwrap_or_default().to_lowercase();
        let asks = |block: &SystemBlock| first_line(block).contains("summar");
        self.tools().is_empty() && self.system.first().is_some_and(asks)
    }

    /// Where the last question stands: the latest user message that has text
    /// and no tool result.
    fn question_at(&self) -> Option<usize> {
        self.messages.iter().rposition(Message::is_question)
    }

    /// The last question's text; empty when nobody asked.
    pub fn question(&self) -> String {
        self.question_at().map(|at| self.messages[at].text()).unwrap_or_default()
    }

    /// How often the assistant has spoken since the last question.
    pub fn answers_since_question(&self) -> usize {
        let since = self.question_at().map_or(0, |at| at + 1);
        self.messages[since..].iter().filter(|message| message.role == Role::Assistant).count()
    }

    /// The text of the latest tool results since the last question.
    pub fn latest_results(&self) -> String {
        let since = self.question_at().map_or(0, |at| at + 1);
        let with_results = self.messages[since..].iter().rfind(|message| message.results().next().is_some());
        let texts: Vec<_> = with_results.iter().flat_map(|message| message.results()).map(ToolResult::text).collect();
        texts.join("\n")
    }
}

/// A block of the system prompt; cache points and the like have no text.
#[derive(Debug, Clone, Deserialize)]
pub struct SystemBlock {
    #[serde(default)]
    pub text: String,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Message {
    pub role: Role,
    pub content: Vec<Content>,
}

impl Message {
    /// Its texts, a line each.
    pub fn text(&self) -> String {
        let texts: Vec<_> = self.content.iter().filter_map(|block| block.text.as_deref()).collect();
        texts.join("\n").trim().to_owned()
    }

    fn results(&self) -> impl Iterator<Item = &ToolResult> {
        self.content.iter().filter_map(|block| block.tool_result.as_ref())
    }

    fn is_question(&self) -> bool {
        self.role == Role::User && self.results().next().is_none() && !self.text().is_empty()
    }
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

impl ToolResult {
    /// Its blocks, a line each, out of the frames that mark them as data.
    fn text(&self) -> String {
        let blocks = self.content.iter().filter_map(|block| match (&block.text, &block.json) {
            (Some(text), _) => Some(unframe(text).to_owned()),
            (None, json) => json.as_ref().map(Value::to_string),
        });
        blocks.collect::<Vec<_>>().join("\n")
    }
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
