//! The port: a token opens a session, a session lists and calls tools.

use contract::chat::ListedTool;
use futures::future::BoxFuture;
use serde_json::{Map, Value};

use super::KeptTools;
use crate::failure::Failure;
use crate::telemetry::TraceContext;
use crate::token::Token;

/// What the gateway does; it fails with `gateway/*`.
pub type GatewayFuture<'a, T> = BoxFuture<'a, Result<T, Failure>>;

/// Where tools come from.
pub trait Gateway: Send + Sync {
    /// Opens a session with this user's token and lists all tools, unless they were `kept`. A token
    /// that the gateway refuses is an error either way. The session serves one request and is
    /// never shared.
    fn connect<'a>(
        &'a self,
        token: &'a Token,
        trace: &'a TraceContext,
        kept: Option<KeptTools>,
    ) -> GatewayFuture<'a, Box<dyn ToolSession>>;

    /// True when the gateway answers at all; needs no token.
    fn is_reachable(&self) -> BoxFuture<'_, bool>;
}

/// One user's tools for one request.
pub trait ToolSession: Send + Sync {
    fn tools(&self) -> &[ListedTool];

    /// Calls a tool by its full name. An error is the gateway's; a tool that
    /// failed is an output with `success: false`. A token that expired since the session
    /// was opened is `gateway/unauthorized`: every later call fails like this one.
    /// Dropping the future ends the call.
    fn call<'a>(&'a self, name: &'a str, arguments: Map<String, Value>) -> GatewayFuture<'a, ToolOutput>;
}

/// What a tool answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolOutput {
    pub success: bool,
    pub text: String,
}
