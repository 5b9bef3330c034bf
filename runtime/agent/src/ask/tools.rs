//! Which of the gateway's tools the model gets, and which wait for a yes.

use std::collections::BTreeSet;

use contract::chat::ListedTool;
use contract::tool_call::tool_name;

use crate::model::ToolDefinition;

/// The tools that Bedrock accepts by name; one with another name is left out.
pub fn definitions(tools: &[ListedTool]) -> Vec<ToolDefinition> {
    let (usable, unusable): (Vec<_>, Vec<_>) = tools.iter().partition(|tool| has_usable_name(tool));
    for tool in unusable {
        tracing::warn!(tool = tool.name, "the tool is left out: Bedrock refuses its name");
    }
    usable.into_iter().map(definition).collect()
}

/// Full names of the tools that `approval_tools` name without the target's prefix.
pub fn needing_approval(tools: &[ToolDefinition], approval_tools: &[String]) -> BTreeSet<String> {
    let waits = |tool: &&ToolDefinition| approval_tools.iter().any(|name| name == tool_name(&tool.name));
    tools.iter().filter(waits).map(|tool| tool.name.clone()).collect()
}

/// Bedrock's pattern, `[a-zA-Z0-9_-]{1,64}`.
fn has_usable_name(tool: &ListedTool) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    (1..=64).contains(&tool.name.len()) && tool.name.bytes().all(allowed)
}

fn definition(tool: &ListedTool) -> ToolDefinition {
    let description = if tool.description.is_empty() { &tool.name } else { &tool.description };
    ToolDefinition {
        name: tool.name.clone(),
        description: description.clone(),
        input_schema: tool.input_schema.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn tool(name: &str, description: &str) -> ListedTool {
        ListedTool { name: name.into(), description: description.into(), input_schema: json!({"type": "object"}) }
    }

    #[test]
    fn tools_that_bedrock_refuses_are_left_out() {
        let tools = [tool("aws___get_time", ""), tool("a.b", "x"), tool(&"x".repeat(65), "x"), tool("", "x")];
        let definitions = definitions(&tools);
        assert_eq!(definitions.len(), 1);
        assert_eq!(definitions[0].description, "aws___get_time");
    }

    #[test]
    fn tools_wait_for_a_yes_by_their_own_name_under_every_target() {
        let tools = definitions(&["aws___stop", "other___stop", "aws___stop_all", "stop"].map(|name| tool(name, "x")));
        let waiting = needing_approval(&tools, &["stop".to_owned()]);
        assert_eq!(waiting.into_iter().collect::<Vec<_>>(), ["aws___stop", "other___stop", "stop"]);
    }
}
