//! Entry point of the tool function's image.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;
use tools::LazyClient;

#[tokio::main]
async fn main() -> Result<(), Error> {
    tools::prepare();
    let reader = LazyClient::default();
    lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| tools::handle(event, &reader))).await
}
