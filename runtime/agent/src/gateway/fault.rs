//! What the MCP client's errors mean to us: a failure, and whether to try again.

use std::error::Error;
use std::time::Duration;

use rmcp::ServiceError;
use rmcp::model::{ErrorCode, ErrorData};
use rmcp::service::ClientInitializeError;
use rmcp::transport::streamable_http_client::{
    AuthRequiredError, HttpStatusError, InsufficientScopeError, StreamableHttpError,
};

use super::mcp::LARGEST_ANSWER;
use crate::failure::{Code, Failure};

/// JSON-RPC code of "Missing Bearer token" and "Invalid Bearer token" at an AgentCore gateway.
pub const BEARER_REFUSED: i32 = -32001;

const NOT_MCP: &str = "the answer is not MCP";

/// A failed attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub failure: Failure,
    pub again: Again,
}

/// Whether another attempt may succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    Never,
    Later,
    /// Not before this time has passed, says the gateway.
    After(Duration),
}

impl Fault {
    fn lasting(failure: Failure) -> Self {
        Self { failure, again: Again::Never }
    }

    fn passing(failure: Failure) -> Self {
        Self { failure, again: Again::Later }
    }
}

pub fn timeout(doing: &str) -> Failure {
    Failure::new(Code::GatewayTimeout, format!("{doing}: the gateway did not answer in time")).hint("ask again")
}

pub fn no_common_version() -> Failure {
    let message = "connect to the gateway: it accepts no version of MCP that this agent knows";
    Failure::new(Code::GatewayUnavailable, message).hint("compare the gateway's supportedVersions with the agent's")
}

/// Why no connection was opened.
pub fn of_connecting(error: &ClientInitializeError) -> Fault {
    let doing = "connect to the gateway";
    match error {
        ClientInitializeError::TransportError { error, .. } => of_transport(doing, error.error.as_ref()),
        ClientInitializeError::JsonRpcError(error) => of_answer(doing, error),
        ClientInitializeError::ConnectionClosed(_) => Fault::passing(unavailable(doing, "the connection was closed")),
        _ => Fault::lasting(unavailable(doing, NOT_MCP)),
    }
}

/// Why a request on an open connection failed.
pub fn of_request(doing: &str, error: &ServiceError) -> Fault {
    match error {
        ServiceError::TransportSend(error) => of_transport(doing, error.error.as_ref()),
        ServiceError::McpError(error) => of_answer(doing, error),
        ServiceError::TransportClosed => Fault::passing(unavailable(doing, "the connection was closed")),
        _ => Fault::lasting(unavailable(doing, NOT_MCP)),
    }
}

/// An error that the gateway told in JSON-RPC. A server error keeps its JSON and loses its HTTP
/// status on the way here; JSON-RPC's own code for it remains.
fn of_answer(doing: &str, error: &ErrorData) -> Fault {
    if error.code.0 == BEARER_REFUSED {
        return unauthorized(doing);
    }
    let failure = unavailable(doing, &format!("{} ({})", brief(&error.message), error.code.0));
    if error.code == ErrorCode::INTERNAL_ERROR { Fault::passing(failure) } else { Fault::lasting(failure) }
}

/// The gateway's words on one line: they go to the user and to the model.
fn brief(message: &str) -> String {
    message.chars().filter(|char| !char.is_control()).take(500).collect()
}

