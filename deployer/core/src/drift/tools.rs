//! Tool schemas: what the gateway's target declares against what the running
//! tool function says that it answers.

use std::collections::{BTreeMap, BTreeSet};

use super::report::Finding;
use crate::desired::ToolDefinition;
use crate::plan::shorten;

/// Every tool and every part of a tool on which target and function disagree.
/// What the function says is expected: it is the one that answers.
pub fn tool_findings(resource: &str, declared: &[ToolDefinition], running: &[ToolDefinition]) -> Vec<Finding> {
    let (declared, running) = (by_name(declared), by_name(running));
    let names: BTreeSet<_> = declared.keys().chain(running.keys()).collect();
    let mut findings = Vec::new();
    for name in names {
        let path = format!("running tools.{name}");
        match (declared.get(name), running.get(name)) {
            (Some(declared), Some(running)) => findings.extend(parts(resource, &path, declared, running)),
            (None, _) => findings.push(Finding::drifted(resource, path, Some("declared"), None)),
            (_, None) => findings.push(
                Finding::drifted(resource, path, None, Some("declared"))
                    .with_note("the running tool function does not answer it"),
            ),
        }
    }
    findings
}

fn by_name(tools: &[ToolDefinition]) -> BTreeMap<&str, &ToolDefinition> {
    tools.iter().map(|tool| (tool.name.as_str(), tool)).collect()
}

fn parts(resource: &str, path: &str, declared: &ToolDefinition, running: &ToolDefinition) -> Vec<Finding> {
    let mut findings = Vec::new();
    if declared.description != running.description {
        let (expected, actual) = (shorten(&running.description), shorten(&declared.description));
        let path = format!("{path}.description");
        findings.push(Finding::drifted(resource, path, Some(&expected), Some(&actual)));
    }
    if declared.input_schema != running.input_schema {
        let expected = shorten(&running.input_schema.to_string());
        let actual = shorten(&declared.input_schema.to_string());
        let path = format!("{path}.input_schema");
        findings.push(Finding::drifted(resource, path, Some(&expected), Some(&actual)));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn tool(name: &str) -> ToolDefinition {
        ToolDefinition { name: name.into(), description: "d".into(), input_schema: json!({"type": "object"}) }
    }

    fn paths(declared: &[ToolDefinition], running: &[ToolDefinition]) -> Vec<String> {
        tool_findings("target aws", declared, running).into_iter().map(|finding| finding.path).collect()
    }

    #[test]
    fn the_order_of_tools_is_no_difference() {
        assert!(paths(&[tool("a"), tool("b")], &[tool("b"), tool("a")]).is_empty());
    }

    #[test]
    fn a_tool_on_one_side_only_is_found() {
        assert_eq!(paths(&[tool("a")], &[]), ["running tools.a"]);
        let found = tool_findings("target aws", &[], &[tool("a")]);
        assert_eq!((found[0].expected.as_deref(), found[0].actual.as_deref()), (Some("declared"), None));
    }

    #[test]
    fn a_changed_text_and_a_changed_schema_are_found_apart() {
        let changed = ToolDefinition {
            description: "e".into(),
            input_schema: json!({"type": "object", "properties": {}}),
            ..tool("a")
        };
        assert_eq!(paths(&[changed], &[tool("a")]), ["running tools.a.description", "running tools.a.input_schema"]);
    }
}
