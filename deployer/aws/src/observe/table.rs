//! A DynamoDB table: its keys and indexes, and all that can be switched on it.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, GlobalSecondaryIndexDescription, IndexStatus, KeySchemaElement, PointInTimeRecoveryStatus,
    TableDescription, TableStatus, TimeToLiveDescription, TimeToLiveStatus,
};
use deployer_core::observed::Fact;
use deployer_core::resource::{Index, Resource, Table, TableKey};

use super::tags::tags;
use crate::Clients;
use crate::errors::{Trouble, found};

pub async fn observe(clients: &Clients, name: String) -> Fact<Resource> {
    super::fact(read(clients, &name).await.map(|table| table.map(Resource::Table)))
}

/// The table; one that is being deleted counts as gone.
pub async fn read(clients: &Clients, name: &str) -> Result<Option<Table>, Trouble> {
    let (description, tags, time_to_live, recovery) = tokio::join!(
        description(clients, name),
        tags_of(clients, name),
        time_to_live(clients, name),
        recovery(clients, name),
    );
    let Some(description) = description?.filter(|table| table.table_status != Some(TableStatus::Deleting)) else {
        return Ok(None);
    };
    let switches = Switches { time_to_live: time_to_live?, recovery: recovery? };
    Ok(Some(table(name, description, switches, tags?)))
}

async fn description(clients: &Clients, name: &str) -> Result<Option<TableDescription>, Trouble> {
    let answer = found(clients.dynamodb().describe_table().table_name(name).send().await)?;
    Ok(answer.and_then(|answer| answer.table))
}

async fn tags_of(clients: &Clients, name: &str) -> Result<BTreeMap<String, String>, Trouble> {
    let mut all = Vec::new();
    let mut next = None;
    loop {
        let request = clients.dynamodb().list_tags_of_resource().resource_arn(arn(clients, name));
        let Some(page) = found(request.set_next_token(next).send().await)? else { break };
        all.extend(page.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)));
        next = page.next_token;
        if next.is_none() {
            break;
        }
    }
    Ok(tags(all))
}

async fn time_to_live(clients: &Clients, name: &str) -> Result<Option<String>, Trouble> {
    let answer = found(clients.dynamodb().describe_time_to_live().table_name(name).send().await)?;
    Ok(answer.and_then(|answer| answer.time_to_live_description).and_then(live_attribute))
}

async fn recovery(clients: &Clients, name: &str) -> Result<bool, Trouble> {
    let answer = found(clients.dynamodb().describe_continuous_backups().table_name(name).send().await)?;
    let description = answer.and_then(|answer| answer.continuous_backups_description);
    let recovery = description.and_then(|backups| backups.point_in_time_recovery_description);
    let status = recovery.and_then(|recovery| recovery.point_in_time_recovery_status);
    Ok(status == Some(PointInTimeRecoveryStatus::Enabled))
}

/// A table's ARN, which its tags are read and written by.
pub fn arn(clients: &Clients, name: &str) -> String {
    let location = clients.location();
    format!("arn:aws:dynamodb:{}:{}:table/{name}", location.region, location.account)
}

/// The attribute by which items expire, once that is on or being switched on.
fn live_attribute(description: TimeToLiveDescription) -> Option<String> {
    let status = description.time_to_live_status;
    let is_on = matches!(status, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling));
    description.attribute_name.filter(|_| is_on)
}

/// What a table's description does not hold.
struct Switches {
    time_to_live: Option<String>,
    recovery: bool,
}

fn table(name: &str, found: TableDescription, switches: Switches, tags: BTreeMap<String, String>) -> Table {
    let attributes = found.attribute_definitions.unwrap_or_default();
    let indexes = found.global_secondary_indexes.unwrap_or_default().into_iter();
    let staying = indexes.filter(|index| index.index_status != Some(IndexStatus::Deleting));
    let stream = found.stream_specification.filter(|stream| stream.stream_enabled);
    let billing = found.billing_mode_summary.and_then(|summary| summary.billing_mode);
    Table {
        name: name.to_string(),
        keys: keys(found.key_schema, &attributes),
        indexes: staying.map(|found| index(found, &attributes)).collect(),
        // AWS leaves the summary out of a table that was never on demand.
        billing_mode: billing.map_or_else(|| "PROVISIONED".into(), |mode| mode.as_str().to_string()),
        time_to_live: switches.time_to_live,
        point_in_time_recovery: switches.recovery,
        stream: stream.and_then(|stream| stream.stream_view_type).map(|view| view.as_str().to_string()),
        deletion_protection: found.deletion_protection_enabled.unwrap_or(false),
        tags,
    }
}

