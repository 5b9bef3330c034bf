//! How we know our own: the tags on everything that we make.

use std::collections::BTreeMap;

use contract::Names;

use crate::settings::Settings;

/// Value of the `ManagedBy` tag on everything that we own.
pub const MANAGED_BY: &str = "aws-operations-agent-deployer";
pub const TAG_MANAGED_BY: &str = "ManagedBy";
pub const TAG_ENVIRONMENT: &str = "Environment";
pub const TAG_PROJECT: &str = "Project";
pub const TAG_COMPONENT: &str = "Component";

/// The tags by which we know our own.
pub fn ownership_tags(settings: &Settings, component: &str) -> BTreeMap<String, String> {
    let mut tags = settings.project.tags.clone();
    for (key, value) in [
        (TAG_MANAGED_BY, MANAGED_BY),
        (TAG_ENVIRONMENT, settings.environment.as_str()),
        (TAG_PROJECT, settings.project.prefix.as_str()),
        (TAG_COMPONENT, component),
    ] {
        tags.insert(key.into(), value.into());
    }
    tags
}

/// True when the tags say that this deployer made it for this environment.
pub fn is_owned(tags: &BTreeMap<String, String>, names: &Names) -> bool {
    let has = |key: &str, value: &str| tags.get(key).is_some_and(|found| found == value);
    has(TAG_MANAGED_BY, MANAGED_BY) && has(TAG_ENVIRONMENT, names.environment()) && has(TAG_PROJECT, names.prefix())
}
