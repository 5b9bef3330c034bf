//! Entry point of the tool function's image.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;
use tools::{BedrockModel, LazyClient, Model, Tools};

/// musl's own allocator maps and unmaps memory for every few pages of an answer.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

#[tokio::main]
async fn main() -> Result<(), Error> {
    tools::prepare();
    let settings = tools::settings();
    let reader = settings.as_ref().map(LazyClient::new).unwrap_or_default();
    let nested = settings.as_ref().ok().and_then(|settings| settings.nested_model.as_ref());
    let model = nested.map(|nested| BedrockModel::new(nested.model_id.clone()));
    let model = model.as_ref().map(|model| model as &dyn Model);
    let tools = settings.map(|settings| Tools { settings, reader: &reader, model });
    lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| tools::handle(event, &tools))).await
}
