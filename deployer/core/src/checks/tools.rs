//! Limits of the tools that the gateway's target declares (service model
//! `bedrock-agentcore-control` and AgentCore's quotas).

use contract::schema;

use crate::desired::{Desired, ToolDefinition};
use crate::failure::Failure;

/// Longest tool name that MCP clients commonly take.
const NAME_LIMIT: usize = 64;
/// Tools of a target.
const MOST_TOOLS: usize = 1_000;
/// Bytes of a target's tools, as they are sent.
const SCHEMA_LIMIT: usize = 1_000_000;

/// Every reason why the gateway, or a client of it, would refuse the tools.
pub fn faults(desired: &Desired) -> Vec<Failure> {
    let target = &desired.target;
    let doing = format!("plan target {}", target.name);
    let mut faults: Vec<Failure> = target.tools.iter().flat_map(|tool| of_tool(tool, &target.name)).collect();
    let count = target.tools.len();
    if count > MOST_TOOLS {
        let cause = format!("it declares {count} tools, the limit is {MOST_TOOLS}");
        faults.push(Failure::new("plan/too-many-tools", &doing, cause).with_hint("declare fewer tools"));
    }
    let bytes = serde_json::to_string(&target.tools).map_or(usize::MAX, |text| text.len());
    if bytes > SCHEMA_LIMIT {
        let cause = format!("its tools take {bytes} bytes, the limit is {SCHEMA_LIMIT}");
        faults.push(Failure::new("plan/tools-too-large", &doing, cause).with_hint("shorten their descriptions"));
    }
    faults
}

fn of_tool(tool: &ToolDefinition, target: &str) -> Vec<Failure> {
    let doing = || format!("plan tool {} of target {target}", tool.name);
    let full_name = format!("{target}{}{}", contract::tool_call::NAME_SEPARATOR, tool.name);
    let mut faults = Vec::new();
    if full_name.len() > NAME_LIMIT {
        let cause = format!("its full name {full_name} is longer than {NAME_LIMIT} characters");
        let fault = Failure::new("plan/tool-name-too-long", doing(), cause);
        faults.push(fault.with_hint("give the tool a shorter name"));
    }
    if tool.description.trim().is_empty() {
        let fault = Failure::new("plan/tool-without-description", doing(), "it has no description");
        faults.push(fault.with_hint("the model chooses tools by what they say"));
    }
    let schema = schema::faults(&tool.input_schema).into_iter();
    faults.extend(schema.map(|fault| Failure::new("plan/tool-schema", doing(), fault)));
    faults
}
