//! Tables, repositories, log groups and roles as their properties describe them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::properties::{Properties, text_of};
use crate::resource::{Index, LogGroup, ManagedPolicy, Repository, Role, Table, TableKey, normal_policy};

type Tags = BTreeMap<String, String>;

pub(super) fn table(properties: &Properties, stack_tags: &Tags) -> Option<Table> {
    let ttl = properties.flag("/TimeToLiveSpecification/Enabled");
    let types: BTreeMap<String, String> = properties
        .list("/AttributeDefinitions")
        .iter()
        .filter_map(|attribute| Some((text_of(attribute, "AttributeName")?, text_of(attribute, "AttributeType")?)))
        .collect();
    Some(Table {
        name: properties.text("/TableName")?,
        keys: keys(properties.at("/KeySchema"), &types),
        indexes: properties.list("/GlobalSecondaryIndexes").iter().filter_map(|index| named(index, &types)).collect(),
        billing_mode: properties.text_or("/BillingMode", "PROVISIONED"),
        time_to_live: properties.text("/TimeToLiveSpecification/AttributeName").filter(|_| ttl),
        point_in_time_recovery: properties.flag("/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled"),
        stream: properties.text("/StreamSpecification/StreamViewType"),
        deletion_protection: properties.flag("/DeletionProtectionEnabled"),
        tags: properties.tags(stack_tags),
    })
}

fn named(index: &Value, types: &BTreeMap<String, String>) -> Option<(String, Index)> {
    let projection = text_of(&index["Projection"], "ProjectionType")?;
    Some((text_of(index, "IndexName")?, Index { keys: keys(&index["KeySchema"], types), projection }))
}

fn keys(schema: &Value, types: &BTreeMap<String, String>) -> Vec<TableKey> {
    let key = |written: &Value| {
        let name = text_of(written, "AttributeName")?;
        let attribute_type = types.get(&name).cloned().unwrap_or_default();
        Some(TableKey { role: text_of(written, "KeyType")?, attribute_type, name })
    };
    schema.as_array().into_iter().flatten().filter_map(key).collect()
}

pub(super) fn repository(properties: &Properties, stack_tags: &Tags) -> Option<Repository> {
    let policy = properties.at("/RepositoryPolicyText");
    Some(Repository {
        name: properties.text("/RepositoryName")?,
        tag_mutability: properties.text_or("/ImageTagMutability", "MUTABLE"),
        scan_on_push: properties.flag("/ImageScanningConfiguration/ScanOnPush"),
        encryption: properties.text_or("/EncryptionConfiguration/EncryptionType", "AES256"),
        policy: (!policy.is_null()).then(|| normal_policy(policy.clone())),
        tags: properties.tags(stack_tags),
    })
}

pub(super) fn log_group(properties: &Properties, stack_tags: &Tags) -> Option<LogGroup> {
    Some(LogGroup {
        name: properties.text("/LogGroupName")?,
        retention_days: properties.number("/RetentionInDays"),
        tags: properties.tags(stack_tags),
    })
}

/// A policy's name and what it says.
pub(super) fn managed_policy(properties: &Properties) -> Option<(String, ManagedPolicy)> {
    let document = normal_policy(properties.at("/PolicyDocument").clone());
    Some((
        properties.text("/ManagedPolicyName")?,
        ManagedPolicy { description: properties.text("/Description"), document },
    ))
}

pub(super) fn role(properties: &Properties, stack_tags: &Tags) -> Option<Role> {
    let policy =
        |written: &Value| Some((text_of(written, "PolicyName")?, normal_policy(written["PolicyDocument"].clone())));
    Some(Role {
        name: properties.text("/RoleName")?,
        description: properties.text("/Description"),
        trust_policy: normal_policy(properties.at("/AssumeRolePolicyDocument").clone()),
        inline_policies: properties.list("/Policies").iter().filter_map(policy).collect(),
        attached_policies: properties.sorted_texts("/ManagedPolicyArns"),
        permissions_boundary: properties.text("/PermissionsBoundary"),
        tags: properties.tags(stack_tags),
    })
}
