//! Templates of the three stacks, from settings. Pure text.

use crate::settings::Settings;

pub const PARAMETER_AGENT_IMAGE: &str = "AgentImageUri";
pub const PARAMETER_TOOLS_IMAGE: &str = "ToolImageUri";
pub const PARAMETER_GATEWAY_URL: &str = "GatewayUrl";

/// Why a template could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    #[error("the issuer's discovery URL is not known")]
    NoDiscoveryUrl,
    #[error("render template {name}: {source}")]
    Template { name: &'static str, source: Box<handlebars::RenderError> },
}

pub fn foundation(_settings: &Settings) -> Result<String, RenderError> {
    Ok(String::new())
}
pub fn data(_settings: &Settings) -> Result<String, RenderError> {
    Ok(String::new())
}
pub fn application(_settings: &Settings) -> Result<String, RenderError> {
    Ok(String::new())
}
