//! A function's state, which says whether it can be called.

use deployer_core::Failure;
use deployer_core::doctor::FunctionState;

use crate::Clients;
use crate::errors::found;

/// None where there is no such function.
pub async fn function_state(clients: &Clients, name: &str) -> Result<Option<FunctionState>, Failure> {
    let answer = found(clients.lambda().get_function().function_name(name).send().await);
    let answer = answer.map_err(|trouble| clients.advise(trouble.failure(format!("read function {name}"))))?;
    let configuration = answer.and_then(|answer| answer.configuration);
    Ok(configuration.map(|found| FunctionState {
        state: found.state.map(|state| state.as_str().to_string()).unwrap_or_default(),
        state_reason: found.state_reason,
        last_update: found.last_update_status.map(|status| status.as_str().to_string()),
        last_update_reason: found.last_update_status_reason,
    }))
}
