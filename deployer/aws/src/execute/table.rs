//! The table that its stack leaves behind, deleted only where the plan says so.

use aws_sdk_dynamodb::types::{TableDescription, TableStatus};
use deployer_core::Failure;

use super::context::Context;
use crate::errors::{Kind, Trouble, failed, found};
use crate::wait::Pace;

/// Deletes the table, protection or not, and waits until it is gone.
pub async fn delete(context: &Context<'_>, name: &str) -> Result<(), Failure> {
    let doing = format!("delete table `{name}`");
    let dynamodb = context.clients.dynamodb();
    let Some(table) = settled(context, name).await? else { return Ok(()) };
    if table.deletion_protection_enabled == Some(true) {
        let request = dynamodb.update_table().table_name(name).deletion_protection_enabled(false);
        request.send().await.map_err(failed(format!("lift the deletion protection of table `{name}`")))?;
        settled(context, name).await?;
    }
    context.detail(format!("deleting table {name}"));
    found(dynamodb.delete_table().table_name(name).send().await).map_err(|trouble| trouble.failure(&doing))?;
    let gone =
        context.until(Pace::RESOURCE, &doing, async || Ok(describe(context, name).await?.is_none().then_some(())));
    gone.await
}

/// The table once it accepts changes; None when there is none.
pub async fn settled(context: &Context<'_>, name: &str) -> Result<Option<TableDescription>, Failure> {
    let doing = format!("wait for table `{name}`");
    let settled = context.until(Pace::RESOURCE, &doing, async || {
        let table = describe(context, name).await?;
        let busy = table.as_ref().is_some_and(|table| table.table_status != Some(TableStatus::Active));
        Ok((!busy).then_some(table))
    });
    settled.await
}

async fn describe(context: &Context<'_>, name: &str) -> Result<Option<TableDescription>, Failure> {
    match context.clients.dynamodb().describe_table().table_name(name).send().await.map_err(Trouble::from) {
        Ok(answer) => Ok(answer.table),
        Err(trouble) if trouble.kind == Kind::NotFound => Ok(None),
        Err(trouble) => Err(trouble.failure(format!("read table `{name}`"))),
    }
}
