//! Opens a connection in whatever version of MCP the gateway accepts.
//!
//! AgentCore knows four versions (developer guide, "Use an AgentCore gateway"), and a gateway
//! accepts those of its configuration. The newest, 2026-07-28, has no handshake: one
//! `server/discover` says whether the gateway and the token are good. The others open with
//! `initialize` and a notification, two requests. A gateway that refuses a version is asked in
//! an older one; what it accepted is remembered for the next connection, so that a process
//! finds it out once. No version holds anything of a user.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rmcp::model::{ClientCapabilities, ClientConfig, ErrorCode, ErrorData, Implementation, ProtocolVersion};
use rmcp::service::{ClientInitializeError, RunningService};
use rmcp::{ClientLifecycleMode, ClientServiceExt, RoleClient};
use serde_json::Value;

use super::attempts::Attempts;
use super::fault::{self, BEARER_REFUSED, Fault};
use super::mcp::Transport;
use crate::failure::Failure;

/// In the order in which they are asked for.
const VERSIONS: [ProtocolVersion; 4] = [
    ProtocolVersion::V_2026_07_28,
    ProtocolVersion::V_2025_11_25,
    ProtocolVersion::V_2025_06_18,
    ProtocolVersion::V_2025_03_26,
];

/// An open MCP connection of one user.
pub type Connection = RunningService<RoleClient, ClientConfig>;

/// The version that the gateway accepted last.
#[derive(Debug, Default)]
pub struct Handshake(Mutex<Option<ProtocolVersion>>);

enum Answer {
    Connected(Connection),
    /// The gateway wants another version; one of these, when it says so.
    Other(Vec<ProtocolVersion>),
}

impl Handshake {
    /// Connects over a transport, which is made anew for every attempt.
    pub async fn open(&self, attempts: Attempts, transport: impl Fn() -> Transport) -> Result<Connection, Failure> {
        let mut tried = Vec::new();
        let mut next = self.remembered().or_else(|| untried(&tried, &[]));
        while let Some(version) = next {
            match attempts.run(|| connect(transport(), version.clone())).await? {
                Answer::Connected(connection) => return self.accepted(connection),
                Answer::Other(supported) => {
                    tried.push(version);
                    next = untried(&tried, &supported);
                }
            }
        }
        Err(fault::no_common_version())
    }

    fn remembered(&self) -> Option<ProtocolVersion> {
        self.lock().clone()
    }

    /// A gateway may answer `initialize` with another version than the one asked for; it must be one we know.
    fn accepted(&self, connection: Connection) -> Result<Connection, Failure> {
        let version = connection.peer_info().map(|info| info.protocol_version.clone());
        match version.filter(|version| VERSIONS.contains(version)) {
            Some(version) => *self.lock() = Some(version),
            None => return Err(fault::no_common_version()),
        }
        Ok(connection)
    }

    fn lock(&self) -> MutexGuard<'_, Option<ProtocolVersion>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The newest version that was not tried and that the gateway, where it says so, accepts.
fn untried(tried: &[ProtocolVersion], supported: &[ProtocolVersion]) -> Option<ProtocolVersion> {
    let is_offered = |version: &&ProtocolVersion| supported.is_empty() || supported.contains(version);
    VERSIONS.iter().filter(|version| !tried.contains(version)).find(is_offered).cloned()
}

async fn connect(transport: Transport, version: ProtocolVersion) -> Result<Answer, Fault> {
    let lifecycle = match version.has_initialize() {
        true => ClientLifecycleMode::Initialize,
        false => ClientLifecycleMode::Discover { preferred_versions: vec![version.clone()] },
    };
    match client(version).serve_with_lifecycle(transport, lifecycle).await {
        Ok(connection) => Ok(Answer::Connected(connection)),
        Err(error) => other_versions(&error).map(Answer::Other).ok_or_else(|| fault::of_connecting(&error)),
    }
}

fn client(version: ProtocolVersion) -> ClientConfig {
    let name = Implementation::new("aws-operations-agent", env!("CARGO_PKG_VERSION"));
    ClientConfig::new(ClientCapabilities::default(), name).with_protocol_version(version)
}

/// The versions that the gateway wants instead, perhaps none that it names; None when the version is not at fault.
fn other_versions(error: &ClientInitializeError) -> Option<Vec<ProtocolVersion>> {
    match error {
        ClientInitializeError::NoCompatibleProtocolVersion { server_supported, .. } => Some(server_supported.clone()),
        // An answer in another form than the version's own.
        ClientInitializeError::ExpectedInitResult(_) => Some(Vec::new()),
        ClientInitializeError::JsonRpcError(error) if may_be_of_the_version(error) => Some(supported_of(error)),
        _ => None,
    }
}

/// A gateway that does not know `server/discover`, or not the version asked for, answers with one of
/// several errors. Only a refused token and a failure of the gateway's own are surely something else.
fn may_be_of_the_version(error: &ErrorData) -> bool {
    error.code.0 != BEARER_REFUSED && error.code != ErrorCode::INTERNAL_ERROR
}

/// What MCP's errors about versions hold ("Version negotiation").
fn supported_of(error: &ErrorData) -> Vec<ProtocolVersion> {
    let supported = error.data.as_ref().and_then(|data| data.get("supported"));
    let all = supported.and_then(Value::as_array).into_iter().flatten();
    all.filter_map(|version| serde_json::from_value(version.clone()).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_newest_version_that_both_know_comes_next() {
        let tried = [ProtocolVersion::V_2026_07_28];
        assert_eq!(untried(&tried, &[]), Some(ProtocolVersion::V_2025_11_25));
        assert_eq!(untried(&tried, &[ProtocolVersion::V_2025_06_18]), Some(ProtocolVersion::V_2025_06_18));
        assert_eq!(untried(&tried, &[ProtocolVersion::V_2024_11_05]), None);
    }

    #[test]
    fn an_error_says_which_versions_are_supported() {
        let data = json!({"supported": ["2025-03-26", "2025-06-18"], "requested": "2025-11-25"});
        let error = ErrorData::new(ErrorCode::INVALID_PARAMS, "Unsupported protocol version", Some(data));
        assert_eq!(supported_of(&error), [ProtocolVersion::V_2025_03_26, ProtocolVersion::V_2025_06_18]);
    }
}
