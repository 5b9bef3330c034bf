//! A stack's tags, written without touching what it makes: the template and
//! the parameters stay as they are.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{Capability, Parameter, Stack, StackStatus, Tag};
use deployer_core::Failure;

use crate::errors::Trouble;
use crate::execute::context::Context;
use crate::execute::stack::{finished, settled, stack_failure};
use crate::execute::stack_events;

pub async fn tag(context: &Context<'_>, name: &str, tags: &BTreeMap<String, String>) -> Result<String, Failure> {
    let doing = format!("tag stack `{name}`");
    let Some(stack) = settled(context, name).await? else {
        return Err(Failure::new("plan/stale", doing, "it does not exist any more"));
    };
    let id = stack.stack_id.clone().unwrap_or_default();
    let mark = stack_events::mark(context, &id).await?;
    if !update(context, &stack, tags, &doing).await? {
        return Ok("carries our tags already".into());
    }
    match finished(context, &id, &mark, &doing).await? {
        StackStatus::UpdateComplete => Ok(super::TAGGED.into()),
        status => Err(stack_failure(context, &mark, &doing, &status).await),
    }
}

/// False when CloudFormation sees nothing to change.
async fn update(
    context: &Context<'_>,
    stack: &Stack,
    tags: &BTreeMap<String, String>,
    doing: &str,
) -> Result<bool, Failure> {
    let tags = tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
    let names = stack.parameters().iter().filter_map(|parameter| parameter.parameter_key());
    let request = context
        .clients
        .cloudformation()
        .update_stack()
        .set_stack_name(stack.stack_id.clone())
        .use_previous_template(true)
        .set_parameters(Some(names.map(unchanged).collect()))
        .set_capabilities(Some(vec![Capability::CapabilityNamedIam, Capability::CapabilityAutoExpand]))
        .set_role_arn(context.settings.aws.cloudformation_role.clone())
        .client_request_token(context.token("adopt"))
        .set_tags(Some(tags.collect()));
    match request.send().await {
        Ok(_) => Ok(true),
        Err(error) => match Trouble::from(error) {
            trouble if trouble.message.contains("No updates are to be performed") => Ok(false),
            trouble => Err(trouble.failure(doing)),
        },
    }
}

/// A parameter that keeps its value.
pub fn unchanged(name: &str) -> Parameter {
    Parameter::builder().parameter_key(name).use_previous_value(true).build()
}
