//! `deployer status --json`.

use std::collections::BTreeMap;

use deployer_core::Observed;
use schemars::JsonSchema;
use serde::Serialize;

use super::{ResourceState, resource_states};
use crate::connection;
use crate::session::Session;

/// Addresses and the state of every resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(title = "deployer status --json")]
pub struct StatusDocument {
    /// Version of this form; 1.
    pub version: u32,
    pub environment: String,
    pub account: String,
    pub region: String,
    pub endpoints: Endpoints,
    /// Variables that make any AWS client speak to the local platform; empty on AWS.
    pub env: BTreeMap<&'static str, String>,
    /// In the order of deployment.
    pub resources: Vec<ResourceState>,
}

/// Addresses that an ordinary client can reach; null where nothing is deployed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Endpoints {
    pub aws: Option<String>,
    pub function_url: Option<String>,
    pub gateway_url: Option<String>,
    pub issuer: Option<String>,
}

impl StatusDocument {
    pub fn of(session: &Session, observed: &Observed) -> Self {
        let settings = &session.settings;
        Self {
            version: 1,
            environment: settings.environment.clone(),
            account: session.clients.account().to_string(),
            region: settings.aws.region.clone(),
            endpoints: Endpoints {
                aws: settings.aws.endpoint_url.clone(),
                function_url: connection::function_url(observed).map(|url| session.reachable(url)),
                gateway_url: observed.gateway.present().map(|gateway| gateway.url.clone()),
                issuer: settings.issuer.identifier().map(str::to_string),
            },
            env: session.platform.as_ref().map(|running| running.environment_variables()).unwrap_or_default(),
            resources: resource_states(observed, &settings.names()),
        }
    }
}
