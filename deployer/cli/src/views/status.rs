//! The state of an environment, for people and as JSON.

use std::collections::BTreeMap;

use anstream::println;
use comfy_table::{Table, presets};
use contract::Names;
use deployer_core::Observed;
use deployer_core::observed::Fact;
use deployer_local::{PlatformStatus, ProcessStatus};
use serde::Serialize;

use crate::connection;
use crate::session::Session;

/// `deployer status --json`, version 1.
#[derive(Serialize)]
pub struct StatusReport {
    version: u32,
    environment: String,
    account: String,
    region: String,
    endpoints: Endpoints,
    /// Variables that make any AWS client speak to the local platform; empty on AWS.
    env: BTreeMap<&'static str, String>,
    resources: Vec<Resource>,
}

/// Addresses that an ordinary client can reach; null where nothing is deployed.
#[derive(Serialize)]
struct Endpoints {
    aws: Option<String>,
    function_url: Option<String>,
    gateway_url: Option<String>,
    issuer: Option<String>,
}

#[derive(Serialize)]
struct Resource {
    resource: String,
    /// AWS's status word where it has one, otherwise `present`, `absent` or `unchecked`.
    status: String,
}

impl StatusReport {
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
            resources: resources(observed, &settings.names()),
        }
    }

    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a status holds only strings and numbers")
    }

    pub fn show(&self) {
        println!("Environment {} (account {}, {})", self.environment, self.account, self.region);
        println!("{}", table(&self.resources));
        let endpoints = &self.endpoints;
        for (name, value) in [
            ("AWS endpoint", &endpoints.aws),
            ("function URL", &endpoints.function_url),
            ("gateway", &endpoints.gateway_url),
            ("issuer", &endpoints.issuer),
        ] {
            println!("{name:<14} {}", value.as_deref().unwrap_or("-"));
        }
    }
}

/// What `down` left, kept on purpose or not ours.
pub fn remaining(observed: &Observed, names: &Names) {
    let left: Vec<_> = resources(observed, names).into_iter().filter(|found| found.status != "absent").collect();
    if left.is_empty() {
        println!("Nothing of environment {} remains.", names.environment());
    } else {
        println!("Remaining:\n{}", table(&left));
    }
}

pub fn show_platform(status: &PlatformStatus, json: bool) {
    if json {
        println!("{}", serde_json::to_string_pretty(status).expect("a status holds only strings and numbers"));
        return;
    }
    println!("{:<10} {}", "platform", if status.running { "running" } else { "not running" });
    println!("{:<10} {}", "address", status.base_url.as_deref().unwrap_or("-"));
    println!("{:<10} {}", "emulator", process(status.emulator));
    println!("{:<10} {}", "sandbox", process(status.sandbox));
}

fn process(status: ProcessStatus) -> String {
    match status {
        ProcessStatus::Stopped => "stopped".into(),
        ProcessStatus::Ready { pid, port } => format!("ready (process {pid}, port {port})"),
        ProcessStatus::Unresponsive { pid, port } => format!("does not answer (process {pid}, port {port})"),
        ProcessStatus::Died { pid } => format!("died (process {pid})"),
    }
}

fn resources(observed: &Observed, names: &Names) -> Vec<Resource> {
    let stack = |fact: &Fact<deployer_core::observed::ObservedStack>| state(fact, |stack| stack.status.clone());
    [
        (format!("stack {}", names.foundation_stack()), stack(&observed.foundation)),
        (format!("stack {}", names.data_stack()), stack(&observed.data)),
        (format!("stack {}", names.application_stack()), stack(&observed.application)),
        (format!("repository {}", names.agent_repository()), state(&observed.agent_images, |_| present())),
        (format!("repository {}", names.tools_repository()), state(&observed.tools_images, |_| present())),
        (format!("table {}", names.conversations_table()), state(&observed.conversations_table, |_| present())),
        (format!("role {}", names.gateway_role()), state(&observed.gateway_role, |_| present())),
        (format!("gateway {}", names.gateway()), state(&observed.gateway, |gateway| gateway.status.clone())),
        (format!("target {}", contract::names::TARGET), state(&observed.target, |target| target.status.clone())),
        (format!("policy of function {}", names.tool_function()), state(&observed.function_policy, |_| present())),
    ]
    .into_iter()
    .map(|(resource, status)| Resource { resource, status })
    .collect()
}

fn present() -> String {
    "present".into()
}

fn state<T>(fact: &Fact<T>, status: impl Fn(&T) -> String) -> String {
    match fact {
        Fact::Present(found) => status(found),
        Fact::Absent => "absent".into(),
        Fact::Unknown(gap) => format!("unchecked: {}", gap.message),
    }
}

fn table(resources: &[Resource]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_header(["Resource", "Status"]);
    table.add_rows(resources.iter().map(|found| [&found.resource, &found.status]));
    table
}
