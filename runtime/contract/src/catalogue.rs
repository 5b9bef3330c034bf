//! The tool catalogue: which tools exist, what the model reads about them and
//! the schema of their arguments. Texts come from configs/tools.toml.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{schema, tool_arguments as arguments};

static CATALOGUE: LazyLock<Vec<Tool>> = LazyLock::new(|| {
    let file: File = toml::from_str(include_str!("../../../configs/tools.toml"))
        .expect("configs/tools.toml is compiled in and read by a test");
    file.tool.into_iter().map(Tool::from).collect()
});

/// Every tool that the tool function answers, in the order of configs/tools.toml.
pub fn catalogue() -> &'static [Tool] {
    &CATALOGUE
}

/// A tool as the gateway target declares it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tool {
    /// Without the target's prefix.
    pub name: String,
    pub category: String,
    pub description: String,
    /// In the gateway's subset of JSON Schema, see [`schema`].
    pub input_schema: Value,
}

impl Tool {
    /// The name that the gateway lists and a client calls: `<target>___<tool>`.
    pub fn full_name(&self, target: &str) -> String {
        format!("{target}{}{}", crate::tool_call::NAME_SEPARATOR, self.name)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    tool: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    category: String,
    arguments: Arguments,
    description: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Arguments {
    None,
    Greeting,
    Read,
}

impl From<Entry> for Tool {
    fn from(entry: Entry) -> Self {
        let input_schema = match entry.arguments {
            Arguments::None => schema::of::<arguments::NoArguments>(),
            Arguments::Greeting => schema::of::<arguments::Greeting>(),
            Arguments::Read => schema::of::<arguments::Read>(),
        };
        Self { name: entry.name, category: entry.category, description: entry.description, input_schema }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_has_a_text_and_a_schema_that_the_gateway_accepts() {
        assert!(!catalogue().is_empty());
        for tool in catalogue() {
            assert!(!tool.description.is_empty(), "{} has no description", tool.name);
            assert_eq!(schema::faults(&tool.input_schema), Vec::<String>::new(), "{}", tool.name);
        }
    }

    #[test]
    fn names_are_unique_and_short_enough_for_clients() {
        let mut names: Vec<_> = catalogue().iter().map(|tool| tool.full_name(crate::names::TARGET)).collect();
        assert!(names.iter().all(|name| name.len() <= 64));
        names.sort();
        names.dedup();
        assert_eq!(names.len(), catalogue().len());
    }
}
