//! The state of an environment, and of the local platform, for people.

use comfy_table::{Table, presets};
use contract::Names;
use deployer_core::Observed;
use deployer_local::{PlatformStatus, ProcessStatus};

use super::out::say;
use crate::documents::{ResourceState, StatusDocument, resource_states};

pub fn show(status: &StatusDocument) {
    say!("Environment {} (account {}, {})", status.environment, status.account, status.region);
    say!("{}", table(&status.resources));
    let endpoints = &status.endpoints;
    for (name, value) in [
        ("AWS endpoint", &endpoints.aws),
        ("function URL", &endpoints.function_url),
        ("gateway", &endpoints.gateway_url),
        ("issuer", &endpoints.issuer),
    ] {
        say!("{name:<14} {}", value.as_deref().unwrap_or("-"));
    }
}

/// What `down` left: kept on purpose, not ours, or not readable.
pub fn remaining(observed: &Observed, names: &Names) {
    let left: Vec<_> = resource_states(observed, names).into_iter().filter(|found| !found.is_absent()).collect();
    if left.is_empty() {
        say!("Nothing of environment {} remains.", names.environment());
    } else {
        say!("Remaining:\n{}", table(&left));
    }
    let targets = observed.gateway.present().map(|gateway| gateway.foreign_targets.as_slice()).unwrap_or_default();
    targets.iter().for_each(|target| say!("Not ours, untouched: target {target} of gateway {}", names.gateway()));
    for sid in observed.foreign_statements.keys() {
        say!("Not ours, untouched: statement {sid} of function {}", names.tool_function());
    }
}

pub fn show_platform(status: &PlatformStatus, json: bool) {
    if json {
        say!("{}", serde_json::to_string_pretty(status).expect("a status holds only strings and numbers"));
        return;
    }
    say!("{:<10} {}", "platform", if status.running { "running" } else { "not running" });
    say!("{:<10} {}", "address", status.base_url.as_deref().unwrap_or("-"));
    say!("{:<10} {}", "emulator", process(status.emulator));
    say!("{:<10} {}", "sandbox", process(status.sandbox));
}

fn process(status: ProcessStatus) -> String {
    match status {
        ProcessStatus::Stopped => "stopped".into(),
        ProcessStatus::Ready { pid, port } => format!("ready (process {pid}, port {port})"),
        ProcessStatus::Unresponsive { pid, port } => format!("does not answer (process {pid}, port {port})"),
        ProcessStatus::Died { pid } => format!("died (process {pid})"),
    }
}

fn table(resources: &[ResourceState]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_header(["Resource", "Status"]);
    table.add_rows(resources.iter().map(|found| [&found.resource, &found.status]));
    table
}
