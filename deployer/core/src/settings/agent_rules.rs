//! Rules of `[agent]`: tools that wait for approval exist.

use contract::catalogue;

use super::fault::{Fault, code};
use super::nearest::did_you_mean;
use super::reader::{FromNode, Reader};
use super::tree::Value;

const APPROVAL: &str = "agent.approval_tools";

/// A misspelt name would let the tool run unasked; the fault stands at its own line.
pub(super) fn check(reader: &mut Reader<'_>) {
    let Some(Value::List(elements)) = reader.root.find(APPROVAL).map(|node| &node.value) else { return };
    for element in elements {
        let Some(name) = String::from_node(element) else { continue };
        let known = || catalogue().iter().map(|tool| tool.name.as_str());
        if known().any(|tool| tool == name) {
            continue;
        }
        let message = format!("`approval_tools` in [agent] names `{name}`, which is no tool of configs/tools.toml");
        let all = || format!("the tools are {}", known().collect::<Vec<_>>().join(", "));
        let hint = did_you_mean(&name, known()).unwrap_or_else(all);
        reader.faults.push(Fault::at(&element.place, code::INVALID_VALUE, message).hint(Some(hint)));
    }
}
