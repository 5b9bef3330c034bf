//! Secrets that are read from Secrets Manager, in a wrapper that Debug cannot print.

use deployer_core::Failure;
use deployer_image::Secret;

use crate::Clients;
use crate::errors::failed;

/// The current value of the secret with this name or ARN.
///
/// Errors: the codes of every AWS call; `aws/failed` when the secret is binary.
pub async fn read(clients: &Clients, name: &str) -> Result<Secret, Failure> {
    let doing = format!("read secret `{name}` from Secrets Manager");
    let answer = clients.secretsmanager().get_secret_value().secret_id(name).send().await;
    let answer = answer.map_err(failed(&doing)).map_err(|failure| clients.advise(failure))?;
    match answer.secret_string {
        Some(value) => Ok(Secret::new(value)),
        None => Err(Failure::new("aws/failed", doing, "it holds binary data, not a string")),
    }
}