fn index(found: GlobalSecondaryIndexDescription, attributes: &[AttributeDefinition]) -> (String, Index) {
    let projection = found.projection.and_then(|projection| projection.projection_type);
    let index = Index {
        keys: keys(found.key_schema, attributes),
        projection: projection.map(|projection| projection.as_str().to_string()).unwrap_or_default(),
    };
    (found.index_name.unwrap_or_default(), index)
}

fn keys(schema: Option<Vec<KeySchemaElement>>, attributes: &[AttributeDefinition]) -> Vec<TableKey> {
    let type_of = |name: &str| attributes.iter().find(|attribute| attribute.attribute_name == name);
    let keys = schema.unwrap_or_default().into_iter().map(|key| TableKey {
        attribute_type: type_of(&key.attribute_name)
            .map(|attribute| attribute.attribute_type.as_str().to_string())
            .unwrap_or_default(),
        role: key.key_type.as_str().to_string(),
        name: key.attribute_name,
    });
    keys.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_dynamodb::types::{
        BillingMode, BillingModeSummary, KeyType, Projection, ProjectionType, ScalarAttributeType, StreamSpecification,
        StreamViewType,
    };

    fn hash_key(name: &str) -> KeySchemaElement {
        KeySchemaElement::builder().attribute_name(name).key_type(KeyType::Hash).build().unwrap()
    }

    fn text_attribute(name: &str) -> AttributeDefinition {
        let attribute = AttributeDefinition::builder().attribute_name(name);
        attribute.attribute_type(ScalarAttributeType::S).build().unwrap()
    }

    fn converted(description: TableDescription) -> Table {
        table("t", description, Switches { time_to_live: None, recovery: false }, BTreeMap::new())
    }

    #[test]
    fn keys_carry_their_attributes_type() {
        let description =
            TableDescription::builder().key_schema(hash_key("id")).attribute_definitions(text_attribute("id"));
        let key = TableKey { name: "id".into(), role: "HASH".into(), attribute_type: "S".into() };
        assert_eq!(converted(description.build()).keys, [key]);
    }

    #[test]
    fn an_index_that_is_leaving_is_none_any_more() {
        let index = |name: &str, status| {
            GlobalSecondaryIndexDescription::builder()
                .index_name(name)
                .index_status(status)
                .key_schema(hash_key("owner"))
                .projection(Projection::builder().projection_type(ProjectionType::All).build())
                .build()
        };
        let description = TableDescription::builder()
            .attribute_definitions(text_attribute("owner"))
            .global_secondary_indexes(index("old", IndexStatus::Deleting))
            .global_secondary_indexes(index("new", IndexStatus::Creating));
        let table = converted(description.build());
        assert_eq!(table.indexes.keys().collect::<Vec<_>>(), ["new"]);
        assert_eq!(table.indexes["new"].projection, "ALL");
        assert_eq!(table.indexes["new"].keys[0].attribute_type, "S");
    }

    #[test]
    fn a_table_without_a_billing_summary_is_provisioned() {
        assert_eq!(converted(TableDescription::builder().build()).billing_mode, "PROVISIONED");
        let on_demand = BillingModeSummary::builder().billing_mode(BillingMode::PayPerRequest).build();
        let description = TableDescription::builder().billing_mode_summary(on_demand).build();
        assert_eq!(converted(description).billing_mode, "PAY_PER_REQUEST");
    }

    #[test]
    fn a_stream_that_is_switched_off_is_none() {
        let stream = |enabled| {
            let stream = StreamSpecification::builder().stream_enabled(enabled);
            stream.stream_view_type(StreamViewType::NewAndOldImages).build().unwrap()
        };
        let description = |enabled| TableDescription::builder().stream_specification(stream(enabled)).build();
        assert_eq!(converted(description(true)).stream.as_deref(), Some("NEW_AND_OLD_IMAGES"));
        assert_eq!(converted(description(false)).stream, None);
    }

    #[test]
    fn items_expire_only_while_that_is_on() {
        let description = |status| {
            let description = TimeToLiveDescription::builder().attribute_name("ttl");
            description.time_to_live_status(status).build()
        };
        assert_eq!(live_attribute(description(TimeToLiveStatus::Enabling)).as_deref(), Some("ttl"));
        assert_eq!(live_attribute(description(TimeToLiveStatus::Disabling)), None);
        assert_eq!(live_attribute(description(TimeToLiveStatus::Disabled)), None);
    }
}
