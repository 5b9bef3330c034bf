//! The connection file: made from what is deployed, kept in the user's config folder.

use std::path::PathBuf;

use contract::Connection;
use deployer_core::render::OUTPUT_FUNCTION_URL;
use deployer_core::resource::Resource;
use deployer_core::{Fact, Failure, Observed, StepId};
use etcetera::{BaseStrategy, choose_base_strategy};

use crate::session::Session;

/// How to reach the deployed agent. Fails with `run/not-deployed` where there is
/// none, with `run/unreadable` where that cannot be told.
pub fn of(session: &Session, observed: &Observed) -> Result<Connection, Failure> {
    let environment = &session.settings.environment;
    if let Some(gap) = observed.application.gap().or(observed.gateway.gap()) {
        return Err(Failure::new(
            "run/unreadable",
            format!("find the agent of environment {environment}"),
            &gap.message,
        )
        .with_hint("allow the read and run the command again"));
    }
    let function_url = function_url(observed).ok_or_else(|| not_deployed(environment, "it has no function URL"))?;
    let gateway = observed.gateway.present().ok_or_else(|| not_deployed(environment, "it has no gateway"))?;
    let issuer = &session.settings.issuer;
    Ok(Connection {
        version: Connection::VERSION,
        environment: environment.clone(),
        region: session.settings.aws.region.clone(),
        function_url: session.reachable(function_url),
        gateway_url: gateway.url.clone(),
        issuer: issuer.identifier().unwrap_or_default().to_string(),
        client_id: issuer.chat_client_id.clone(),
        scopes: issuer.scopes.clone(),
        redirect_port: issuer.redirect_port,
        local: session.platform.is_some(),
    })
}

/// The agent's function URL as Lambda has it now; as its stack reports it where Lambda could not be asked.
pub fn function_url(observed: &Observed) -> Option<&str> {
    match observed.of_stack(StepId::AgentUrl) {
        Fact::Present(Resource::FunctionUrl(url)) => url.address.as_deref(),
        Fact::Unknown(_) => observed.application.present()?.outputs.get(OUTPUT_FUNCTION_URL).map(String::as_str),
        Fact::Present(_) | Fact::Absent => None,
    }
}

/// The form that is written and printed.
pub fn to_text(connection: &Connection) -> String {
    let text = serde_json::to_string_pretty(connection).expect("a connection holds only strings and numbers");
    format!("{text}\n")
}

/// Writes the file unless it already says the same.
pub fn write(connection: &Connection) -> Result<PathBuf, Failure> {
    let path = path(&connection.environment)?;
    let text = to_text(connection);
    if std::fs::read_to_string(&path).is_ok_and(|found| found == text) {
        return Ok(path);
    }
    let failed = |error| Failure::new("run/connection-file", format!("write {}", path.display()), error);
    std::fs::create_dir_all(path.parent().expect("the path has a folder")).map_err(failed)?;
    let draft = path.with_extension("json.new");
    std::fs::write(&draft, text).and_then(|()| std::fs::rename(&draft, &path)).map_err(failed)?;
    Ok(path)
}

/// Removes the file of an environment that is gone.
pub fn remove(environment: &str) -> Result<(), Failure> {
    let path = path(environment)?;
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::new("run/connection-file", format!("remove {}", path.display()), error))
        }
        _ => Ok(()),
    }
}

pub fn path(environment: &str) -> Result<PathBuf, Failure> {
    let folders = choose_base_strategy()
        .map_err(|error| Failure::new("run/connection-file", "find the user's config folder", error))?;
    Ok(folders.config_dir().join(Connection::DIRECTORY).join(Connection::file_name(environment)))
}

fn not_deployed(environment: &str, cause: &str) -> Failure {
    Failure::new("run/not-deployed", format!("find the agent of environment {environment}"), cause)
        .with_hint(format!("`deployer up --env {environment}` deploys it"))
}
