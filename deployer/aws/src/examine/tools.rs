//! Asks the running tool function which tools it answers.

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use contract::tool_listing::{self, ToolListing};
use deployer_core::desired::ToolDefinition;
use deployer_core::{Failure, Settings};

use crate::Clients;
use crate::errors::found;

/// The tools that the tool function was built with; None where there is no function.
///
/// Errors: those of the call; `tools/no-listing` when the function fails or is
/// of a version that cannot be asked.
pub async fn running_tools(clients: &Clients, settings: &Settings) -> Result<Option<Vec<ToolDefinition>>, Failure> {
    let function = settings.names().tool_function();
    let doing = format!("ask function {function} for its tools");
    let request = clients
        .lambda()
        .invoke()
        .function_name(&function)
        .invocation_type(InvocationType::RequestResponse)
        .payload(Blob::new(tool_listing::request().to_string()));
    let answer = found(request.send().await).map_err(|trouble| clients.advise(trouble.failure(&doing)))?;
    let Some(answer) = answer else { return Ok(None) };
    let payload = answer.payload.map(Blob::into_inner).unwrap_or_default();
    match answer.function_error {
        Some(error) => Err(no_listing(doing, format!("it failed: {error}"))),
        None => listed(&payload).map(Some).map_err(|cause| no_listing(doing, cause)),
    }
}

fn listed(payload: &[u8]) -> Result<Vec<ToolDefinition>, String> {
    let listing: ToolListing =
        serde_json::from_slice(payload).map_err(|_| "it answers as a version that cannot be asked".to_string())?;
    Ok(listing.tools.iter().map(ToolDefinition::from).collect())
}

fn no_listing(doing: String, cause: String) -> Failure {
    Failure::new("tools/no-listing", doing, cause).with_hint("`deployer up` deploys the present version")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_aws::{Answer, FakeAws};

    #[tokio::test]
    async fn the_functions_own_catalogue_is_read() {
        let listing = serde_json::to_string(&ToolListing::of_catalogue()).unwrap();
        let aws = FakeAws::answering([("POST /2015-03-31/functions/", Answer::ok(listing))]).await;
        let tools = running_tools(&aws.clients().await, &crate::samples::settings()).await.unwrap().unwrap();
        assert_eq!(tools.len(), contract::catalogue().len());
        let request = &aws.calls()[0];
        assert_eq!(request.headers["x-amz-invocation-type"], "RequestResponse");
        assert_eq!(request.body, r#"{"list_tools":true}"#);
    }

    #[tokio::test]
    async fn an_older_function_and_a_missing_one_are_told_apart() {
        let older = r#"{"success": false, "tool": "", "error": "the call names no tool", "timestamp": "x"}"#;
        let aws = FakeAws::answering([("POST /2015-03-31/functions/", Answer::ok(older))]).await;
        let failure = running_tools(&aws.clients().await, &crate::samples::settings()).await.unwrap_err();
        assert_eq!(failure.code, "tools/no-listing");
        let missing = Answer::refused(404, "ResourceNotFoundException", "Function not found");
        let aws = FakeAws::answering([("POST /2015-03-31/functions/", missing)]).await;
        assert_eq!(running_tools(&aws.clients().await, &crate::samples::settings()).await, Ok(None));
    }
}
