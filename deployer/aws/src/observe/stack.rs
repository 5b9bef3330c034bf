//! One CloudFormation stack: its status, template, parameters, outputs and tags.

use aws_sdk_cloudformation::types::{Stack, StackStatus, TemplateStage};
use deployer_core::observed::{Fact, ObservedStack};

use crate::Clients;
use crate::errors::{Trouble, found};

pub async fn observe(clients: &Clients, name: String) -> Fact<ObservedStack> {
    super::fact(read(clients, &name).await)
}

async fn read(clients: &Clients, name: &str) -> Result<Option<ObservedStack>, Trouble> {
    let answer = clients.cloudformation().describe_stacks().stack_name(name).send().await;
    let stack = found(answer)?.and_then(|answer| answer.stacks.unwrap_or_default().into_iter().next());
    let Some(stack) = stack.filter(|stack| stack.stack_status != Some(StackStatus::DeleteComplete)) else {
        return Ok(None);
    };
    let template = template(clients, &stack).await?;
    Ok(Some(observed(stack, template)))
}

/// As it was submitted. A stack in review has none yet; one that goes away between the two reads has none any more.
async fn template(clients: &Clients, stack: &Stack) -> Result<String, Trouble> {
    if stack.stack_status == Some(StackStatus::ReviewInProgress) {
        return Ok(String::new());
    }
    let id = stack.stack_id.clone().unwrap_or_default();
    let request = clients.cloudformation().get_template().stack_name(id).template_stage(TemplateStage::Original);
    Ok(found(request.send().await)?.and_then(|answer| answer.template_body).unwrap_or_default())
}

fn observed(stack: Stack, template: String) -> ObservedStack {
    let pairs = |key: Option<String>, value: Option<String>| Some((key?, value.unwrap_or_default()));
    ObservedStack {
        id: stack.stack_id.unwrap_or_default(),
        status: stack.stack_status.map(|status| status.as_str().to_string()).unwrap_or_default(),
        status_reason: stack.stack_status_reason.filter(|reason| !reason.is_empty()),
        template,
        parameters: stack
            .parameters
            .unwrap_or_default()
            .into_iter()
            .filter_map(|parameter| pairs(parameter.parameter_key, parameter.parameter_value))
            .collect(),
        outputs: stack
            .outputs
            .unwrap_or_default()
            .into_iter()
            .filter_map(|output| pairs(output.output_key, output.output_value))
            .collect(),
        tags: stack.tags.unwrap_or_default().into_iter().filter_map(|tag| pairs(tag.key, tag.value)).collect(),
    }
}
