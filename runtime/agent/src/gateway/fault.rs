//! What the MCP client's errors mean to us.

use std::error::Error;

use rmcp::ServiceError;
use rmcp::model::ErrorData;
use rmcp::service::ClientInitializeError;
use rmcp::transport::streamable_http_client::{
    AuthRequiredError, HttpStatusError, InsufficientScopeError, StreamableHttpError,
};

use crate::failure::{Code, Failure};

/// JSON-RPC code of "Missing Bearer token" and "Invalid Bearer token" at an AgentCore gateway.
const BEARER_REFUSED: i32 = -32001;

const NOT_MCP: &str = "the answer is not MCP";

pub fn timeout(doing: &str) -> Failure {
    Failure::new(Code::GatewayTimeout, format!("{doing}: the gateway did not answer in time")).hint("ask again")
}

pub fn of_connecting(error: &ClientInitializeError) -> Failure {
    let doing = "connect to the gateway";
    match error {
        ClientInitializeError::TransportError { error, .. } => of_transport(doing, error.error.as_ref()),
        ClientInitializeError::JsonRpcError(error) => of_answer(doing, error),
        other => Failure::new(Code::GatewayUnavailable, format!("{doing}: {}", without_content(other))),
    }
}

pub fn of_request(doing: &str, error: &ServiceError) -> Failure {
    match error {
        ServiceError::TransportSend(error) => of_transport(doing, error.error.as_ref()),
        ServiceError::McpError(error) => of_answer(doing, error),
        other => Failure::new(Code::GatewayUnavailable, format!("{doing}: {other}")),
    }
}

fn of_answer(doing: &str, error: &ErrorData) -> Failure {
    if error.code.0 == BEARER_REFUSED {
        return unauthorized(&format!("{doing}: {}", error.message));
    }
    Failure::new(Code::GatewayUnavailable, format!("{doing}: {} ({})", error.message, error.code.0))
}

fn of_transport(doing: &str, error: &(dyn Error + 'static)) -> Failure {
    let chain = chain_of(error);
    let status = chain.iter().find_map(|error| status_of(*error));
    match status {
        Some(401) => unauthorized(&format!("{doing}: the gateway refused the access token")),
        Some(403) => Failure::new(Code::GatewayForbidden, format!("{doing}: the access token allows too little"))
            .hint("log in with the scopes that the gateway asks for"),
        Some(429) => Failure::new(Code::GatewayThrottled, format!("{doing}: the gateway is throttled"))
            .hint("wait a moment and ask again"),
        Some(status) => Failure::new(Code::GatewayUnavailable, format!("{doing}: the gateway answered HTTP {status}"))
            .hint("ask again"),
        None => Failure::new(Code::GatewayUnavailable, format!("{doing}: {}", cause_of(&chain)))
            .hint("check that the gateway is there: `deployer status`"),
    }
}

fn status_of(error: &(dyn Error + 'static)) -> Option<u16> {
    if error.is::<AuthRequiredError>() {
        return Some(401);
    }
    if error.is::<InsufficientScopeError>() {
        return Some(403);
    }
    if let Some(error) = error.downcast_ref::<HttpStatusError>() {
        return Some(error.status);
    }
    match error.downcast_ref::<StreamableHttpError<reqwest::Error>>() {
        Some(StreamableHttpError::HttpStatus(error)) => Some(error.status),
        // A refusal without a challenge arrives as text: "HTTP 401 Unauthorized: ...".
        Some(StreamableHttpError::UnexpectedServerResponse(text)) => {
            text.strip_prefix("HTTP ").and_then(|rest| rest.get(..3)).and_then(|status| status.parse().ok())
        }
        _ => None,
    }
}

fn chain_of<'a>(error: &'a (dyn Error + 'static)) -> Vec<&'a (dyn Error + 'static)> {
    let mut chain = vec![error];
    let mut next = source_of(error);
    while let Some(cause) = next {
        chain.push(cause);
        next = source_of(cause);
    }
    chain
}

/// The transport keeps its HTTP client's error without naming it as its source.
fn source_of<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<StreamableHttpError<reqwest::Error>>() {
        Some(StreamableHttpError::Client(cause)) => Some(cause),
        _ => error.source(),
    }
}

/// The innermost cause, which for a failed connection is the operating system's. An answer that is
/// not MCP is named and not quoted, since it can hold what a tool said.
fn cause_of(chain: &[&(dyn Error + 'static)]) -> String {
    let Some(innermost) = chain.last() else { return "unknown".into() };
    match innermost.downcast_ref::<StreamableHttpError<reqwest::Error>>() {
        Some(StreamableHttpError::UnexpectedServerResponse(_)) => NOT_MCP.into(),
        _ => innermost.to_string(),
    }
}

/// Initialization errors print whole answers; their names say enough.
fn without_content(error: &ClientInitializeError) -> &'static str {
    match error {
        ClientInitializeError::ConnectionClosed(_) => "the connection was closed",
        ClientInitializeError::NoCompatibleProtocolVersion { .. } => "no common MCP protocol version",
        ClientInitializeError::Cancelled => "cancelled",
        _ => NOT_MCP,
    }
}

fn unauthorized(message: &str) -> Failure {
    Failure::new(Code::GatewayUnauthorized, message).hint("the token is missing or expired: log in again")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transport(error: StreamableHttpError<reqwest::Error>) -> Failure {
        of_transport("list the tools", &error)
    }

    #[test]
    fn a_challenged_and_an_unchallenged_401_mean_the_token() {
        let challenged = StreamableHttpError::AuthRequired(AuthRequiredError::new("Bearer".into()));
        assert_eq!(transport(challenged).code, Code::GatewayUnauthorized);
        let bare = StreamableHttpError::UnexpectedServerResponse("HTTP 401 Unauthorized: {}".into());
        assert_eq!(transport(bare).code, Code::GatewayUnauthorized);
    }

    #[test]
    fn an_answer_that_is_not_mcp_is_not_quoted() {
        let strange = StreamableHttpError::UnexpectedServerResponse("invalid JSON: top secret".into());
        assert_eq!(transport(strange).message, "list the tools: the answer is not MCP");
    }

    #[test]
    fn throttles_and_server_errors_keep_their_class() {
        let throttled = StreamableHttpError::HttpStatus(HttpStatusError::new(429, None));
        assert_eq!(transport(throttled).code, Code::GatewayThrottled);
        let broken = StreamableHttpError::HttpStatus(HttpStatusError::new(500, None));
        assert_eq!(transport(broken).code, Code::GatewayUnavailable);
    }
}
