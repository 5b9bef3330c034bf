//! Time to live and point-in-time recovery of a table: both are switched by
//! calls of their own and refused while DynamoDB still works on the change before.

use aws_sdk_dynamodb::types::{PointInTimeRecoverySpecification, TimeToLiveSpecification};
use deployer_core::Failure;
use deployer_core::resource::Table;

use crate::errors::{Kind, Trouble};
use crate::execute::context::Context;
use crate::observe::live;
use crate::wait::Pace;

/// An attribute is not exchanged for another one: the old one is switched off first.
pub async fn put_time_to_live(context: &Context<'_>, wanted: &Table) -> Result<(), Failure> {
    let doing = format!("set the time to live of table `{}`", wanted.name);
    context.until(Pace::RESOURCE, &doing, async || attempt_time_to_live(context, wanted, &doing).await).await
}

/// None when it is worth another look.
async fn attempt_time_to_live(context: &Context<'_>, wanted: &Table, doing: &str) -> Result<Option<()>, Failure> {
    let current = read(context, &wanted.name, doing).await?.time_to_live;
    if current == wanted.time_to_live {
        return Ok(Some(()));
    }
    // What is on and not wanted goes first; the next look switches on what is wanted.
    let is_switched_off = current.is_some();
    let Some(attribute) = current.or_else(|| wanted.time_to_live.clone()) else { return Ok(Some(())) };
    let specification = TimeToLiveSpecification::builder().attribute_name(attribute).enabled(!is_switched_off);
    let specification = specification.build().map_err(|error| Failure::new("aws/failed", doing, error))?;
    let request = context.clients.dynamodb().update_time_to_live().table_name(&wanted.name);
    match request.time_to_live_specification(specification).send().await.map_err(Trouble::from) {
        Ok(_) => Ok((is_switched_off == wanted.time_to_live.is_none()).then_some(())),
        Err(trouble) => busy(context, &trouble, doing).map(|()| None),
    }
}

pub async fn put_recovery(context: &Context<'_>, wanted: &Table) -> Result<(), Failure> {
    let doing = format!("set the point-in-time recovery of table `{}`", wanted.name);
    context.until(Pace::RESOURCE, &doing, async || attempt_recovery(context, wanted, &doing).await).await
}

/// None while DynamoDB still prepares the backups of a new table.
async fn attempt_recovery(context: &Context<'_>, wanted: &Table, doing: &str) -> Result<Option<()>, Failure> {
    let specification =
        PointInTimeRecoverySpecification::builder().point_in_time_recovery_enabled(wanted.point_in_time_recovery);
    let specification = specification.build().map_err(|error| Failure::new("aws/failed", doing, error))?;
    let request = context.clients.dynamodb().update_continuous_backups().table_name(&wanted.name);
    match request.point_in_time_recovery_specification(specification).send().await.map_err(Trouble::from) {
        Ok(_) => Ok(Some(())),
        Err(trouble) => busy(context, &trouble, doing).map(|()| None),
    }
}

async fn read(context: &Context<'_>, name: &str, doing: &str) -> Result<Table, Failure> {
    let found = live::table(context.clients, name).await.map_err(|trouble| trouble.failure(doing))?;
    found.ok_or_else(|| Failure::new("plan/stale", doing, "the table is gone"))
}

/// Fails unless DynamoDB only asks for patience.
fn busy(context: &Context<'_>, trouble: &Trouble, doing: &str) -> Result<(), Failure> {
    if !is_busy(trouble) {
        return Err(trouble.failure(doing));
    }
    context.detail("waiting for an earlier change of the table");
    Ok(())
}

/// DynamoDB's words for a table that is busy with an earlier change (DynamoDB
/// API reference, UpdateTimeToLive and UpdateContinuousBackups).
fn is_busy(trouble: &Trouble) -> bool {
    let words = ["modified multiple times", "already enabled", "already disabled", "ContinuousBackupsUnavailable"];
    trouble.kind == Kind::Conflict || words.iter().any(|words| trouble.message.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_busy_table_is_waited_for() {
        let trouble = |message: &str| Trouble::unusable(message);
        let interval = "ValidationException: Time to live has been modified multiple times within a fixed interval";
        assert!(is_busy(&trouble(interval)));
        assert!(is_busy(&trouble("ContinuousBackupsUnavailableException: Backups are being enabled for the table")));
        assert!(!is_busy(&trouble("ValidationException: 1 validation error detected")));
    }
}
