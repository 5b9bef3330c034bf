//! The connection file: all that a client needs to reach a deployed agent, and no secret.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Credentials that every client of the local platform may use. They open
/// nothing but a loopback address, so they are no secret.
pub const LOCAL_ACCESS_KEY_ID: &str = "test";
pub const LOCAL_SECRET_ACCESS_KEY: &str = "test";

/// How to reach one environment's agent. Written by `deployer up` to
/// `<config dir>/aws-operations-agent/connections/<environment>.json`, printed
/// by `deployer connection`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Connection {
    /// Version of this form; 1.
    pub version: u32,
    pub environment: String,
    pub region: String,
    /// Base address that the client signs for and connects to, with a slash at its end.
    pub function_url: String,
    pub gateway_url: String,
    /// Issuer identifier; its discovery document is at
    /// `<issuer>/.well-known/openid-configuration`.
    pub issuer: String,
    /// Public client (PKCE) for the user's login.
    pub client_id: String,
    pub scopes: Vec<String>,
    /// Port of the loopback redirect that is registered with the issuer; 0 for any.
    pub redirect_port: u16,
    /// True for the local platform: sign with [`LOCAL_ACCESS_KEY_ID`], log in without a browser.
    #[serde(default)]
    pub local: bool,
}

impl Connection {
    /// The version that this code writes and reads.
    pub const VERSION: u32 = 1;

    /// Folder below the user's config directory.
    pub const DIRECTORY: &str = "aws-operations-agent/connections";

    /// Name of the file of one environment in that folder.
    pub fn file_name(environment: &str) -> String {
        format!("{environment}.json")
    }
}
