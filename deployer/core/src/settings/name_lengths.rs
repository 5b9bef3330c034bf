//! Lengths of the names that prefix and environment make together. Their
//! characters are right by the form of both parts, and none can be too short.

use contract::Names;
use contract::names::DEFAULT_PREFIX;

use super::fault::{Fault, code};
use super::form;
use super::reader::Reader;
use crate::read_access::MOST_POLICIES;

/// A resource, its name, and the longest name that AWS allows.
struct Limit {
    resource: &'static str,
    name: fn(&Names) -> String,
    longest: usize,
}

/// Lengths from the service models; 48 for gateways, which guides put at 100.
const LIMITS: &[Limit] = &[
    Limit { resource: "gateway", name: Names::gateway, longest: 48 },
    Limit { resource: "gateway role", name: Names::gateway_role, longest: 64 },
    Limit { resource: "agent role", name: Names::agent_role, longest: 64 },
    Limit { resource: "tool role", name: Names::tool_role, longest: 64 },
    Limit { resource: "agent function", name: Names::agent_function, longest: 64 },
    Limit { resource: "tool function", name: Names::tool_function, longest: 64 },
    Limit { resource: "conversation table", name: Names::conversations_table, longest: 255 },
    Limit { resource: "deployments table", name: Names::deployments_table, longest: 255 },
    Limit { resource: "agent repository", name: Names::agent_repository, longest: 256 },
    Limit { resource: "tool repository", name: Names::tools_repository, longest: 256 },
    Limit { resource: "application stack", name: Names::application_stack, longest: 128 },
    Limit { resource: "foundation stack", name: Names::foundation_stack, longest: 128 },
    Limit { resource: "data stack", name: Names::data_stack, longest: 128 },
    Limit { resource: "read access stack", name: Names::read_access_stack, longest: 128 },
    Limit { resource: "read policy", name: |names| names.read_policy(MOST_POLICIES), longest: 128 },
];

pub(super) fn check(environment: &str, reader: &mut Reader<'_>) {
    if !form::NAME.matches(environment) {
        let message = format!("the environment's name `{environment}` must be {}", form::NAME.says);
        let fault = Fault::at(&reader.top, code::INVALID_VALUE, message);
        reader.faults.push(fault.hint("rename its file".to_string()));
        return;
    }
    let Some(prefix) = reader.value::<String>("project.prefix") else { return };
    let alone = too_long(&Names::new(DEFAULT_PREFIX, environment));
    let together = too_long(&Names::new(&prefix, environment));
    if !alone.is_empty() {
        let place = reader.top.clone();
        let message = format!("the environment's name `{environment}` is too long: {}", alone.join(", "));
        let hint = format!("rename its file; {} characters fit", fitting(|name| Names::new(DEFAULT_PREFIX, name)));
        reader.faults.push(Fault::at(&place, code::NAME_TOO_LONG, message).hint(hint));
    } else if !together.is_empty() {
        let place = reader.root.nearest_place("project.prefix").clone();
        let message = format!("`prefix` in [project] is too long: {}", together.join(", "));
        let longest = fitting(|name| Names::new(name, environment));
        let hint = format!("{longest} characters fit for the environment `{environment}`");
        reader.faults.push(Fault::at(&place, code::NAME_TOO_LONG, message).hint(hint));
    }
}

fn too_long(names: &Names) -> Vec<String> {
    LIMITS
        .iter()
        .map(|limit| (limit, (limit.name)(names)))
        .filter(|(limit, name)| name.len() > limit.longest)
        .map(|(limit, name)| {
            let (resource, length) = (limit.resource, name.len());
            format!("{resource} `{name}` has {length} characters, {} are allowed", limit.longest)
        })
        .collect()
}

/// The longest part with which all names fit.
fn fitting(names: impl Fn(String) -> Names) -> usize {
    (0..=64).take_while(|length| too_long(&names("x".repeat(length + 1))).is_empty()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_names_fit() {
        for environment in ["local", "dev", "staging", "prod"] {
            assert_eq!(too_long(&Names::new(DEFAULT_PREFIX, environment)), Vec::<String>::new());
        }
    }

    #[test]
    fn the_longest_environment_name_fits_and_one_more_does_not() {
        let longest = fitting(|name| Names::new(DEFAULT_PREFIX, name));
        assert_eq!(longest, 27);
        assert!(too_long(&Names::new(DEFAULT_PREFIX, "e".repeat(27))).is_empty());
        assert!(!too_long(&Names::new(DEFAULT_PREFIX, "e".repeat(28))).is_empty());
    }
}