fn of_transport(doing: &str, error: &(dyn Error + 'static)) -> Fault {
    let chain = chain_of(error);
    if let Some(refused) = chain.iter().find_map(|error| error.downcast_ref::<InsufficientScopeError>()) {
        return forbidden(doing, refused.get_required_scope());
    }
    match chain.iter().find_map(|error| status_of(*error)) {
        Some(401) => unauthorized(doing),
        Some(403) => forbidden(doing, None),
        Some(429) => Fault { failure: throttled(doing), again: wish_of(&chain) },
        Some(status @ 500..) => Fault {
            failure: unavailable(doing, &format!("the gateway answered HTTP {status}")),
            again: wish_of(&chain),
        },
        Some(status) => Fault::lasting(unavailable(doing, &format!("the gateway answered HTTP {status}"))),
        None => without_status(doing, &chain),
    }
}

/// No answer at all, or one that cannot be used.
fn without_status(doing: &str, chain: &[&(dyn Error + 'static)]) -> Fault {
    let broken = chain.iter().find_map(|error| error.downcast_ref::<StreamableHttpError<reqwest::Error>>());
    match broken {
        Some(StreamableHttpError::ResponseBodyTooLarge { .. }) => {
            let megabytes = LARGEST_ANSWER / 1024 / 1024;
            Fault::lasting(
                unavailable(doing, &format!("the answer is larger than {megabytes} MiB")).hint("ask for less"),
            )
        }
        Some(StreamableHttpError::UnexpectedServerResponse(_) | StreamableHttpError::UnexpectedContentType(_)) => {
            Fault::lasting(unavailable(doing, NOT_MCP))
        }
        _ => Fault::passing(
            unavailable(doing, &innermost(chain)).hint("check that the gateway is there: `deployer status`"),
        ),
    }
}

/// `Retry-After` in seconds; its other form, a date, is not followed.
fn wish_of(chain: &[&(dyn Error + 'static)]) -> Again {
    let status = chain.iter().find_map(|error| http_status(*error));
    let seconds = status.and_then(|status| status.retry_after.as_deref()?.trim().parse().ok());
    seconds.map_or(Again::Later, |seconds| Again::After(Duration::from_secs(seconds)))
}

fn http_status<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a HttpStatusError> {
    match error.downcast_ref::<StreamableHttpError<reqwest::Error>>() {
        Some(StreamableHttpError::HttpStatus(status)) => Some(status),
        _ => error.downcast_ref(),
    }
}

fn status_of(error: &(dyn Error + 'static)) -> Option<u16> {
    if error.is::<AuthRequiredError>() {
        return Some(401);
    }
    if let Some(status) = http_status(error) {
        return Some(status.status);
    }
    match error.downcast_ref::<StreamableHttpError<reqwest::Error>>() {
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

/// The innermost cause, which for a failed connection is the operating system's.
fn innermost(chain: &[&(dyn Error + 'static)]) -> String {
    chain.last().map_or_else(|| "unknown".into(), ToString::to_string)
}

fn unavailable(doing: &str, why: &str) -> Failure {
    Failure::new(Code::GatewayUnavailable, format!("{doing}: {why}")).hint("ask again")
}

fn throttled(doing: &str) -> Failure {
    Failure::new(Code::GatewayThrottled, format!("{doing}: the gateway is throttled"))
        .hint("wait a moment and ask again")
}

fn unauthorized(doing: &str) -> Fault {
    let message = format!("{doing}: the access token expired or is not accepted by the gateway");
    Fault::lasting(Failure::new(Code::GatewayUnauthorized, message).hint("log in again: `chat login`"))
}

fn forbidden(doing: &str, scope: Option<&str>) -> Fault {
    let hint = match scope.map(readable_scope).filter(|scope| !scope.is_empty()) {
        Some(scope) => format!("log in with the scope that the gateway asks for: {scope}"),
        None => "log in with the scopes that the gateway asks for".to_owned(),
    };
    let message = format!("{doing}: the access token allows too little");
    Fault::lasting(Failure::new(Code::GatewayForbidden, message).hint(hint))
}

/// A scope as far as it holds what scopes may hold (RFC 6749, section 3.3).
fn readable_scope(scope: &str) -> String {
    scope.chars().filter(|char| (' '..='~').contains(char) && !"\"\\".contains(*char)).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transport(error: StreamableHttpError<reqwest::Error>) -> Fault {
        of_transport("list the tools", &error)
    }

    #[test]
    fn a_challenged_and_an_unchallenged_401_mean_the_token() {
        let challenged = StreamableHttpError::AuthRequired(AuthRequiredError::new("Bearer".into()));
        let bare = StreamableHttpError::UnexpectedServerResponse("HTTP 401 Unauthorized: {}".into());
        for error in [challenged, bare] {
            let fault = transport(error);
            assert_eq!((fault.failure.code, fault.again), (Code::GatewayUnauthorized, Again::Never));
            assert!(fault.failure.hint.unwrap().contains("log in"));
        }
    }

    #[test]
    fn too_little_scope_names_the_scope() {
        let error = InsufficientScopeError::new("Bearer".into(), Some("ops/read\u{1b}[2J".into()));
        let failure = transport(StreamableHttpError::InsufficientScope(error)).failure;
        assert_eq!(failure.code, Code::GatewayForbidden);
        assert_eq!(failure.hint.unwrap(), "log in with the scope that the gateway asks for: ops/read[2J");
    }

    #[test]
    fn an_answer_that_is_not_mcp_is_not_quoted() {
        let strange = StreamableHttpError::UnexpectedServerResponse("invalid JSON: top secret".into());
        assert_eq!(transport(strange).failure.message, "list the tools: the answer is not MCP");
    }

    #[test]
    fn the_gateways_words_stay_brief() {
        let error = ErrorData::invalid_params(format!("\u{1b}[2J{}", "x".repeat(1000)), None);
        let fault = of_answer("call tool t", &error);
        assert_eq!(fault.failure.message, format!("call tool t: [2J{} (-32602)", "x".repeat(497)));
        assert_eq!(fault.again, Again::Never);
    }

    #[test]
    fn throttles_and_server_errors_pass_and_keep_their_class() {
        let throttled = transport(StreamableHttpError::HttpStatus(HttpStatusError::new(429, Some("2".into()))));
        assert_eq!(throttled.failure.code, Code::GatewayThrottled);
        assert_eq!(throttled.again, Again::After(Duration::from_secs(2)));
        let broken = transport(StreamableHttpError::HttpStatus(HttpStatusError::new(500, None)));
        assert_eq!((broken.failure.code, broken.again), (Code::GatewayUnavailable, Again::Later));
    }

    #[test]
    fn a_redirect_is_told_and_not_followed() {
        let redirect = StreamableHttpError::UnexpectedServerResponse("HTTP 302 Found: ".into());
        let fault = transport(redirect);
        assert_eq!(fault.failure.message, "list the tools: the gateway answered HTTP 302");
        assert_eq!(fault.again, Again::Never);
    }
}
