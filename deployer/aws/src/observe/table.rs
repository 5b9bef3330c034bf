//! The conversation table, whoever made it.

use std::collections::BTreeMap;

use deployer_core::observed::{Fact, ObservedTable};

use crate::Clients;
use crate::errors::{Trouble, found};

pub async fn observe(clients: &Clients, name: String) -> Fact<ObservedTable> {
    super::fact(read(clients, &name).await)
}

async fn read(clients: &Clients, name: &str) -> Result<Option<ObservedTable>, Trouble> {
    let answer = clients.dynamodb().describe_table().table_name(name).send().await;
    let Some(table) = found(answer)?.and_then(|answer| answer.table) else { return Ok(None) };
    let arn = table.table_arn.unwrap_or_default();
    let tags = tags(clients, &arn).await?;
    Ok(Some(ObservedTable { arn, tags }))
}

async fn tags(clients: &Clients, arn: &str) -> Result<BTreeMap<String, String>, Trouble> {
    let mut tags = BTreeMap::new();
    let mut next = None;
    loop {
        let request = clients.dynamodb().list_tags_of_resource().resource_arn(arn).set_next_token(next);
        let page = request.send().await?;
        tags.extend(page.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)));
        next = page.next_token;
        if next.is_none() {
            return Ok(tags);
        }
    }
}
