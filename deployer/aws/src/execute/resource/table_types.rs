//! A table's attributes in the SDK's types.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType, StreamSpecification, StreamViewType,
};
use aws_smithy_types::error::operation::BuildError;
use deployer_core::resource::{Index, Table, TableKey};

pub fn key_schema(keys: &[TableKey]) -> Result<Vec<KeySchemaElement>, BuildError> {
    let element = |key: &TableKey| {
        KeySchemaElement::builder().attribute_name(&key.name).key_type(KeyType::from(&*key.role)).build()
    };
    keys.iter().map(element).collect()
}

/// Every attribute that the table or one of its indexes has as a key, once.
pub fn attributes(table: &Table) -> Result<Vec<AttributeDefinition>, BuildError> {
    let keys = table.keys.iter().chain(table.indexes.values().flat_map(|index| &index.keys));
    let types: BTreeMap<&str, &str> = keys.map(|key| (key.name.as_str(), key.attribute_type.as_str())).collect();
    let definition = |(name, kind): (&str, &str)| {
        AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::from(kind)).build()
    };
    types.into_iter().map(definition).collect()
}

pub fn indexes(table: &Table) -> Result<Vec<GlobalSecondaryIndex>, BuildError> {
    let index = |(name, index): (&String, &Index)| {
        let keys = key_schema(&index.keys)?;
        GlobalSecondaryIndex::builder()
            .index_name(name)
            .set_key_schema(Some(keys))
            .projection(projection(index))
            .build()
    };
    table.indexes.iter().map(index).collect()
}

pub fn projection(index: &Index) -> Projection {
    Projection::builder().projection_type(ProjectionType::from(&*index.projection)).build()
}

pub fn stream_of(view: &str) -> Result<StreamSpecification, BuildError> {
    StreamSpecification::builder().stream_enabled(true).stream_view_type(StreamViewType::from(view)).build()
}

pub fn stream_off() -> Result<StreamSpecification, BuildError> {
    StreamSpecification::builder().stream_enabled(false).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str, role: &str) -> TableKey {
        TableKey { name: name.into(), role: role.into(), attribute_type: "S".into() }
    }

    fn table() -> Table {
        let index = Index { keys: vec![key("owner", "HASH"), key("id", "RANGE")], projection: "ALL".into() };
        Table {
            name: "t".into(),
            keys: vec![key("id", "HASH")],
            indexes: BTreeMap::from([("by-owner".into(), index)]),
            billing_mode: "PAY_PER_REQUEST".into(),
            time_to_live: None,
            point_in_time_recovery: false,
            stream: None,
            deletion_protection: false,
            tags: BTreeMap::new(),
        }
    }

    #[test]
    fn each_key_attribute_is_defined_once() {
        let names: Vec<String> =
            attributes(&table()).unwrap().into_iter().map(|attribute| attribute.attribute_name).collect();
        assert_eq!(names, ["id", "owner"]);
    }

    #[test]
    fn an_index_keeps_its_keys_in_order() {
        let indexes = indexes(&table()).unwrap();
        let keys: Vec<_> = indexes[0].key_schema.iter().map(|key| key.attribute_name.as_str()).collect();
        assert_eq!((indexes[0].index_name.as_str(), keys), ("by-owner", vec!["owner", "id"]));
    }
}
