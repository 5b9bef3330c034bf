//! Single links of the chain, for who wants to try them one by one.

use chat::AgentClient;
use contract::Connection;
use deployer_core::Failure;

use crate::agent;
use crate::gateway::Gateway;
use crate::walk::given_token;

/// The gateway accepts the token and offers exactly the catalogue's tools.
/// Errors: `smoke/gateway`, `smoke/tool-list`.
pub async fn lists_tools(gateway_url: &str, token: &str) -> Result<String, Failure> {
    let listing = async { Gateway::connect(gateway_url, token).await?.lists_the_catalogue().await };
    listing.await.map_err(plainly)
}

/// The agent's own report, through its function URL. Errors: `smoke/health`.
pub async fn reports_health(connection: &Connection, profile: Option<String>) -> Result<String, Failure> {
    let client = client(connection, profile, None).await?;
    agent::is_healthy(&client).await.map_err(plainly)
}

/// One question with its answer; its conversation is deleted again.
/// Errors: `smoke/chat`, `smoke/conversation`.
pub async fn answers_a_question(
    connection: &Connection,
    profile: Option<String>,
    token: &str,
) -> Result<String, Failure> {
    let client = client(connection, profile, Some(token)).await?;
    let conversation_id = format!("doctor-{}", uuid::Uuid::new_v4().simple());
    let answer = agent::answers(&client, &conversation_id).await;
    let forgotten = agent::forgets(&client, &conversation_id).await;
    let answer = answer.map_err(plainly)?;
    forgotten.map_err(plainly)?;
    Ok(answer)
}

async fn client(connection: &Connection, profile: Option<String>, token: Option<&str>) -> Result<AgentClient, Failure> {
    let token = token.map(given_token).transpose().map_err(plainly)?;
    let client = AgentClient::unattended(connection, profile, token).await;
    client.map_err(|error| Failure::new("smoke/health", "prepare a client of the agent", error.detail().message))
}

/// The same failure, outside of a smoke test.
fn plainly(failure: Failure) -> Failure {
    let doing = failure.doing.strip_prefix("smoke test: ").unwrap_or(&failure.doing).to_string();
    Failure { doing, ..failure }
}
