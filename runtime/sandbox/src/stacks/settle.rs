//! Waits for a stack operation and brings its tables and roles to what the template says.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use aws_sdk_cloudformation::types::Stack;
use aws_sdk_dynamodb::types::{
    PointInTimeRecoverySpecification, PointInTimeRecoveryStatus, TimeToLiveSpecification, TimeToLiveStatus,
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use serde_json::Value;

use super::roles::boundaries;
use super::tables::{TableSettings, tables};
use crate::backend::{Backend, error_text};

/// Stacks of the emulator finish in milliseconds; a client is not kept longer.
const PATIENCE: Duration = Duration::from_secs(20);
const POLL_INTERVAL: Duration = Duration::from_millis(50);

pub struct Stacks {
    cloudformation: aws_sdk_cloudformation::Client,
    dynamodb: aws_sdk_dynamodb::Client,
    iam: aws_sdk_iam::Client,
}

impl Stacks {
    pub fn new(backend: &Backend) -> Self {
        Self { cloudformation: backend.cloudformation(), dynamodb: backend.dynamodb(), iam: backend.iam() }
    }

    /// The stack that a form request is about to change. A change set named by
    /// its ARN alone is looked up: after its execution it may be gone.
    pub async fn changed_by(&self, form: &BTreeMap<String, String>) -> Option<String> {
        let action = form.get("Action")?;
        if !["CreateStack", "UpdateStack", "ExecuteChangeSet"].contains(&action.as_str()) {
            return None;
        }
        if let Some(stack) = form.get("StackName") {
            return Some(stack.clone());
        }
        let change_set = form.get("ChangeSetName")?;
        let described = self.cloudformation.describe_change_set().change_set_name(change_set).send().await.ok()?;
        described.stack_name
    }

    /// Failures are logged: the stack operation itself succeeded.
    pub async fn settle(&self, stack: &str) {
        if let Err(cause) = self.try_settle(stack).await {
            tracing::warn!(stack, cause, "settings of the stack's tables and roles are not applied");
        }
    }

    async fn try_settle(&self, name: &str) -> Result<(), String> {
        let Some(stack) = self.finished(name).await? else { return Ok(()) };
        let template = self.cloudformation.get_template().stack_name(name).send().await.map_err(text)?;
        let template = parsed(template.template_body().unwrap_or_default())?;
        let parameters = parameters(&stack);
        let (tables, boundaries) = (tables(&template, &parameters), boundaries(&template, &parameters));
        if tables.is_empty() && boundaries.is_empty() {
            return Ok(());
        }
        let resources = self.cloudformation.describe_stack_resources().stack_name(name).send().await.map_err(text)?;
        for resource in resources.stack_resources() {
            let (Some(id), Some(made)) = (resource.logical_resource_id(), resource.physical_resource_id()) else {
                continue;
            };
            if let Some(wanted) = tables.get(id) {
                self.apply(made, wanted).await?;
            }
            if let Some(boundary) = boundaries.get(id) {
                self.apply_boundary(made, boundary).await?;
            }
        }
        Ok(())
    }

    /// The stack, once its operation succeeded; None after one that failed.
    async fn finished(&self, name: &str) -> Result<Option<Stack>, String> {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            let described = self.cloudformation.describe_stacks().stack_name(name).send().await.map_err(text)?;
            let stack = described.stacks().first().cloned().ok_or("the stack is gone")?;
            match stack.stack_status().map(|status| status.as_str()) {
                Some("CREATE_COMPLETE" | "UPDATE_COMPLETE") => return Ok(Some(stack)),
                Some(status) if status.ends_with("_IN_PROGRESS") => tokio::time::sleep(POLL_INTERVAL).await,
                _ => return Ok(None),
            }
        }
        Err(format!("the stack is not finished after {} seconds", PATIENCE.as_secs()))
    }

    async fn apply(&self, table: &str, wanted: &TableSettings) -> Result<(), String> {
        self.apply_time_to_live(table, wanted.time_to_live.as_deref()).await?;
        self.apply_recovery(table, wanted.point_in_time_recovery).await
    }

    async fn apply_time_to_live(&self, table: &str, wanted: Option<&str>) -> Result<(), String> {
        let described = self.dynamodb.describe_time_to_live().table_name(table).send().await.map_err(text)?;
        let current = described.time_to_live_description.filter(|description| {
            matches!(description.time_to_live_status(), Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling))
        });
        let current = current.and_then(|description| description.attribute_name);
        if current.as_deref() == wanted {
            return Ok(());
        }
        let Some(attribute) = wanted.map(str::to_owned).or(current) else { return Ok(()) };
        let specification = TimeToLiveSpecification::builder().attribute_name(attribute).enabled(wanted.is_some());
        let specification = specification.build().map_err(|error| error.to_string())?;
        let update = self.dynamodb.update_time_to_live().table_name(table).time_to_live_specification(specification);
        update.send().await.map(|_| ()).map_err(text)
    }

    async fn apply_recovery(&self, table: &str, wanted: bool) -> Result<(), String> {
        let described = self.dynamodb.describe_continuous_backups().table_name(table).send().await.map_err(text)?;
        let recovery = described.continuous_backups_description.and_then(|d| d.point_in_time_recovery_description);
        let status = recovery.and_then(|recovery| recovery.point_in_time_recovery_status);
        if (status == Some(PointInTimeRecoveryStatus::Enabled)) == wanted {
            return Ok(());
        }
        let specification = PointInTimeRecoverySpecification::builder().point_in_time_recovery_enabled(wanted);
        let specification = specification.build().map_err(|error| error.to_string())?;
        let update = self.dynamodb.update_continuous_backups().table_name(table);
        update.point_in_time_recovery_specification(specification).send().await.map(|_| ()).map_err(text)
    }

    async fn apply_boundary(&self, role: &str, wanted: &str) -> Result<(), String> {
        let described = self.iam.get_role().role_name(role).send().await.map_err(text)?;
        let current = described.role.and_then(|role| role.permissions_boundary);
        if current.is_some_and(|current| current.permissions_boundary_arn.as_deref() == Some(wanted)) {
            return Ok(());
        }
        let update = self.iam.put_role_permissions_boundary().role_name(role).permissions_boundary(wanted);
        update.send().await.map(|_| ()).map_err(text)
    }
}

/// JSON, or YAML without short-form tags.
fn parsed(template: &str) -> Result<Value, String> {
    serde_saphyr::from_str(template).map_err(|error| error.to_string())
}

fn parameters(stack: &Stack) -> BTreeMap<String, String> {
    let parameters = stack.parameters().iter();
    parameters.filter_map(|p| Some((p.parameter_key()?.to_owned(), p.parameter_value()?.to_owned()))).collect()
}

fn text(error: impl std::error::Error + ProvideErrorMetadata) -> String {
    error_text(&error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_json_or_yaml() {
        assert_eq!(parsed(r#"{"Resources": {}}"#).unwrap(), parsed("Resources: {}").unwrap());
        assert!(parsed("{").is_err());
    }
}
