//! Targets: the list, and one in full.

use deployer_aws::{TargetDetails, TargetSummary};

use super::foreign::escaped;
use super::out::say;
use super::table;

pub fn show_list(targets: &[TargetSummary], gateway_id: &str) {
    if targets.is_empty() {
        say!("Gateway {gateway_id} has no target.");
        return;
    }
    let mut table = table::with_header(["Name", "Id", "Status", "Description", "Updated"]);
    for target in targets {
        table.add_row([
            escaped(&target.name).as_ref(),
            &target.id,
            &target.status,
            escaped(target.description.as_deref().unwrap_or("-")).as_ref(),
            &target.updated,
        ]);
    }
    say!("{table}");
}

pub fn show(target: &TargetDetails) {
    say!("Target {} of gateway {}", escaped(&target.name), target.gateway_id);
    lines(target).into_iter().for_each(|(name, value)| say!("{name:<13} {}", escaped(&value)));
    if target.tools.is_empty() {
        return;
    }
    let mut table = table::with_header(["Tool", "Description"]);
    for tool in &target.tools {
        table.add_row([escaped(&tool.name), escaped(&tool.description)]);
    }
    let count = target.tools.len();
    say!("{count} {}\n{table}", if count == 1 { "tool" } else { "tools" });
}

fn lines(target: &TargetDetails) -> Vec<(&'static str, String)> {
    let mut lines = vec![("id", target.id.clone()), ("status", target.status.clone())];
    lines.extend(target.status_reasons.iter().map(|reason| ("reason", reason.clone())));
    lines.push(("kind", target.kind.to_string()));
    let optional =
        [("description", &target.description), ("function", &target.lambda_arn), ("schema", &target.schema_uri)];
    lines.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))));
    lines.extend(target.credentials.iter().map(|kind| ("credentials", kind.clone())));
    lines.extend([("created", target.created.clone()), ("updated", target.updated.clone())]);
    lines
}
