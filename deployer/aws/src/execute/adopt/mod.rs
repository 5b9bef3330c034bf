//! Takes over what somebody else made under our name: writes our tags with the
//! API that owns the resource, or imports the resource into our stack first.

mod import;
mod stack;

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::Tag as TableTag;
use aws_sdk_iam::types::Tag as RoleTag;
use deployer_core::Failure;
use deployer_core::adoption::Adoption;

use super::context::Context;
use crate::errors::failed;

/// Makes the resource ours. Errors: the codes of every AWS call, `aws/timeout`, `run/interrupted`.
pub async fn adopt(context: &Context<'_>, adoption: &Adoption) -> Result<String, Failure> {
    match adoption {
        Adoption::Role { name, tags } => tag_role(context, name, tags).await,
        Adoption::Gateway { arn, tags } => tag_gateway(context, arn, tags).await,
        Adoption::Stack { name, tags } => stack::tag(context, name, tags).await,
        Adoption::Table { name, tags } => tag_table(context, name, tags).await,
        Adoption::LogGroup { name, tags } => tag_log_group(context, name, tags).await,
        Adoption::Import(import) => {
            import::import(context, import).await?;
            for then in &import.then {
                // Boxed, since it calls itself; what follows an import is never another one.
                Box::pin(adopt(context, then)).await?;
            }
            Ok(format!("imported into stack {}", import.stack))
        }
    }
}

async fn tag_role(context: &Context<'_>, name: &str, tags: &BTreeMap<String, String>) -> Result<String, Failure> {
    let tags = tags.iter().filter_map(|(key, value)| RoleTag::builder().key(key).value(value).build().ok());
    let request = context.clients.iam().tag_role().role_name(name).set_tags(Some(tags.collect()));
    request.send().await.map_err(failed(format!("tag role `{name}`")))?;
    Ok(TAGGED.into())
}

async fn tag_gateway(context: &Context<'_>, arn: &str, tags: &BTreeMap<String, String>) -> Result<String, Failure> {
    let tags = tags.clone().into_iter().collect();
    let request = context.clients.agentcore().tag_resource().resource_arn(arn).set_tags(Some(tags));
    request.send().await.map_err(failed(format!("tag gateway `{arn}`")))?;
    Ok(TAGGED.into())
}

async fn tag_table(context: &Context<'_>, name: &str, tags: &BTreeMap<String, String>) -> Result<String, Failure> {
    let location = context.clients.location();
    let arn = format!("arn:aws:dynamodb:{}:{}:table/{name}", location.region, location.account);
    let tags = tags.iter().filter_map(|(key, value)| TableTag::builder().key(key).value(value).build().ok());
    let request = context.clients.dynamodb().tag_resource().resource_arn(arn).set_tags(Some(tags.collect()));
    request.send().await.map_err(failed(format!("tag table `{name}`")))?;
    Ok(TAGGED.into())
}

/// By ARN without the `:*` at its end (CloudWatch Logs API reference, TagResource).
async fn tag_log_group(context: &Context<'_>, name: &str, tags: &BTreeMap<String, String>) -> Result<String, Failure> {
    let location = context.clients.location();
    let arn = format!("arn:aws:logs:{}:{}:log-group:{name}", location.region, location.account);
    let request = context.clients.cloudwatchlogs().tag_resource().resource_arn(arn);
    let request = request.set_tags(Some(tags.clone().into_iter().collect()));
    request.send().await.map_err(failed(format!("tag log group `{name}`")))?;
    Ok(TAGGED.into())
}

const TAGGED: &str = "carries our tags";
