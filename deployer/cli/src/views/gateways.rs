//! Gateways: the list, and one in full.

use deployer_aws::{GatewayDetails, GatewaySummary, Ownership};

use super::foreign::escaped;
use super::out::say;
use super::table;

pub fn show_list(gateways: &[GatewaySummary], region: &str) {
    if gateways.is_empty() {
        say!("There is no gateway in {region}.");
        return;
    }
    let mut table = table::with_header(["Name", "Id", "Status", "Ours", "Authorizer", "Protocol", "Created"]);
    for gateway in gateways {
        table.add_row([
            escaped(&gateway.name).as_ref(),
            &gateway.id,
            &gateway.status,
            ours(gateway.ownership),
            &gateway.authorizer_type,
            &gateway.protocol,
            &gateway.created,
        ]);
    }
    say!("{table}");
}

pub fn show(gateway: &GatewayDetails) {
    say!("Gateway {}", escaped(&gateway.name));
    lines(gateway).into_iter().for_each(|(name, value)| say!("{name:<18} {}", escaped(&value)));
}

fn lines(gateway: &GatewayDetails) -> Vec<(&'static str, String)> {
    let mut lines = vec![("id", gateway.id.clone()), ("ARN", gateway.arn.clone()), ("status", gateway.status.clone())];
    lines.extend(gateway.status_reasons.iter().map(|reason| ("reason", reason.clone())));
    lines.push(("ours", ours(gateway.ownership).to_string()));
    let optional = [
        ("description", &gateway.description),
        ("URL", &gateway.url),
        ("role", &gateway.role_arn),
        ("exception level", &gateway.exception_level),
        ("key", &gateway.kms_key_arn),
        ("workload identity", &gateway.workload_identity_arn),
    ];
    lines.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))));
    lines.extend(protocol(gateway));
    lines.extend(authorizer(gateway));
    lines.extend([("created", gateway.created.clone()), ("updated", gateway.updated.clone())]);
    lines.extend(gateway.tags.iter().map(|(key, value)| ("tag", format!("{key} = {value}"))));
    lines
}

fn protocol(gateway: &GatewayDetails) -> Vec<(&'static str, String)> {
    let protocol = &gateway.protocol;
    let kind = match protocol.versions.is_empty() {
        true => protocol.kind.clone(),
        false => format!("{} {}", protocol.kind, protocol.versions.join(", ")),
    };
    let optional = [("instructions", &protocol.instructions), ("search", &protocol.search)];
    let optional = optional.into_iter().filter_map(|(name, value)| Some((name, value.clone()?)));
    [("protocol", kind)].into_iter().chain(optional).collect()
}

fn authorizer(gateway: &GatewayDetails) -> Vec<(&'static str, String)> {
    let mut lines = vec![("authorizer", gateway.authorizer_type.clone())];
    let Some(authorizer) = &gateway.authorizer else { return lines };
    lines.push(("discovery URL", authorizer.discovery_url.clone()));
    lines.extend(authorizer.allowed_audience.iter().map(|audience| ("allowed audience", audience.clone())));
    lines.extend(authorizer.allowed_clients.iter().map(|client| ("allowed client", client.clone())));
    lines.extend(
        authorizer
            .custom_claims
            .iter()
            .map(|claim| ("claim", format!("{} {} {}", claim.name, operator(claim.operator), claim.values.join(", ")))),
    );
    lines
}

fn operator(operator: deployer_core::settings::ClaimOperator) -> &'static str {
    use deployer_core::settings::ClaimOperator;
    match operator {
        ClaimOperator::Equals => "equals",
        ClaimOperator::Contains => "contains",
        ClaimOperator::ContainsAny => "contains any of",
    }
}

fn ours(ownership: Ownership) -> &'static str {
    match ownership {
        Ownership::Ours => "yes",
        Ownership::NameOnly => "our name, not our tags",
        Ownership::Unknown => "our name, tags unreadable",
        Ownership::Other => "no",
    }
}
